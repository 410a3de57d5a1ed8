"""Small faults put into the plugin are found: by the conformance kit, or by the plugin's own tests where it has no way to see them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from escalation_bridge.testing.mutations import copy_of, mutate

TESTS = Path(__file__).parent
ROOT = TESTS.parents[2]
PACKAGE = TESTS.parent / "escalation_bridge_zendesk"

# name: (room, what stands there, what is put there, who finds it: the kit's test, or "file:test")
MUTATIONS: dict[str, tuple[str, str, str, str]] = {
    "subject_swapped": (
        "drafts",
        '"subject": draft.summary',
        '"subject": draft.description.text',
        "test_a_ticket_is_created_as_drafted",
    ),
    "priority_one_higher": (
        "drafts",
        'members["priority"] = draft.priority.value',
        'members["priority"] = draft.priority.raised().value',
        "test_a_ticket_is_created_as_drafted",
    ),
    "labels_dropped": (
        "drafts",
        'members["tags"] = [tag(label) for label in draft.labels]',
        'members["tags"] = []',
        "test_a_ticket_is_created_as_drafted",
    ),
    "key_of_a_ticket_dropped": (
        "drafts",
        '"external_id": key,',
        "",
        "test_a_created_ticket_is_found_by_its_key_and_no_other",
    ),
    "key_of_a_ticket_not_read": (
        "mapping",
        "return external_id if external_id and _KEY.fullmatch(external_id) else None",
        "return None",
        "test_a_ticket_is_read_with_its_key",
    ),
    "unknown_field_dropped": (
        "drafts",
        '            raise UnknownField(\n                f"a ticket has no field',
        '            continue\n            raise UnknownField(\n                f"a ticket has no field',
        "test_a_field_that_the_vendor_does_not_have_is_named",
    ),
    "idempotency_key_dropped": (
        "tickets",
        'headers={"Idempotency-Key": "-".join((key, *sorted(draft.without), *without))},',
        "headers={},",
        "tickets:test_a_ticket_is_created_with_the_key_in_every_place",
    ),
    "created_without_looking": (
        "tickets",
        "        there = self.find(key, None)\n",
        "        there = FOUND_NOTHING\n",
        "tickets:test_what_was_created_before_is_returned_and_not_created_again",
    ),
    "nothing_found_believed_at_once": (
        "tickets",
        "            if left > 0:",
        "            if left > 1e9:",
        "tickets:test_nothing_found_is_only_believed_after_a_moment",
    ),
    "public_by_default": (
        "drafts",
        '"public": visibility is Visibility.PUBLIC}',
        '"public": True}',
        "test_a_comment_is_as_visible_as_asked",
    ),
    "visibility_left_to_zendesk": (
        "drafts",
        '"html_body": fitted(body), "public": visibility is Visibility.PUBLIC}',
        '"html_body": fitted(body)}',
        "test_a_comment_is_as_visible_as_asked",
    ),
    "unknown_visibility_read_as_public": (
        "mapping",
        'Visibility.PUBLIC if raw.get("public") is True',
        'Visibility.PUBLIC if raw.get("public") is not False',
        "comments:test_comments_come_oldest_first_without_the_description",
    ),
    "private_read_as_public": (
        "mapping",
        'return Visibility.PUBLIC if raw.get("public") is True else Visibility.PRIVATE',
        "return Visibility.PUBLIC",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "breach_not_looked_at": (
        "comments",
        "        if comment.visibility is asked:",
        "        if comment.visibility:",
        "test_a_private_comment_that_comes_out_public_is_a_breach",
    ),
    "no_answer_read_as_no_comment": (
        "tickets",
        'self._client.listed(operation, first, "comments")',
        'first.get("comments", ())',
        "test_one_empty_answer_among_others_does_no_harm",
    ),
    "taken_back_at_a_wrong_address": (
        "comments",
        '"make_private"',
        '"redact"',
        "test_a_private_comment_that_comes_out_public_is_a_breach",
    ),
    "mark_dropped": (
        "drafts",
        '"metadata": dict(marks)}',
        '"metadata": {}}',
        "test_a_comment_is_recognised_when_it_comes_back",
    ),
    "mark_not_found": (
        "mapping",
        'return text(member(member(raw, "metadata"), "custom"), name)',
        'return text(member(raw, "metadata"), name)',
        "test_one_key_is_one_comment",
    ),
    "written_without_looking": (
        "comments",
        "        there = self.with_key(operation, ticket_id, key, draft.visibility)\n",
        "        there = None\n",
        "test_a_comment_whose_answer_is_lost_is_written_once",
    ),
    "newest_first": (
        "comments",
        "return tuple(reversed(said[:-1]))",
        "return tuple(said[1:])",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "description_among_the_comments": (
        "comments",
        "return tuple(reversed(said[:-1]))",
        "return tuple(reversed(said))",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "one_page_only": (
        "client",
        'if member(page, "meta").get("has_more") is not True or following in (None, cursor):',
        "if page:",
        "test_more_comments_than_a_page_holds",
    ),
    "others_written_over": (
        "changes",
        "overtaken=tuple(wish.name for wish in wishes if wish.read(current) != wish.read(expected)),",
        "overtaken=(),",
        "test_somebody_elses_change_is_not_written_over",
    ),
    "written_though_it_is_so": (
        "changes",
        "if not wish.is_met(current)]",
        "if wish.name]",
        "test_what_is_already_as_wanted_is_not_written",
    ),
    "not_read_back": (
        "changes",
        "missing = [wish.name for wish in self.wishes if not wish.is_met(ticket)]",
        "missing: list[str] = []",
        "test_a_yes_that_changed_nothing_is_noticed",
    ),
    "safe_update_dropped": (
        "tickets",
        "members = {**plan.members, **_guard(stamp, True)}",
        "members = {**plan.members}",
        "updates:test_all_properties_go_in_one_update_under_protection_and_tags_one_by_one",
    ),
    "tags_replaced": (
        "tickets",
        '("PUT", plan.add_tags)',
        '("POST", plan.add_tags)',
        "test_other_peoples_tags_stay",
    ),
    "custom_status_dropped": (
        "statuses",
        'return {"status": self.category, "custom_status_id": int(self.status.id)}',
        'return {"status": self.category}',
        "updates:test_a_custom_status_is_written_with_its_category",
    ),
    "end_users_assigned": (
        "people",
        "        person.role is Role.AGENT\n",
        "        person.role is not None\n",
        "assignees:test_who_takes_no_tickets_is_unknown_and_nothing_is_written",
    ),
    "closed_taken_for_a_mistake": (
        "client",
        "if response.status_code == 422 and is_closed(response):",
        "if response.status_code == 423 and is_closed(response):",
        "test_a_closed_ticket_takes_nothing",
    ),
    "words_left_when_taken_back": (
        "redaction",
        'found.wrap(soup.new_tag("redact"))',
        'found.wrap(soup.new_tag("b"))',
        "test_a_comment_is_taken_back",
    ),
    "other_peoples_words_taken_back": (
        "redaction",
        "if mapping.mark(raw, mapping.MARK) is None and author != self._account.me().id:",
        "if author is None:",
        "redaction:test_an_agents_comment_is_not_taken_back",
    ),
    "link_shown_to_customers": (
        "linking",
        "comment_members(_note(other), Visibility.PRIVATE, marks)",
        "comment_members(_note(other), Visibility.PUBLIC, marks)",
        "test_a_link_is_never_shown_to_customers",
    ),
    "link_told_again_and_again": (
        "linking",
        "        note = None if other.first_attempt else self._note_about(ticket_id, other.ref)\n",
        "        note = None\n",
        "test_a_link_is_never_shown_to_customers",
    ),
    "link_fields_written_though_they_are_so": (
        "linking",
        "for part, value in wanted.items() if value != shown[part]}",
        "for part, value in wanted.items()}",
        "linking:test_a_link_is_kept_up_to_date_in_place",
    ),
    "file_not_named": (
        "files",
        "{MARK: key}, (token,))",
        "{MARK: key})",
        "test_a_file_is_put_once_and_as_visible_as_asked",
    ),
    "file_more_visible_than_asked": (
        "files",
        "comment_members(from_text(name), file.visibility,",
        "comment_members(from_text(name), type(file.visibility).PUBLIC,",
        "test_a_file_is_put_once_and_as_visible_as_asked",
    ),
    "body_not_signed": (
        "webhook",
        "timestamp.encode() + body, hashlib.sha256",
        "timestamp.encode(), hashlib.sha256",
        "test_a_genuine_webhook_is_accepted",
    ),
    "old_webhooks_accepted": (
        "webhook",
        "if signed_at is None or abs(request.received_at - signed_at) > tolerance:",
        "if signed_at is None:",
        "test_an_old_or_future_webhook_is_refused",
    ),
    "first_secret_only": (
        "webhook",
        "for secret in secrets]",
        "for secret in list(secrets)[:1]]",
        "test_each_of_two_secrets_is_accepted_while_one_is_replaced",
    ),
    "follow_up_not_told": (
        "mapping",
        'if source.get("rel") != "follow_up":',
        'if source.get("rel") != "followup":',
        "follow_ups:test_a_follow_up_that_an_agent_made_is_told",
    ),
}
QUICK = ("public_by_default", "key_of_a_ticket_dropped", "old_webhooks_accepted")


def node(finder: str) -> str:
    """Where pytest finds a test."""
    file, _, test = finder.rpartition(":")
    if not file:
        return f"{TESTS / 'test_zendesk_conformance.py'}::TestZendesk::{test}"
    return f"{TESTS / f'test_zendesk_{file}.py'}::{test}"


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def checked(folder: Path, *nodes: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", *nodes)


@pytest.mark.parametrize(
    "name",
    [*QUICK, *(pytest.param(name, marks=pytest.mark.nightly) for name in MUTATIONS if name not in QUICK)],
)
def test_a_fault_is_found_by_whom_it_should_be(tmp_path: Path, name: str) -> None:
    room, there, put, finder = MUTATIONS[name]
    mutate(copy_of(PACKAGE, tmp_path), f"{room}.py", there, put)
    run = checked(tmp_path, "-x", node(finder))
    assert re.search(r"\b1 failed", run.stdout), run.stdout[-3000:] + run.stderr[-1000:]
    assert " error" not in run.stdout.splitlines()[-1]


@pytest.mark.parametrize("names", [QUICK, pytest.param(tuple(MUTATIONS), marks=pytest.mark.nightly)])
def test_without_a_fault_the_copy_passes(tmp_path: Path, names: tuple[str, ...]) -> None:
    copy = copy_of(PACKAGE, tmp_path)
    shown = python(tmp_path, "-c", f"import {PACKAGE.name} as package; print(package.__file__)")
    assert shown.stdout.strip() == str(copy / "__init__.py")
    run = checked(tmp_path, *dict.fromkeys(node(MUTATIONS[name][3]) for name in names))
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert " passed" in run.stdout
    assert "failed" not in run.stdout

"""Small mistakes in the plugin are caught: each is made in a copy of the package, and the kit or the plugin's own tests fail.

A mistake is a file, what stands there once, what stands there instead, and where it has to be noticed. Most of it takes
minutes and is run at night; `QUICK` are run always.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from escalation_bridge.testing.mutations import copy_of, mutate

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "escalation_bridge_jira"
KIT = "conformance"


@dataclass(frozen=True)
class Mistake:
    """What is mistaken, and the module of tests and the words of `-k` that have to notice it."""

    file: str
    right: str
    wrong: str
    module: str
    tests: str


MISTAKES = {
    # --- who reads a comment
    "internal_comment_is_public": Mistake(
        "comments.py", '"public": False}', '"public": True}', KIT, "comment_is_as_visible_as_asked"
    ),
    "internal_property_forgotten": Mistake(
        "comments.py", '{"internal": private}', '{"internal": False}', "site_comments", "is_no_request"
    ),
    "answer_not_checked": Mistake(
        "readers.py",
        "if private and internal is not True:",
        "if private and internal is None:",
        "site_comments",
        "found_again_is_checked",
    ),
    "public_that_came_out_internal": Mistake(
        "readers.py",
        "if not private and internal is not False:",
        "if not private and internal is None:",
        "site_comments",
        "came_out_internal",
    ),
    "unknown_visibility_is_public": Mistake(
        "mapping.py",
        "is_internal(comment) is not False:",
        "is_internal(comment) is True:",
        "mapping",
        "comment or visib or private or public",
    ),
    "everybody_reads_everything": Mistake(
        "mapping.py",
        "return Visibility.PUBLIC if customers else Visibility.PRIVATE",
        "return Visibility.PUBLIC",
        "site_comments",
        "is_written_and_recognised",
    ),
    "role_not_sent": Mistake(
        "comments.py", 'body["visibility"] = restriction', "pass", "site_comments", "kept_to_a_role"
    ),
    "refusal_forgotten": Mistake(
        "comments.py",
        "elif private and self.desk.settings.customers_read_comments:",
        "elif False:",
        "site_comments",
        "where_customers_would_read",
    ),
    "comment_without_marker": Mistake(
        "comments.py",
        'properties: list[Json] = [{"key": PROPERTY, "value": {"key": key}}]',
        "properties: list[Json] = []",
        "site_comments",
        "is_written_and_recognised",
    ),
    # --- changed comments
    "edit_forgets_the_restriction": Mistake(
        "rewording.py", 'if before / "visibility":\n', "if False:\n", "site_rewording", "role_is_said_again"
    ),
    "edit_shares_an_internal_comment": Mistake(
        "rewording.py",
        '{"internal": seen is Visibility.PRIVATE}',
        '{"internal": False}',
        "site_rewording",
        "who_reads_it",
    ),
    "no_answer_read_as_no_transition": Mistake(
        "transitions.py",
        '(answer / "transitions").elements()',
        '(answer / "transitions").items()',
        KIT,
        "one_empty_answer_among_others and update_ticket",
    ),
    "edit_of_other_peoples_comments": Mistake(
        "rewording.py", "if key_of(before) != key:", "if False:", "site_rewording", "nobody_elses"
    ),
    "edit_of_what_was_shared": Mistake(
        "rewording.py",
        "if draft.visibility is Visibility.PRIVATE and seen is Visibility.PUBLIC:",
        "if False:",
        "site_rewording",
        "shared_since",
    ),
    "deletion_not_looked_at": Mistake(
        "rewording.py", "if self._stored() is not None:", "if False:", "site_rewording", "did_nothing"
    ),
    "file_read_by_more_than_the_comment": Mistake(
        "whole_text.py",
        "if private and not is_service_project(issue) and Readers(self.desk, self.ticket_id).restriction():",
        "if False:",
        "long_comments",
        "more_people",
    ),
    "file_stays_when_its_comment_goes": Mistake(
        "rewording.py",
        "WholeText(self.desk, self.ticket_id, key).drop()",
        "pass",
        "long_comments",
        "taken_back",
    ),
    # --- files
    "private_file_is_public": Mistake(
        "files.py", 'json={"temporaryAttachmentIds": ids, "public": public}', 'json={"temporaryAttachmentIds": ids, "public": True}', KIT, "file_is_put_once"
    ),
    "header_against_forms_dropped": Mistake(
        "multipart.py", '"X-Atlassian-Token": "no-check",', "", "files", "put_at_an_issue_once"
    ),
    "file_put_twice": Mistake("files.py", "if key not in claims:", "if True:", KIT, "file_is_put_once"),
    "credentials_to_another_host": Mistake(
        "attached.py",
        "return replace(attachment, url=address(settings, attachment.id, attachment.name))",
        "return attachment",
        "files",
        "address or home or host or fetch",
    ),
    "internal_file_as_the_descriptions": Mistake(
        "attached.py", "not in with_comments", "not in set()", "description_files", "of_a_comment"
    ),
    "own_file_as_the_descriptions": Mistake(
        "attached.py", "in map(str, ours):", "in ():", "description_files", "bridge"
    ),
    "service_desk_that_does_not_tell": Mistake(
        "attached.py", "if told is None:", "if False:", "description_files", "does_not_tell"
    ),
    # --- create once
    "key_not_among_the_labels": Mistake(
        "creation.py",
        '"labels": [*labels_of(self.draft.labels), self.key],',
        '"labels": labels_of(self.draft.labels),',
        KIT,
        "found_by_its_key and not ServiceRequests",
    ),
    "key_not_a_property": Mistake(
        "creation.py",
        '"properties": [{"key": PROPERTY, "value": {"key": self.key}}]',
        '"properties": []',
        KIT,
        "read_with_its_key and not ServiceRequests",
    ),
    "lag_forgotten": Mistake("tickets.py", "if remaining > 0:", "if False:", KIT, "too_early"),
    "failed_create_means_nothing_made": Mistake(
        "tickets.py",
        "except (Unavailable, UnreadableAnswer) as error:",
        "except UnreadableAnswer as error:",
        "site_tickets",
        "without_a_proper_answer",
    ),
    "request_without_its_key": Mistake(
        "creation.py",
        "edition.written((*blocks, Paragraph((Run(key),))))",
        "edition.written(blocks)",
        "service_requests",
        "cut_off or last_line",
    ),
    "request_for_a_stranger": Mistake(
        "service_requests.py",
        "if named.casefold() in",
        "if True or named in",
        "service_requests",
        "nothing_else_is_said",
    ),
    "quoted_key_is_believed": Mistake(
        "tickets.py",
        "if carries(ticket.description.text, key) and self._is_mine(ticket)",
        "if key in ticket.description.text",
        "service_requests",
        "quotes_a_key",
    ),
    # --- changes
    "swapped_labels": Mistake(
        "changes.py", 'yield {"remove": label}', 'yield {"add": label}', "site_tickets", "labels_stay"
    ),
    "written_over_others": Mistake("changes.py", "if now != then:", "if False:", KIT, "somebody_elses_change"),
    "not_read_back": Mistake("changes.py", "if wrong:", "if False:", KIT, "yes_that_changed_nothing"),
    "swapped_priorities": Mistake(
        "vocabulary.py", 'Priority.HIGH: "High",', 'Priority.HIGH: "Highest",', KIT, "priority_is_set or as_drafted"
    ),
    "finished_is_open": Mistake(
        "vocabulary.py", '"done": StatusKind.SOLVED', '"done": StatusKind.OPEN', "site_account", "words_are_described"
    ),
    "somebody_elses_address": Mistake(
        "assignees.py",
        'str((user / "emailAddress").value).casefold() == named.casefold()',
        "True",
        "site_assignees",
        "cannot_be_assigned",
    ),
    "dearest_transition_first": Mistake(
        "transitions.py",
        "min(possible, key=lambda step: len(step.transition.required))",
        "max(possible, key=lambda step: len(step.transition.required))",
        "transitions",
        "asks_for_least",
    ),
    "walks_in_circles": Mistake(
        "walk.py",
        "if all(each.to.id != status.id for status in self._been)",
        "if True",
        "walk",
        "visited_twice",
    ),
    # --- links, reading, access
    "one_link_for_all_tickets": Mistake(
        "links.py", 'f"escalation-bridge={ref.connection}&id={ref.id}"', 'f"escalation-bridge={ref.connection}"', "site_tickets", "link_is_made_once"
    ),
    "resolved_turned_round": Mistake(
        "links.py", '"resolved": other.done', '"resolved": not other.done', "site_tickets", "link_is_made_once"
    ),
    "swapped_people": Mistake(
        "mapping.py", 'self._person_at(issue, fields / "creator")', 'self._person_at(issue, fields / "assignee")', "mapping", "three_people"
    ),
    "first_page_only": Mistake(
        "client.py",
        'if not items or (page / "isLast").flag() is True or',
        "if True or",
        "site_comments",
        "page_by_page",
    ),
    "removed_search": Mistake("client.py", 'search="/search/jql"', 'search="/search"', "site_tickets", "after_the_searchs_lag"),
    "header_for_experimental_parts_dropped": Mistake(
        "client.py", "params=params, headers=self.experimental)", "params=params)", "service_requests", "customer_of_the_desk"
    ),
    "lost_access_is_a_deletion": Mistake(
        "client.py", "self._refuse_lost_access()\n            # Jira", "# Jira", "site_rewording", "out_of_sight"
    ),
    "refresh_token_spent_again": Mistake(
        "grants.py",
        '"refresh_token": refresh_token}',
        '"refresh_token": first}',
        "refresh_token",
        "spent_once",
    ),
    "unsigned_webhook_accepted": Mistake(
        "proof.py", 'if method != "sha256" or not any(right):', "if False:", KIT, "wrong_secret or one_byte"
    ),
    "old_webhook_accepted": Mistake(
        "proof.py",
        "if sent is None or not request.received_at - window <= sent",
        "if sent is None or not sent",
        KIT,
        "old_or_future",
    ),
    "app_webhook_ends": Mistake(
        "app_webhooks.py", "_PROLONG_BEFORE = timedelta(days=20)", "_PROLONG_BEFORE = timedelta(days=0)", "app_webhooks", "prolonged"
    ),
    "document_of_another_version": Mistake("adf.py", '"version": 1', '"version": 2', "adf", "valid or document"),
}  # fmt: skip
QUICK = ("comment_without_marker", "edit_shares_an_internal_comment", "swapped_labels", "swapped_people")


def run(package: Path, module: str, tests: str) -> subprocess.CompletedProcess[str]:
    """The chosen tests, with this copy of the package instead of the installed one."""
    # Fails if it is another one that is tested.
    code = (
        "import sys, pytest, escalation_bridge_jira as it;"
        "assert it.__file__.startswith(sys.argv[1]), it.__file__; sys.exit(pytest.main(sys.argv[2:]))"
    )
    chosen = [str(TESTS / f"test_jira_{module}.py"), "-k", tests]
    how = ["-q", "-x", "-m", "not nightly", "-p", "no:cacheprovider", "-p", "no:randomly"]
    return subprocess.run(
        [sys.executable, "-c", code, str(package), *how, *chosen],
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS.parents[2],
        env={**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with a copy of the package in it."""
    copy_of(PACKAGE, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in MISTAKES]
)
def test_a_mistake_is_noticed(name: str, copied: Path) -> None:
    mistake = MISTAKES[name]
    mutate(copied / PACKAGE.name, mistake.file, mistake.right, mistake.wrong)
    done = run(copied, mistake.module, mistake.tests)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("module", "tests"), sorted({(mistake.module, mistake.tests) for mistake in MISTAKES.values()})
)
def test_without_a_mistake_nothing_is_noticed(module: str, tests: str, copied: Path) -> None:
    done = run(copied, module, tests)
    assert done.returncode == pytest.ExitCode.OK, done.stdout[-2000:] + done.stderr[-2000:]

"""Small faults put into the plugin are found: by the conformance kit, or by the plugin's own tests where it has no way to see them."""

from pathlib import Path

import pytest

from escalation_bridge.testing.mutations import Mutation, MutationSuite

TESTS = Path(__file__).parent
MUTATIONS = {
    "subject_swapped": Mutation(
        '"subject": draft.summary',
        '"subject": draft.description.text',
        "test_a_ticket_is_created_as_drafted",
    ),
    "priority_one_higher": Mutation(
        'members["priority"] = draft.priority.value',
        'members["priority"] = draft.priority.raised().value',
        "test_a_ticket_is_created_as_drafted",
    ),
    "labels_dropped": Mutation(
        'members["tags"] = [tag(label) for label in draft.labels]',
        'members["tags"] = []',
        "test_a_ticket_is_created_as_drafted",
    ),
    "key_of_a_ticket_dropped": Mutation(
        '"external_id": key,',
        "",
        "test_a_created_ticket_is_found_by_its_key_and_no_other",
    ),
    "key_of_a_ticket_not_read": Mutation(
        "return external_id if external_id and _KEY.fullmatch(external_id) else None",
        "return None",
        "test_a_ticket_is_read_with_its_key",
    ),
    "unknown_field_dropped": Mutation(
        '            raise UnknownField(\n                f"a ticket has no field',
        '            continue\n            raise UnknownField(\n                f"a ticket has no field',
        "test_a_field_that_the_vendor_does_not_have_is_named",
    ),
    "idempotency_key_dropped": Mutation(
        'headers={"Idempotency-Key": "-".join((key, *sorted(draft.without), *without))},',
        "headers={},",
        "tickets:test_a_ticket_is_created_with_the_key_in_every_place",
    ),
    "created_without_looking": Mutation(
        "        there = self.find(key, None)\n",
        "        there = FOUND_NOTHING\n",
        "tickets:test_what_was_created_before_is_returned_and_not_created_again",
    ),
    "nothing_found_believed_at_once": Mutation(
        "sent_at, timedelta(seconds=self._settings.search_lag_seconds)",
        "None, timedelta(seconds=self._settings.search_lag_seconds)",
        "tickets:test_nothing_found_is_only_believed_after_a_moment",
    ),
    "public_by_default": Mutation(
        '        "public": visibility is Visibility.PUBLIC,\n',
        '        "public": True,\n',
        "test_a_comment_is_as_visible_as_asked",
    ),
    "visibility_left_to_zendesk": Mutation(
        '        "public": visibility is Visibility.PUBLIC,\n',
        "",
        "test_a_comment_is_as_visible_as_asked",
    ),
    "unknown_visibility_read_as_public": Mutation(
        'Visibility.PUBLIC if (raw / "public").value is True',
        'Visibility.PUBLIC if (raw / "public").value is not False',
        "comments:test_comments_come_oldest_first_without_the_description",
    ),
    "private_read_as_public": Mutation(
        'return Visibility.PUBLIC if (raw / "public").value is True else Visibility.PRIVATE',
        "return Visibility.PUBLIC",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "breach_not_looked_at": Mutation(
        "            comment.visibility is Visibility.PRIVATE,\n",
        "            asked is Visibility.PRIVATE,\n",
        "test_a_private_comment_that_comes_out_public_is_a_breach",
    ),
    "no_answer_read_as_no_comment": Mutation(
        '(first / "comments").as_list().objects()',
        '(first / "comments").objects()',
        "test_one_empty_answer_among_others_does_no_harm",
    ),
    "taken_back_at_a_wrong_address": Mutation(
        '"make_private"',
        '"redact"',
        "test_a_private_comment_that_comes_out_public_is_a_breach",
    ),
    "mark_dropped": Mutation(
        '"metadata": dict(marks)}',
        '"metadata": {}}',
        "test_a_comment_is_recognised_when_it_comes_back",
    ),
    "mark_not_found": Mutation(
        'return (raw / "metadata" / "custom" / name).maybe_text()',
        'return (raw / "metadata" / name).maybe_text()',
        "test_one_key_is_one_comment",
    ),
    "written_without_looking": Mutation(
        "        there = self.with_key(operation, ticket_id, key, draft.visibility)\n",
        "        there = None\n",
        "test_a_comment_whose_answer_is_lost_is_written_once",
    ),
    "newest_first": Mutation(
        "return tuple(reversed(newer[:-1]))",
        "return tuple(newer[1:])",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "description_among_the_comments": Mutation(
        "return tuple(reversed(newer[:-1]))",
        "return tuple(reversed(newer))",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "one_page_only": Mutation(
        'if (meta / "has_more").value is not True or following in (None, cursor):',
        "if page:",
        "test_more_comments_than_a_page_holds",
    ),
    "others_written_over": Mutation(
        "changed_since = read(current) != read(expected)",
        "changed_since = False",
        "test_somebody_elses_change_is_not_written_over",
    ),
    "written_though_it_is_so": Mutation(
        "lambda ticket: read(ticket) == wanted",
        "lambda ticket: ticket is not current",
        "test_what_is_already_as_wanted_is_not_written",
    ),
    "not_read_back": Mutation(
        "lambda ticket: read(ticket) == wanted",
        "lambda ticket: ticket is not current or read(ticket) == wanted",
        "test_a_yes_that_changed_nothing_is_noticed",
    ),
    "safe_update_dropped": Mutation(
        "members = {**update.members, **_guard(stamp, True)}",
        "members = {**update.members}",
        "updates:test_all_properties_go_in_one_update_under_protection_and_tags_one_by_one",
    ),
    "tags_replaced": Mutation(
        '("PUT", update.add_tags)',
        '("POST", update.add_tags)',
        "test_other_peoples_tags_stay",
    ),
    "custom_status_dropped": Mutation(
        'return {"status": self.category, "custom_status_id": int(self.status.id)}',
        'return {"status": self.category}',
        "updates:test_a_custom_status_is_written_with_its_category",
    ),
    "end_users_assigned": Mutation(
        "        person.role is Role.AGENT\n",
        "        person.role is not None\n",
        "assignees:test_who_takes_no_tickets_is_unknown_and_nothing_is_written",
    ),
    "closed_taken_for_a_mistake": Mutation(
        "if response.status_code == 422 and is_closed(response):",
        "if response.status_code == 423 and is_closed(response):",
        "test_a_closed_ticket_takes_nothing",
    ),
    "words_left_when_taken_back": Mutation(
        'found.wrap(soup.new_tag("redact"))',
        'found.wrap(soup.new_tag("b"))',
        "test_a_comment_is_taken_back",
    ),
    "other_peoples_words_taken_back": Mutation(
        "if mapping.mark(raw, mapping.MARK) is None and author != self._account.me().id:",
        "if author is None:",
        "redaction:test_an_agents_comment_is_not_taken_back",
    ),
    "link_shown_to_customers": Mutation(
        "comment_members(_note(other), Visibility.PRIVATE, marks)",
        "comment_members(_note(other), Visibility.PUBLIC, marks)",
        "test_a_link_is_never_shown_to_customers",
    ),
    "link_told_again_and_again": Mutation(
        "note = None if other.first_attempt else self._note_about(ticket_id, other.ref)",
        "note = None",
        "test_a_link_is_never_shown_to_customers",
    ),
    "link_fields_written_though_they_are_so": Mutation(
        "for part, value in wanted.items() if value != shown[part]}",
        "for part, value in wanted.items()}",
        "linking:test_a_link_is_kept_up_to_date_in_place",
    ),
    "file_not_named": Mutation(
        "{MARK: key}, (token,))",
        "{MARK: key})",
        "test_a_file_is_put_once_and_as_visible_as_asked",
    ),
    "file_more_visible_than_asked": Mutation(
        "comment_members(from_text(file.name), file.visibility,",
        "comment_members(from_text(file.name), type(file.visibility).PUBLIC,",
        "test_a_file_is_put_once_and_as_visible_as_asked",
    ),
    "body_not_signed": Mutation(
        "timestamp.encode() + body, hashlib.sha256",
        "timestamp.encode(), hashlib.sha256",
        "test_a_genuine_webhook_is_accepted",
    ),
    "old_webhooks_accepted": Mutation(
        "if signed_at is None or abs(request.received_at - signed_at) > tolerance:",
        "if signed_at is None:",
        "test_an_old_or_future_webhook_is_refused",
    ),
    "first_secret_only": Mutation(
        "for secret in secrets]",
        "for secret in list(secrets)[:1]]",
        "test_each_of_two_secrets_is_accepted_while_one_is_replaced",
    ),
    "follow_up_not_told": Mutation(
        'if (source / "rel").value != "follow_up":',
        'if (source / "rel").value != "followup":',
        "follow_ups:test_a_follow_up_that_an_agent_made_is_told",
    ),
}
SUITE = MutationSuite(TESTS.parent / "escalation_bridge_zendesk", TESTS, "test_zendesk_", MUTATIONS)
QUICK = ("public_by_default", "key_of_a_ticket_dropped", "old_webhooks_accepted")


def test_every_fault_can_still_be_made():
    SUITE.check()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in MUTATIONS]
)
def test_a_fault_is_noticed(tmp_path: Path, name: str) -> None:
    SUITE.noticed(name, tmp_path)


@pytest.mark.parametrize("names", [QUICK, pytest.param(tuple(MUTATIONS), marks=pytest.mark.nightly)])
def test_without_a_fault_the_tests_pass(tmp_path: Path, names: tuple[str, ...]) -> None:
    SUITE.passes(names, tmp_path)

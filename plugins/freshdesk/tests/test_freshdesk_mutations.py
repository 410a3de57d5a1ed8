"""Small faults put into the plugin are found: by the conformance kit, or by the plugin's own tests where it has no way to see them."""

from pathlib import Path

import pytest

from escalation_bridge.testing.mutations import Mutation, MutationSuite

TESTS = Path(__file__).parent
MUTATIONS = {
    "subject_swapped": Mutation(
        '"subject": _shortened(draft.summary)',
        '"subject": _shortened(draft.description.text)',
        "test_a_ticket_is_created_as_drafted",
    ),
    "priority_swapped": Mutation(
        "    3: Priority.HIGH,\n    4: Priority.URGENT,",
        "    4: Priority.HIGH,\n    3: Priority.URGENT,",
        "test_a_priority_is_set",
    ),
    "default_priority_for_all": Mutation(
        "PRIORITY_CODES[draft.priority or Priority.NORMAL]",
        "PRIORITY_CODES[Priority.NORMAL]",
        "test_a_ticket_is_created_as_drafted",
    ),
    "labels_dropped": Mutation(
        'tags = changes.merge_tags(draft.labels, _words(extra.pop("tags", ())), ())',
        'tags = changes.merge_tags((), _words(extra.pop("tags", ())), ())',
        "test_a_ticket_is_created_as_drafted",
    ),
    "key_of_a_ticket_dropped": Mutation(
        'return {"status": _OPEN, **fields, **extra, self._settings.key_field: key}, unknown',
        'return {"status": _OPEN, **fields, **extra}, unknown',
        "test_a_created_ticket_is_found_by_its_key_and_no_other",
    ),
    "key_of_a_ticket_not_read": Mutation(
        "bridge_key=key if isinstance(key, str) and key else None,",
        "bridge_key=None,",
        "test_a_ticket_is_read_with_its_key",
    ),
    "found_without_a_look_at_the_key": Mutation(
        "return raw.custom_fields.get(self._settings.key_field) == key",
        "return bool(raw.custom_fields.get(self._settings.key_field))",
        "lengths:test_a_key_makes_one_ticket_though_the_search_lags",
    ),
    "searched_only": Mutation(
        "        if found is None and since is not None:",
        "        if found is None and since is None:",
        "sandbox_tickets:test_a_create_whose_answer_was_lost_is_found_and_not_repeated",
    ),
    "created_without_looking": Mutation(
        "there = self._number_of(key, self._connection.now() - self._lag - _CLOCKS_APART)",
        "there = None",
        "lengths:test_a_key_makes_one_ticket_though_the_search_lags",
    ),
    "nothing_found_believed_at_once": Mutation(
        "found_nothing(self._connection, sent_at, self._lag)",
        "found_nothing(self._connection, None, self._lag)",
        "sandbox_tickets:test_nothing_found_is_no_answer_before_the_index_has_settled",
    ),
    "notes_public_by_default": Mutation(
        'body = {"body": markup, "private": True}',
        'body = {"body": markup, "private": False}',
        "test_a_comment_is_as_visible_as_asked",
    ),
    "privacy_of_notes_left_to_freshdesk": Mutation(
        'body = {"body": markup, "private": True}',
        'body = {"body": markup}',
        "http:test_a_note_is_asked_for_as_private_in_so_many_words",
    ),
    "note_in_place_of_a_reply": Mutation(
        "return self._client.send_reply(ticket_id, markup, copies)",
        "return self._client.write_note(ticket_id, markup)",
        "test_a_comment_is_as_visible_as_asked",
    ),
    "all_comments_are_replies": Mutation(
        "private = comment.visibility is not Visibility.PUBLIC",
        "private = comment.visibility not in Visibility",
        "test_a_comment_is_as_visible_as_asked",
    ),
    "unknown_visibility_read_as_public": Mutation(
        "public = raw.private is False and raw.source != FORWARDED",
        "public = not raw.private and raw.source != FORWARDED",
        "http:test_what_is_not_known_to_be_public_is_private",
    ),
    "private_read_as_public": Mutation(
        "return Visibility.PUBLIC if public else Visibility.PRIVATE",
        "return Visibility.PUBLIC",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "breach_not_looked_at": Mutation(
        "asked, conversation.private, take_back",
        "asked, True, take_back",
        "test_a_private_comment_that_comes_out_public_is_a_breach",
    ),
    "deletion_not_confirmed": Mutation(
        "if response.status_code != requests.codes.no_content:",
        "if False:",
        "test_one_empty_answer_among_others_does_no_harm",
    ),
    "taken_back_at_a_wrong_address": Mutation(
        '"delete_conversation", f"/conversations/{conversation_id}"',
        '"delete_conversation", f"/attachments/{conversation_id}"',
        "test_a_comment_is_taken_back",
    ),
    "mark_of_notes_dropped": Mutation(
        'return f"{markup}<p {style}>[{key}]</p>"',
        "return markup",
        "test_one_key_is_one_comment",
    ),
    "mark_of_replies_dropped": Mutation(
        """return f'<div {_ATTRIBUTE}="{key}">{markup}</div>'""",
        "return markup",
        "test_a_comment_is_recognised_when_it_comes_back",
    ),
    "mark_shown": Mutation(
        'return rich_text.from_html(_TRAILING.sub("", body.html))',
        "return body",
        "test_a_comment_is_recognised_when_it_comes_back",
    ),
    "written_without_looking": Mutation(
        "        found = marks.find_marked(earlier, key)\n        private",
        "        found = None\n        private",
        "test_a_comment_whose_answer_is_lost_is_written_once",
    ),
    "same_words_are_the_same_comment": Mutation(
        "            and mark_of(found) is None\n",
        "",
        "marks:test_only_a_recent_unmarked_public_reply_of_the_bridge_with_the_same_words_is_taken_for_the_same",
    ),
    "newest_first": Mutation(
        "key=lambda conversation: (conversation.created_at, conversation.id)))",
        "key=lambda conversation: (conversation.created_at, conversation.id), reverse=True))",
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "one_page_only": Mutation(
        'return listed, len(listed) >= _PER_PAGE or "next" in response.links',
        "return listed, False",
        "http:test_pages_are_read_while_a_next_one_is_announced_or_a_page_is_full",
    ),
    "next_comment_skipped": Mutation(
        "if known is None or conversation.created_at > known.created_at or conversation.id > known.id",
        "if known is None or conversation.id > known.id + 1",
        "test_nothing_is_left_out_after_a_comment",
    ),
    "others_written_over": Mutation(
        "changed_since = not same(current.value_of(name), then)",
        "changed_since = False",
        "test_somebody_elses_change_is_not_written_over",
    ),
    "written_though_it_is_so": Mutation(
        "lambda raw: same(raw.value_of(name), wanted)",
        "lambda raw: raw is not current",
        "test_what_is_already_as_wanted_is_not_written",
    ),
    "not_read_back": Mutation(
        "lambda raw: same(raw.value_of(name), wanted)",
        "lambda raw: raw is not current or same(raw.value_of(name), wanted)",
        "test_a_yes_that_changed_nothing_is_noticed",
    ),
    "tags_replaced": Mutation(
        "merge_tags(current.tags, change.add_tags, change.remove_tags)",
        "merge_tags(expected.tags, change.add_tags, change.remove_tags)",
        "test_other_peoples_tags_stay",
    ),
    "nobody_is_a_mistake_of_the_route": Mutation(
        'self._refuse(UnknownPerson, operation, f"no agent',
        'self._refuse(Rejected, operation, f"no agent',
        "assignees:test_an_assignee_who_is_nobody_is_told_and_nothing_is_changed",
    ),
    "edited_without_its_mark": Mutation(
        "markup = marks.marked_note(comment.body.html, carried)",
        "markup = comment.body.html",
        "test_a_comment_is_reworded_in_place",
    ),
    "other_peoples_words_taken_back": Mutation(
        "if found.incoming or (marks.mark_of(found) is None and found.user_id != self._account.me().id):",
        "if found.incoming:",
        "rewording:test_other_peoples_words_are_not_touched",
    ),
    "link_told_again_and_again": Mutation(
        "note = next((entry for entry in earlier if marks.is_link_note(entry, other.ref, other.url)), None)",
        "note = next((entry for entry in earlier if not entry.id), None)",
        "test_a_link_is_never_shown_to_customers",
    ),
    "link_fields_written_though_they_are_so": Mutation(
        "for part, value in wanted.items() if value != shown[part]}",
        "for part, value in wanted.items()}",
        "linking:test_a_link_is_kept_up_to_date_in_place",
    ),
    "file_more_visible_than_asked": Mutation(
        "private = file.visibility is not Visibility.PUBLIC",
        "private = file.visibility not in Visibility",
        "test_a_file_is_put_once_and_as_visible_as_asked",
    ),
    "privacy_of_files_left_to_freshdesk": Mutation(
        '[("private", "true")] if private else',
        "[] if private else",
        "files:test_a_private_file_goes_into_a_note_that_says_so",
    ),
    "key_sent_along_with_files": Mutation(
        "return download(self._files, attachment, into, limit)",
        "return download(self.transport, attachment, into, limit)",
        "http:test_a_file_is_fetched_without_the_api_key",
    ),
    "any_secret_accepted": Mutation(
        "    if not any(matches):",
        "    if not matches:",
        "test_a_wrong_secret_is_refused",
    ),
    "first_secret_only": Mutation(
        "for secret in settings.webhook_secrets]",
        "for secret in settings.webhook_secrets[:1]]",
        "test_each_of_two_secrets_is_accepted_while_one_is_replaced",
    ),
    "deleted_read_as_present": Mutation(
        "        return Presence.DELETED\n",
        "        return Presence.PRESENT\n",
        "test_a_deleted_ticket_is_gone_or_told_as_deleted",
    ),
}
SUITE = MutationSuite(TESTS.parent / "escalation_bridge_freshdesk", TESTS, "test_freshdesk_", MUTATIONS)
QUICK = ("notes_public_by_default", "key_of_a_ticket_dropped", "mark_of_notes_dropped")


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

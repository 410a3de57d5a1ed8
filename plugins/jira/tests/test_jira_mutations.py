"""Small faults put into the plugin are found: by the conformance kit, or by the plugin's own tests where it has no way to see them."""

from pathlib import Path

import pytest

from escalation_bridge.testing.mutations import Mutation, MutationSuite

TESTS = Path(__file__).parent
MUTATIONS = {
    # --- who reads a comment
    "internal_comment_is_public": Mutation(
        '"public": False}',
        '"public": True}',
        "comment_is_as_visible_as_asked",
    ),
    "internal_property_forgotten": Mutation(
        '{"internal": private}',
        '{"internal": False}',
        "site_comments:is_no_request",
    ),
    "answer_not_checked": Mutation(
        "            self.internal(raw, comment_id),\n",
        "            wanted is Visibility.PRIVATE,\n",
        "site_comments:found_again_is_checked",
    ),
    "public_that_came_out_internal": Mutation(
        "            self.internal(raw, comment_id),\n",
        "            self.internal(raw, comment_id) if private else False,\n",
        "site_comments:came_out_internal",
    ),
    "unknown_visibility_is_public": Mutation(
        "is_internal(comment) is not False:",
        "is_internal(comment) is True:",
        "mapping:comment or visib or private or public",
    ),
    "everybody_reads_everything": Mutation(
        "return Visibility.PUBLIC if customers else Visibility.PRIVATE",
        "return Visibility.PUBLIC",
        "site_comments:is_written_and_recognised",
    ),
    "role_not_sent": Mutation(
        'body["visibility"] = restriction',
        "pass",
        "site_comments:kept_to_a_role",
    ),
    "refusal_forgotten": Mutation(
        "elif private and self.desk.settings.customers_read_comments:",
        "elif False:",
        "site_comments:where_customers_would_read",
    ),
    "comment_without_marker": Mutation(
        'properties: list[Mapping[str, object]] = [{"key": PROPERTY, "value": {"key": key}}]',
        "properties: list[Mapping[str, object]] = []",
        "site_comments:is_written_and_recognised",
    ),
    # --- changed comments
    "edit_forgets_the_restriction": Mutation(
        'if before / "visibility":\n',
        "if False:\n",
        "site_rewording:role_is_said_again",
    ),
    "edit_shares_an_internal_comment": Mutation(
        '{"internal": seen is Visibility.PRIVATE}',
        '{"internal": False}',
        "site_rewording:who_reads_it",
    ),
    "no_answer_read_as_no_transition": Mutation(
        '(answer / "transitions").elements()',
        '(answer / "transitions").items()',
        "one_empty_answer_among_others and update_ticket",
    ),
    "edit_of_other_peoples_comments": Mutation(
        "if key_of(before) != key:",
        "if False:",
        "site_rewording:nobody_elses",
    ),
    "edit_of_what_was_shared": Mutation(
        "if draft.visibility is Visibility.PRIVATE and seen is Visibility.PUBLIC:",
        "if False:",
        "site_rewording:shared_since",
    ),
    "deletion_not_looked_at": Mutation(
        "if self._stored() is not None:",
        "if False:",
        "site_rewording:did_nothing",
    ),
    "file_read_by_more_than_the_comment": Mutation(
        "if private and not is_service_project(issue) and Readers(self.desk, self.ticket_id).restriction():",
        "if False:",
        "long_comments:more_people",
    ),
    "file_stays_when_its_comment_goes": Mutation(
        "WholeText(self.desk, self.ticket_id, key).drop()",
        "pass",
        "long_comments:taken_back",
    ),
    # --- files
    "private_file_is_public": Mutation(
        'json={"temporaryAttachmentIds": ids, "public": public}',
        'json={"temporaryAttachmentIds": ids, "public": True}',
        "file_is_put_once",
    ),
    "header_against_forms_dropped": Mutation(
        ', "X-Atlassian-Token": "no-check"}',
        "}",
        "files:put_at_an_issue_once",
    ),
    "file_put_twice": Mutation(
        "if key not in claims:",
        "if True:",
        "file_is_put_once",
    ),
    "credentials_to_another_host": Mutation(
        "return replace(attachment, url=address(settings, attachment.id, attachment.name))",
        "return attachment",
        "files:address or home or host or fetch",
    ),
    "internal_file_as_the_descriptions": Mutation(
        "not in with_comments",
        "not in set()",
        "description_files:of_a_comment",
    ),
    "own_file_as_the_descriptions": Mutation(
        "in map(str, ours):",
        "in ():",
        "description_files:bridge",
    ),
    "service_desk_that_does_not_tell": Mutation(
        "if listed is None:",
        "if False:",
        "description_files:does_not_tell",
    ),
    # --- create once
    "key_not_among_the_labels": Mutation(
        '"labels": [*labels_of(self.draft.labels), self.key],',
        '"labels": labels_of(self.draft.labels),',
        "found_by_its_key and not ServiceRequests",
    ),
    "key_not_a_property": Mutation(
        '"properties": [{"key": PROPERTY, "value": {"key": self.key}}]',
        '"properties": []',
        "read_with_its_key and not ServiceRequests",
    ),
    "lag_forgotten": Mutation(
        "sent_at, timedelta(seconds=self.desk.settings.search_lag_seconds)",
        "None, timedelta(seconds=self.desk.settings.search_lag_seconds)",
        "too_early",
    ),
    "failed_create_means_nothing_made": Mutation(
        "except (Unavailable, UnreadableAnswer) as error:",
        "except UnreadableAnswer as error:",
        "site_tickets:without_a_proper_answer",
    ),
    "request_without_its_key": Mutation(
        "edition.written((*blocks, Paragraph((Run(key),))))",
        "edition.written(blocks)",
        "service_requests:cut_off or last_line",
    ),
    "request_for_a_stranger": Mutation(
        "if named.casefold() in",
        "if True or named in",
        "service_requests:nothing_else_is_said",
    ),
    "quoted_key_is_believed": Mutation(
        "if carries(ticket.description.text, key) and self._is_mine(ticket)",
        "if key in ticket.description.text",
        "service_requests:quotes_a_key",
    ),
    # --- changes
    "swapped_labels": Mutation(
        '_Edit(labels=({"remove": label},))',
        '_Edit(labels=({"add": label},))',
        "site_tickets:labels_stay",
    ),
    "written_over_others": Mutation(
        "changed_since = getattr(self.current.ticket, name) != getattr(self.expected, name)",
        "changed_since = False",
        "somebody_elses_change",
    ),
    "not_read_back": Mutation(
        "return getattr(issue.ticket, name) in fitting",
        "return issue is not self.current",
        "yes_that_changed_nothing",
    ),
    "swapped_priorities": Mutation(
        'Priority.HIGH: "High",',
        'Priority.HIGH: "Highest",',
        "priority_is_set or as_drafted",
    ),
    "finished_is_open": Mutation(
        '"done": StatusKind.SOLVED',
        '"done": StatusKind.OPEN',
        "site_account:words_are_described",
    ),
    "somebody_elses_address": Mutation(
        'str((user / "emailAddress").value).casefold() == named.casefold()',
        "True",
        "site_assignees:cannot_be_assigned",
    ),
    "dearest_transition_first": Mutation(
        "min(possible, key=lambda step: len(step.transition.required))",
        "max(possible, key=lambda step: len(step.transition.required))",
        "transitions:asks_for_least",
    ),
    "walks_in_circles": Mutation(
        "if all(each.to.id != status.id for status in self._been)",
        "if True",
        "walk:visited_twice",
    ),
    # --- links, reading, access
    "one_link_for_all_tickets": Mutation(
        'f"escalation-bridge={ref.connection}&id={ref.id}"',
        'f"escalation-bridge={ref.connection}"',
        "site_tickets:link_is_made_once",
    ),
    "resolved_turned_round": Mutation(
        '"resolved": other.done',
        '"resolved": not other.done',
        "site_tickets:link_is_made_once",
    ),
    "swapped_people": Mutation(
        'self._person_at(issue, fields / "creator")',
        'self._person_at(issue, fields / "assignee")',
        "mapping:three_people",
    ),
    "first_page_only": Mutation(
        'if not items or (page / "isLast").maybe_flag() is True or',
        "if True or",
        "site_comments:page_by_page",
    ),
    "removed_search": Mutation(
        'search="/search/jql"',
        'search="/search"',
        "site_tickets:after_the_searchs_lag",
    ),
    "header_for_experimental_parts_dropped": Mutation(
        "params=params, headers=self.experimental)",
        "params=params)",
        "service_requests:customer_of_the_desk",
    ),
    "lost_access_is_a_deletion": Mutation(
        "self._refuse_lost_access()\n            # Jira",
        "# Jira",
        "site_rewording:out_of_sight",
    ),
    "refresh_token_spent_again": Mutation(
        '"refresh_token": refresh_token}',
        '"refresh_token": first}',
        "refresh_token:spent_once",
    ),
    "unsigned_webhook_accepted": Mutation(
        'if method != "sha256" or not any(right):',
        "if False:",
        "wrong_secret or one_byte",
    ),
    "old_webhook_accepted": Mutation(
        "if sent is None or not request.received_at - window <= sent",
        "if sent is None or not sent",
        "old_or_future",
    ),
    "app_webhook_ends": Mutation(
        "_PROLONG_BEFORE = timedelta(days=20)",
        "_PROLONG_BEFORE = timedelta(days=0)",
        "app_webhooks:prolonged",
    ),
    "document_of_another_version": Mutation(
        '"version": 1',
        '"version": 2',
        "adf:valid or document",
    ),
}
SUITE = MutationSuite(TESTS.parent / "escalation_bridge_jira", TESTS, "test_jira_", MUTATIONS)
QUICK = ("comment_without_marker", "edit_shares_an_internal_comment", "swapped_labels", "swapped_people")


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

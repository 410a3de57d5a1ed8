"""The conformance kit catches what it is for: each mutation of a plugin that passes it makes it fail, and where."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from escalation_bridge.testing import conformance
from escalation_bridge.testing.conformance import HelpdeskConformance

HERE = Path(__file__).parent

PREAMBLE = """
import importlib.util, json
from dataclasses import replace
from escalation_bridge.domain.tickets.tickets import *
from escalation_bridge.errors import *
from escalation_bridge.plugin.hooks import FOUND_NOTHING, hookimpl
from escalation_bridge.testing import memory
from escalation_bridge.testing.memory import MemoryHelpdesk
from escalation_bridge.plugin.webhooks import TicketHint, Verified, WebhookNews, WebhookRequest

spec = importlib.util.spec_from_file_location("conformance_of_memory", {path!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
Base = module.TestMemory
del module
"""

MUTATIONS: dict[str, tuple[str, str]] = {
    "edited_by_a_further_comment": (
        """
        @hookimpl
        def edit_comment(self, ticket_id, comment_id, comment, key):
            return super().add_comment(ticket_id, comment, key + "x")
        """,
        "test_a_comment_is_reworded_in_place",
    ),
    "all_comments_taken_back": (
        """
        @hookimpl
        def delete_comment(self, ticket_id, comment_id):
            for said in list(self.comments[ticket_id]):
                receipt = super().delete_comment(ticket_id, said.id)
            return receipt
        """,
        "test_a_comment_is_taken_back",
    ),
    "every_status_its_own": (
        """
        @hookimpl
        def is_own_status(self, ticket_id, status_id):
            return True
        """,
        "test_a_status_of_its_own_making_is_known_as_such",
    ),
    "no_status_its_own": (
        """
        @hookimpl
        def is_own_status(self, ticket_id, status_id):
            return False
        """,
        "test_a_status_of_its_own_making_is_known_as_such",
    ),
    "swapped_fields": (
        """
        @hookimpl
        def create_ticket(self, draft, key):
            return super().create_ticket(replace(draft, summary=draft.description.text), key)
        """,
        "test_a_ticket_is_created_as_drafted",
    ),
    "swapped_priorities": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            swapped = {Priority.HIGH: Priority.URGENT, Priority.URGENT: Priority.HIGH}
            priority = swapped.get(change.priority, change.priority)
            return super().update_ticket(ticket_id, replace(change, priority=priority), expected)
        """,
        "test_a_priority_is_set",
    ),
    "labels_forgotten": (
        """
        @hookimpl
        def create_ticket(self, draft, key):
            return super().create_ticket(replace(draft, labels=()), key)
        """,
        "test_a_ticket_is_created_as_drafted",
    ),
    "key_not_written": (
        """
        @hookimpl
        def create_ticket(self, draft, key):
            return super().create_ticket(draft, "eb-ffffffffffffffffffff")
        """,
        "test_a_created_ticket_is_found_by_its_key_and_no_other",
    ),
    "called_by_the_end_of_its_key": (
        """
        @hookimpl
        def find_by_key(self, text):
            found = [one for one in self.tickets.values() if one.key.endswith(text)]
            return found[0] if found else FOUND_NOTHING
        """,
        "test_what_nobody_is_called_finds_nothing",
    ),
    "key_searched_by_its_beginning": (
        """
        @hookimpl
        def find_ticket(self, key, sent_at):
            found = [one for one in self.tickets.values() if (one.bridge_key or "").startswith(key[:-1])]
            return found[0] if found else FOUND_NOTHING
        """,
        "test_a_created_ticket_is_found_by_its_key_and_no_other",
    ),
    "key_of_a_comment_ignored": (
        """
        @hookimpl
        def add_comment(self, ticket_id, comment, key):
            mine = [one for one in self.comments.get(ticket_id, []) if one.marker == key]
            self.comments[ticket_id] = [replace(one, marker=None) for one in mine]
            return super().add_comment(ticket_id, comment, key)
        """,
        "test_one_key_is_one_comment",
    ),
    "same_words_taken_for_the_same_comment": (
        """
        @hookimpl
        def add_comment(self, ticket_id, comment, key):
            same = [one for one in self.comments.get(ticket_id, []) if one.body == comment.body]
            return same[0] if same else super().add_comment(ticket_id, comment, key)
        """,
        "test_two_keys_are_two_comments",
    ),
    "public_by_default": (
        """
        @hookimpl
        def add_comment(self, ticket_id, comment, key):
            return super().add_comment(ticket_id, replace(comment, visibility=Visibility.PUBLIC), key)
        """,
        "test_a_comment_is_as_visible_as_asked",
    ),
    "public_and_told_as_private": (
        """
        @hookimpl
        def add_comment(self, ticket_id, comment, key):
            written = super().add_comment(ticket_id, replace(comment, visibility=Visibility.PUBLIC), key)
            return replace(written, visibility=comment.visibility)
        """,
        "test_a_comment_is_as_visible_as_asked",
    ),
    "private_read_as_public": (
        """
        @hookimpl
        def fetch_comments(self, ticket_id, after):
            return tuple(replace(c, visibility=Visibility.PUBLIC) for c in super().fetch_comments(ticket_id, after))
        """,
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "leak_not_noticed": (
        """
        @hookimpl
        def add_comment(self, ticket_id, comment, key):
            if self.leaky:
                comment = replace(comment, visibility=Visibility.PUBLIC)
            return super().add_comment(ticket_id, comment, key)
        """,
        "test_a_private_comment_that_comes_out_public_is_a_breach",
    ),
    "not_read_back": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            try:
                return super().update_ticket(ticket_id, change, expected)
            except NotApplied:
                return replace(self.tickets[ticket_id], priority=change.priority)
        """,
        "test_a_yes_that_changed_nothing_is_noticed",
    ),
    "overwrites_others": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            return super().update_ticket(ticket_id, change, self.tickets.get(ticket_id, expected))
        """,
        "test_somebody_elses_change_is_not_written_over",
    ),
    "conflict_over_any_field": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            if ticket_id in self.tickets and self.tickets[ticket_id].priority != expected.priority:
                raise ConcurrentChange("the ticket was changed", self.at("update_ticket"))
            return super().update_ticket(ticket_id, change, expected)
        """,
        "test_a_change_of_another_field_is_no_conflict",
    ),
    "tags_replaced": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            if change.add_tags:
                self.tickets[ticket_id] = replace(self.tickets[ticket_id], tags=expected.tags)
            return super().update_ticket(ticket_id, change, expected)
        """,
        "test_other_peoples_tags_stay",
    ),
    "newest_comments_first": (
        """
        @hookimpl
        def fetch_comments(self, ticket_id, after):
            return super().fetch_comments(ticket_id, after)[::-1]
        """,
        "test_comments_come_oldest_first_as_visible_as_they_are",
    ),
    "one_page_of_comments": (
        """
        @hookimpl
        def fetch_comments(self, ticket_id, after):
            return super().fetch_comments(ticket_id, after)[:25]
        """,
        "test_more_comments_than_a_page_holds",
    ),
    "next_comment_skipped": (
        """
        @hookimpl
        def fetch_comments(self, ticket_id, after):
            return super().fetch_comments(ticket_id, after)[0 if after is None else 2:]
        """,
        "test_nothing_is_left_out_after_a_comment",
    ),
    "marker_lost": (
        """
        @hookimpl
        def fetch_comments(self, ticket_id, after):
            return tuple(replace(c, marker=None) for c in super().fetch_comments(ticket_id, after))
        """,
        "test_a_comment_is_recognised_when_it_comes_back",
    ),
    "signature_not_compared": (
        """
        @hookimpl
        def verify_webhook(self, request):
            return Verified(request.headers.get("x-delivery"))
        """,
        "test_a_body_changed_by_one_byte_is_refused",
    ),
    "accepts_all_without_a_secret": (
        """
        @hookimpl
        def verify_webhook(self, request):
            if not self.connection.settings.webhook_secrets:
                return Verified(None)
            return super().verify_webhook(request)
        """,
        "test_without_a_configured_secret_nothing_is_accepted",
    ),
    "time_not_checked": (
        """
        @hookimpl
        def verify_webhook(self, request):
            try:
                received = datetime.fromisoformat(request.headers["x-sent"])
            except (KeyError, ValueError):
                received = request.received_at
            return super().verify_webhook(replace(request, received_at=received))
        """,
        "test_an_old_or_future_webhook_is_refused",
    ),
    "first_secret_only": (
        """
        def __init__(self, connection):
            settings = connection.settings
            first = settings.model_copy(update={"webhook_secrets": settings.webhook_secrets[:1]})
            super().__init__(replace(connection, settings=first))
        """,
        "test_each_of_two_secrets_is_accepted_while_one_is_replaced",
    ),
    "one_delivery_id_for_all": (
        """
        @hookimpl
        def verify_webhook(self, request):
            super().verify_webhook(request)
            return Verified("delivery")
        """,
        "test_a_repeated_delivery_is_recognised",
    ),
    "refusal_helps_the_forger": (
        """
        @hookimpl
        def verify_webhook(self, request):
            try:
                return super().verify_webhook(request)
            except WebhookRefused as refused:
                secrets = [one.get_secret_value() for one in self.connection.settings.webhook_secrets]
                raise WebhookRefused(f"expected a signature with {secrets}") from refused
        """,
        "test_a_wrong_secret_is_refused",
    ),
    "odd_bodies_crash": (
        """
        @hookimpl
        def parse_webhook(self, request):
            return WebhookNews(hints=(TicketHint(str(json.loads(request.body)["ticket"]), "changed"),))
        """,
        "test_any_body_is_understood_or_malformed",
    ),
    "retry_after_dropped": (
        """
        @hookimpl
        def fetch_ticket(self, ticket_id):
            try:
                return super().fetch_ticket(ticket_id)
            except RateLimited as limited:
                raise RateLimited(limited.message, replace(limited.at, retry_after=None)) from limited
        """,
        "test_a_limit_is_told_with_the_time_to_wait",
    ),
    "no_answer_given_up_on": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            try:
                return super().update_ticket(ticket_id, change, expected)
            except UnreadableAnswer as error:
                raise Rejected("no way leads there", error.at)
        """,
        "test_an_empty_answer_does_not_say_that_there_is_nothing",
    ),
    "gone_told_as_empty": (
        """
        @hookimpl
        def fetch_comments(self, ticket_id, after):
            try:
                return super().fetch_comments(ticket_id, after)
            except TicketNotFound:
                return ()
        """,
        "test_comments_of_no_ticket_are_not_none",
    ),
    "writes_what_is_there": (
        """
        @hookimpl
        def update_ticket(self, ticket_id, change, expected):
            self.writes.append(("update_ticket", ticket_id))
            return super().update_ticket(ticket_id, change, expected)
        """,
        "test_what_is_already_as_wanted_is_not_written",
    ),
    "link_shown_to_customers": (
        """
        @hookimpl
        def link_ticket(self, ticket_id, other, key):
            self.says(ticket_id, other.key, Role.AGENT, Visibility.PUBLIC)
            return super().link_ticket(ticket_id, other, key)
        """,
        "test_a_link_is_never_shown_to_customers",
    ),
    "errors_quote_customers": (
        """
        @hookimpl
        def add_comment(self, ticket_id, comment, key):
            try:
                return super().add_comment(ticket_id, comment, key)
            except PermissionDenied as denied:
                raise PermissionDenied(f"refused: {comment.body.text}", denied.at) from denied
        """,
        "test_a_missing_permission_is_told_as_such",
    ),
    "hook_without_mark": (
        """
        def native_clocks(self, ticket_id):
            return ()
        """,
        "test_the_plugin_keeps_the_form_of_the_contract",
    ),
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names of the tests that fail, by mutation: the ones meant to, and all without a mutation, in one run of pytest."""
    folder = tmp_path_factory.mktemp("mutations")
    code = [PREAMBLE.format(path=str(HERE / "test_conformance_memory.py"))]
    for name, (body, _) in (*MUTATIONS.items(), ("none", ("    marker = None", ""))):
        code.append(f"class Mutant_{name}(MemoryHelpdesk):{body}\n")
        code.append(f"class Test_{name}(Base):\n    plugin_class = Mutant_{name}\n")
    source = "\n".join(code).replace("\n        ", "\n    ")
    (folder / "test_mutations.py").write_text(f"from datetime import datetime\n{source}\ndel Base\n")
    chosen = [f"test_mutations.py::Test_{name}::{test}" for name, (_, test) in MUTATIONS.items()]
    pytest_quietly = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        "-rf",
        "-W",
        "ignore",
    ]
    run = subprocess.run(
        [*pytest_quietly, "test_mutations.py::Test_none", *chosen],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert " passed" in run.stdout, run.stdout + run.stderr
    failed: dict[str, set[str]] = {}
    for mutation, test in re.findall(r"^FAILED \S+?::Test_(\w+)::(\w+)", run.stdout, re.MULTILINE):
        failed.setdefault(mutation, set()).add(test)
    return failed


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation_is_caught_where_it_should_be(failures: dict[str, set[str]], mutation: str) -> None:
    assert MUTATIONS[mutation][1] in failures.get(mutation, set())


def test_without_a_mutation_nothing_fails(failures: dict[str, set[str]]) -> None:
    assert "none" not in failures


def test_no_part_of_the_kit_hides_a_test_of_another() -> None:
    """All parts become one class: a name that two of them have would silently be one test less."""
    seen: dict[str, type] = {}
    for part in HelpdeskConformance.__mro__:
        for name in vars(part):
            if name.startswith("test_"):
                assert name not in seen, f"{name} is in {part.__name__} and {seen[name].__name__}"
                seen[name] = part


def test_the_bridge_at_work_does_not_need_pytest() -> None:
    code = (
        "import sys, escalation_bridge.cli, escalation_bridge.bridge, escalation_bridge.testing.memory;"
        "sys.exit('pytest' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert conformance.__doc__

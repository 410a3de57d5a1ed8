"""An account in trouble may answer 200 and nothing: that is no answer, and never says that there is nothing.

The conformance kit meets each request of each hook with it. Here is which request is meant: lists at the top level, too.
"""

from collections.abc import Callable
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import CommentDraft, Priority, Severity, TicketDraft, Visibility
from escalation_bridge.errors import NotApplied, UnreadableAnswer, VendorError
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_sandbox.kernel.faults import FaultKind

Ask = Callable[[FreshdeskPlugin, str], object]
KEY = "eb-00000000000000000001"
CALLBACK = "https://bridge.example/webhooks/support"
NOTE = CommentDraft(from_text("Ours."), Visibility.PRIVATE)
DRAFT = TicketDraft("No receipt", from_text("I got none."), Priority.HIGH, Severity.STANDARD)
EMPTY = pytest.mark.parametrize("body", ["", "{}", "null"])

ASKED: dict[str, tuple[Ask, str, str]] = {
    "the account": (lambda plugin, _: plugin.check_connection(), "GET", "/agents/me$"),
    "the fields": (lambda plugin, _: plugin.describe_fields(), "GET", "/ticket_fields$"),
    "the ticket": (lambda plugin, ticket: plugin.fetch_ticket(ticket), "GET", r"/tickets/\d+$"),
    "the comments": (lambda plugin, ticket: plugin.fetch_comments(ticket, None), "GET", "/conversations$"),
    "the search": (lambda plugin, _: plugin.find_ticket(KEY, None), "GET", "/search/tickets$"),
    "the changes": (
        lambda plugin, _: plugin.changes_since(plugin.changes_since(None).cursor), "GET", "/tickets$"
    ),
    "the rules": (lambda plugin, _: plugin.list_subscriptions(), "GET", "/rules$"),
    "a rule": (lambda plugin, _: plugin.subscribe_webhooks(CALLBACK, "secret"), "POST", "/rules$"),
    "a new ticket": (lambda plugin, _: plugin.create_ticket(DRAFT, KEY), "POST", "/tickets$"),
    "a note": (lambda plugin, ticket: plugin.add_comment(ticket, NOTE, KEY), "POST", "/notes$"),
}  # fmt: skip


@EMPTY
@pytest.mark.parametrize(("ask", "method", "path"), ASKED.values(), ids=ASKED)
def test_no_answer_is_told_as_such(desk: Any, ask: Ask, method: str, path: str, body: str) -> None:
    desk.promote()  # for the automation rules
    ticket = desk.customer_writes(subject="No receipt", body="I got none.")
    desk.fault(FaultKind.EMPTY_200, method, path, body=body)
    with pytest.raises(VendorError) as unread:
        ask(desk.plugin, ticket)
    assert unread.value.can_retry or isinstance(unread.value, UnreadableAnswer)
    assert not desk.sandbox.faults.armed()


@EMPTY
def test_a_deletion_that_is_not_confirmed_is_none(desk: Any, body: str) -> None:
    ticket = desk.customer_writes(subject="No receipt", body="I got none.")
    note = desk.plugin.add_comment(ticket, NOTE, KEY)
    desk.fault(FaultKind.EMPTY_200, "DELETE", "/conversations/", body=body)
    with pytest.raises(NotApplied, match="did not confirm"):
        desk.plugin.delete_comment(ticket, note.id)
    assert len(desk.conversations(ticket)) == 1
    desk.plugin.delete_comment(ticket, note.id)
    assert desk.conversations(ticket) == []

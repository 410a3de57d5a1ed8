"""What comes after the end: follow-ups of closed tickets, tickets that are deleted and come back."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import Presence, Severity, StatusKind, TicketDraft, TicketRef
from escalation_bridge.errors import Rejected, TicketNotFound
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin

KEY = "eb-0123456789abcdef0123"

Act = Callable[..., Any]


def draft(**fields: object) -> TicketDraft:
    return TicketDraft("Again", from_text("It burns again."), None, Severity.STANDARD, fields=fields)


@pytest.fixture
def closed(running: RunningVendor, act: Act, writes: Act) -> str:
    ticket_id = str(writes())
    act("PUT", f"/tickets/{ticket_id}", ticket={"assignee_id": seed.AGENT_SARI.id, "status": "solved"})
    closing = {"ticket_id": int(ticket_id)}
    assert requests.post(f"{running.url}/_sandbox/close", json=closing, timeout=5).ok
    return ticket_id


@pytest.mark.parametrize("named", [int, str, "#{}".format])
def test_a_follow_up_of_a_closed_ticket_is_created_and_told(
    connected: ZendeskPlugin, closed: str, named: Callable[[str], object]
) -> None:
    made = connected.create_ticket(draft(follow_up_of=named(closed)), KEY)
    assert made.follows_up == TicketRef("helpdesk", closed)
    assert connected.fetch_ticket(made.ref.id).follows_up == made.follows_up
    assert connected.fetch_ticket(closed).follows_up is None


def test_a_follow_up_that_an_agent_made_is_told(connected: ZendeskPlugin, act: Act, closed: str) -> None:
    values = {"subject": "Again", "comment": {"body": "Still."}, "via_followup_source_id": int(closed)}
    made = act("POST", "/tickets", ticket=values)["ticket"]
    assert connected.fetch_ticket(str(made["id"])).follows_up == TicketRef("helpdesk", closed)


@pytest.mark.parametrize("wrong", ["soon", 0, None, True, "1 2"])
def test_what_is_no_ticket_cannot_be_followed(connected: ZendeskPlugin, wrong: object) -> None:
    with pytest.raises(Rejected, match="follow_up_of"):
        connected.create_ticket(draft(follow_up_of=wrong), KEY)


def test_a_ticket_that_is_not_closed_is_not_followed(connected: ZendeskPlugin, writes: Act) -> None:
    followed = writes()
    made = connected.create_ticket(draft(follow_up_of=followed), KEY)
    assert made.follows_up is None
    assert connected.create_ticket(draft(follow_up_of=followed), KEY).ref == made.ref


@pytest.mark.parametrize("way", ["deleted", "spam"])
def test_a_deleted_ticket_is_gone_with_a_reason_and_comes_back(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act, way: str
) -> None:
    ticket_id = writes()
    cursor = connected.changes_since(None).cursor
    if way == "spam":
        act("PUT", f"/tickets/{ticket_id}/mark_as_spam")
    else:
        act("DELETE", f"/tickets/{ticket_id}", as_user=seed.ADMIN.email)
    with pytest.raises(TicketNotFound, match="was deleted"):
        connected.fetch_ticket(ticket_id)
    sandbox.clock.advance(120)
    page = connected.changes_since(cursor)
    assert ticket_id in page.ids
    act("PUT", f"/deleted_tickets/{ticket_id}/restore", as_user=seed.ADMIN.email)
    back = connected.fetch_ticket(ticket_id)
    assert (back.presence, back.status.kind) == (Presence.PRESENT, StatusKind.NEW)
    sandbox.clock.advance(120)
    assert ticket_id in connected.changes_since(page.cursor).ids

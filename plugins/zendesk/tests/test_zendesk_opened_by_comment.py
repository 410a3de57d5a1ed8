"""Zendesk opens a new ticket on the first comment of an agent. The answer to the comment shows that; what others do is never overwritten."""

from dataclasses import replace
from typing import Any

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    StatusKind,
    TicketChange,
    Visibility,
    WrittenComment,
)
from escalation_bridge.errors import ConcurrentChange
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed

PUBLIC = CommentDraft(from_text("A specialist has taken over."), Visibility.PUBLIC)
ON_HOLD = TicketChange(status="On-hold")
KEY = "eb-0123456789abcdef0123"


@pytest.fixture
def ticket_id(running: RunningVendor, sandbox: ZendeskSandbox) -> str:
    mail = {"email": seed.CUSTOMER_DEWI.email, "subject": "Lost", "body": "My order is lost."}
    made = requests.post(f"{running.url}/_sandbox/inbound", json=mail, timeout=5).json()
    return str(made["ticket"]["id"])


def test_a_new_ticket_that_the_bridge_answered_takes_the_status_that_was_decided(
    connected: Any, ticket_id: str
) -> None:
    new = connected.fetch_ticket(ticket_id)
    assert new.status.kind is StatusKind.NEW
    written = connected.add_comment(ticket_id, replace(PUBLIC, known=new), KEY)
    assert isinstance(written, WrittenComment)
    assert written.ticket == connected.fetch_ticket(ticket_id)
    assert written.ticket.status.kind is StatusKind.OPEN
    assert connected.update_ticket(ticket_id, ON_HOLD, written.ticket).status.name == "On-hold"


def test_what_an_agent_made_of_it_since_is_not_written_over(connected: Any, act: Any, ticket_id: str) -> None:
    new = connected.fetch_ticket(ticket_id)
    connected.add_comment(ticket_id, PUBLIC, KEY)
    act("PUT", f"/tickets/{ticket_id}", ticket={"status": "pending"})
    with pytest.raises(ConcurrentChange):
        connected.update_ticket(ticket_id, ON_HOLD, new)


def test_an_agent_who_opened_it_is_not_written_over(connected: Any, act: Any, ticket_id: str) -> None:
    new = connected.fetch_ticket(ticket_id)
    act("PUT", f"/tickets/{ticket_id}", ticket={"status": "open"})
    connected.add_comment(ticket_id, PUBLIC, KEY)
    with pytest.raises(ConcurrentChange):
        connected.update_ticket(ticket_id, ON_HOLD, new)

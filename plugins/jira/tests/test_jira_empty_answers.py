"""A site in trouble may answer 200 and nothing: that is no answer, and never says that there is nothing."""

from typing import Any

import pytest

from escalation_bridge.domain.tickets import TicketChange, TicketDraft
from escalation_bridge.errors import UnreadableAnswer
from escalation_bridge_sandbox.kernel.faults import FaultKind

KEY = "eb-00000000000000000001"
EMPTY = pytest.mark.parametrize("body", ["", "{}"], ids=["no body", "empty object"])


@EMPTY
def test_no_answer_is_not_a_workflow_that_ends_here(site: Any, draft: TicketDraft, body: str) -> None:
    """Whoever takes it for an issue without transitions gives the status up for good."""
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.EMPTY_200, method="GET", path="/transitions$", body=body)
    change = TicketChange(status="open")
    with pytest.raises(UnreadableAnswer, match="transitions is no list"):
        plugin.update_ticket(ticket.ref.id, change, ticket)
    assert plugin.update_ticket(ticket.ref.id, change, ticket).status.name == "In Progress"

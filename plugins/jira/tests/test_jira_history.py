"""Whose a status is, by the changelog of the stand-ins of both editions."""

from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import TicketChange, TicketDraft
from escalation_bridge.errors import NotApplied, TicketNotFound, UnreadableAnswer
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
TO_CLOSED = {"Closed": ("In Progress", "Done")}


def test_a_stop_of_the_bridges_own_walk_is_its_own(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin(follow_workflow=False, status_paths=TO_CLOSED)
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.EMPTY_200, method="POST", path="/transitions", skip=1)
    with pytest.raises(NotApplied):
        plugin.update_ticket(ticket.ref.id, TicketChange(status="Closed"), ticket)
    stopped = plugin.fetch_ticket(ticket.ref.id)
    assert stopped.status.name == "In Progress"
    assert plugin.is_own_status(ticket.ref.id, stopped.status.id)
    assert not plugin.is_own_status(ticket.ref.id, ticket.status.id)


def test_what_somebody_set_since_is_not_the_bridges_own(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    assert not plugin.is_own_status(ticket.ref.id, ticket.status.id), "nobody has changed it yet"
    moved = plugin.update_ticket(ticket.ref.id, TicketChange(status="In Progress"), ticket)
    path = f"/rest/api/2/issue/{ticket.key}"
    site.call(seed.DEVELOPER, "PUT", path, {"fields": {"priority": {"name": "Low"}}})
    assert plugin.is_own_status(ticket.ref.id, moved.status.id), "a priority is no status"
    offered = site.call(seed.DEVELOPER, "GET", f"{path}/transitions")["transitions"]
    blocked = next(each for each in offered if each["to"]["name"] == "Blocked")
    site.call(seed.DEVELOPER, "POST", f"{path}/transitions", {"transition": {"id": blocked["id"]}})
    for status in (moved.status.id, blocked["to"]["id"]):
        assert not plugin.is_own_status(ticket.ref.id, status)


def test_an_answer_without_a_changelog_tells_nothing(site: Site, draft: TicketDraft) -> None:
    plugin = site.plugin()
    ticket = plugin.create_ticket(draft, KEY)
    site.fault(FaultKind.EMPTY_200, method="GET")
    with pytest.raises(UnreadableAnswer):
        plugin.is_own_status(ticket.ref.id, ticket.status.id)
    with pytest.raises(TicketNotFound):
        plugin.is_own_status("999999", ticket.status.id)

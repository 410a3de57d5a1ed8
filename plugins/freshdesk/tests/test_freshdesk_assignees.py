"""Who is assigned: an agent by id or address; somebody unknown changes nothing."""

from typing import Any

import pytest

from escalation_bridge import errors
from escalation_bridge.domain.tickets.tickets import UNASSIGNED, Ticket, TicketChange
from escalation_bridge_sandbox.freshdesk.state import seed


def id_of(desk: Any, agent: seed.SeedAgent) -> str:
    agents = desk.sandbox.helpdesk.desk.agents.values()
    return next(str(each.id) for each in agents if each.email == agent.email)


def test_an_agent_is_assigned_by_id_or_address_and_looked_up_once(desk: Any, ticket: Ticket) -> None:
    desk.promote()  # addresses are shown to administrators alone
    rina, budi = id_of(desk, seed.AGENT_RINA), id_of(desk, seed.AGENT_BUDI)
    for word, agent in ((rina, rina), (seed.AGENT_BUDI.email.upper(), budi), (rina, rina), (budi, budi)):
        ticket = desk.plugin.update_ticket(ticket.ref.id, TicketChange(assignee=word), ticket)
        assert ticket.assignee is not None
        assert ticket.assignee.id == agent
    desk.plugin.update_ticket(ticket.ref.id, TicketChange(assignee=seed.AGENT_BUDI.email), ticket)
    entries = desk.sandbox.journal.entries(user=seed.BRIDGE.email)
    assert sum(entry.path.endswith("/agents") for entry in entries) == 1


@pytest.mark.parametrize("word", ["4711", "nobody@warung.example", "Nobody", seed.CUSTOMER_SARI.email])
def test_an_assignee_who_is_nobody_is_told_and_nothing_is_changed(
    desk: Any, ticket: Ticket, word: str
) -> None:
    desk.promote()
    change = TicketChange(status="3", assignee=word, add_tags=("escalated",))
    with pytest.raises(errors.UnknownPerson):
        desk.plugin.update_ticket(ticket.ref.id, change, ticket)
    assert desk.plugin.fetch_ticket(ticket.ref.id) == ticket


def test_an_agent_who_is_added_meanwhile_is_found(desk: Any, ticket: Ticket) -> None:
    desk.promote()
    agents = desk.sandbox.helpdesk.desk.agents
    rina = agents.pop(int(id_of(desk, seed.AGENT_RINA)))
    ticks = [0.0]
    account = desk.plugin._account
    account._ticks = lambda: ticks[0]
    change = TicketChange(assignee=rina.email)
    with pytest.raises(errors.UnknownPerson, match=rina.email):
        desk.plugin.update_ticket(ticket.ref.id, change, ticket)
    agents[rina.id] = rina
    with pytest.raises(errors.UnknownPerson):
        desk.plugin.update_ticket(ticket.ref.id, change, ticket)
    ticks[0] += 31
    assert desk.plugin.update_ticket(ticket.ref.id, change, ticket).assignee.id == str(rina.id)


def test_who_cannot_be_looked_up_does_not_stop_the_case(desk: Any, ticket: Ticket) -> None:
    with pytest.raises(errors.UnknownPerson, match="is not shown") as unknown:
        desk.plugin.update_ticket(ticket.ref.id, TicketChange(assignee=seed.AGENT_RINA.email), ticket)
    assert "Administrator" in unknown.value.advice


def test_an_agent_outside_of_the_group_is_unknown_there(desk: Any, ticket: Ticket) -> None:
    change = TicketChange(
        status="3", assignee=id_of(desk, seed.AGENT_BUDI), group=seed.GROUP_ESCALATIONS, add_tags=("x",)
    )
    with pytest.raises(errors.UnknownPerson, match="not a member"):
        desk.plugin.update_ticket(ticket.ref.id, change, ticket)
    assert desk.plugin.fetch_ticket(ticket.ref.id) == ticket


def test_an_agent_is_looked_up_for_who_checks_a_configuration(desk: Any) -> None:
    rina = id_of(desk, seed.AGENT_RINA)
    assert desk.plugin.find_assignee(rina, {}).id == rina
    with pytest.raises(errors.PermissionDenied):
        desk.plugin.find_assignee(seed.AGENT_RINA.email, {})
    with pytest.raises(errors.Rejected, match="no agent of the ticket form has the id 4711"):
        desk.plugin.find_assignee("4711", {})
    desk.promote()
    assert desk.plugin.find_assignee(seed.AGENT_RINA.email, {}).id == rina
    with pytest.raises(errors.UnknownPerson):
        desk.plugin.find_assignee(seed.CUSTOMER_SARI.email, {})


def test_an_assignee_is_taken_away(desk: Any, ticket: Ticket) -> None:
    rina = TicketChange(assignee=id_of(desk, seed.AGENT_RINA))
    assigned = desk.plugin.update_ticket(ticket.ref.id, rina, ticket)
    assert assigned.assignee is not None
    free = desk.plugin.update_ticket(ticket.ref.id, TicketChange(assignee=UNASSIGNED), assigned)
    assert free.assignee is None

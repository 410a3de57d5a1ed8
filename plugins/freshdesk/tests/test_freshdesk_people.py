"""Who asks, who answers and when things happened, at the stand-in."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.sla.events import opened
from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.domain.tickets.who_asks import who_opened
from escalation_bridge_sandbox.freshdesk.state import seed


def roles(desk, ticket_id):
    ticket = desk.plugin.fetch_ticket(ticket_id)
    return [who_spoke(said, [], ticket) for said in desk.plugin.fetch_comments(ticket_id, None)]


def test_what_came_in_is_no_answer_whoever_wrote_it(desk):
    ticket_id = desk.customer_writes(subject="VPN", body="It is down.")
    rina = next(
        agent for agent in desk.sandbox.helpdesk.desk.agents.values() if agent.email == seed.AGENT_RINA.email
    )
    desk.agent(
        "POST",
        f"/tickets/{ticket_id}/notes",
        {"body": "Still waiting.", "private": False, "incoming": True, "user_id": rina.id},
    )
    desk.agent("POST", f"/tickets/{ticket_id}/reply", {"body": "We look into it."})
    assert roles(desk, ticket_id) == [Role.CUSTOMER, Role.AGENT]


def test_the_answer_of_an_agent_who_has_left_counts(desk):
    ticket_id = desk.customer_writes(subject="VPN", body="It is down.")
    desk.agent("POST", f"/tickets/{ticket_id}/reply", {"body": "We look into it."})
    agents = desk.sandbox.helpdesk.desk.agents
    for agent in tuple(agents.values()):
        if agent.email == seed.AGENT_RINA.email:
            del agents[agent.id]
    assert roles(desk, ticket_id) == [Role.AGENT]


@pytest.mark.parametrize(("source", "by"), [(3, Role.AGENT), (1, Role.CUSTOMER)])
def test_who_opened_it(desk, source, by):
    sample = {"subject": "Call", "description": "She called.", "email": seed.CUSTOMER_SARI.email}
    made = desk.agent("POST", "/tickets", {**sample, "source": source, "priority": 1, "status": 2})
    ticket = desk.plugin.fetch_ticket(str(made["id"]))
    assert who_opened(ticket) is by
    assert opened(ticket).public


def test_the_statistics_tell_when_it_was_solved(desk):
    ticket_id = desk.customer_writes(subject="VPN", body="It is down.")
    born = desk.plugin.fetch_ticket(ticket_id).created_at
    solving = {"status": 4, "custom_fields": {seed.FIELD_ROOT_CAUSE: seed.ROOT_CAUSES[0]}}
    desk.agent("PUT", f"/tickets/{ticket_id}", solving)
    desk.sandbox.clock.advance(4 * 86_400)
    desk.agent("PUT", f"/tickets/{ticket_id}", {"status": 5})
    solved, closed = desk.plugin.fetch_status_changes(ticket_id, born)
    assert (solved.status.kind, closed.status.kind) == (StatusKind.SOLVED, StatusKind.CLOSED)
    assert solved.at - born < timedelta(seconds=30)
    assert closed.at - solved.at >= timedelta(days=4)


def test_the_beginning_of_a_pause_is_exact(desk):
    ticket_id = desk.customer_writes(subject="VPN", body="It is down.")
    born = desk.plugin.fetch_ticket(ticket_id).created_at
    desk.agent("PUT", f"/tickets/{ticket_id}", {"status": 3})
    desk.sandbox.clock.advance(22)
    desk.agent("PUT", f"/tickets/{ticket_id}", {"priority": 4})
    (paused,) = desk.plugin.fetch_status_changes(ticket_id, born)
    touched = desk.plugin.fetch_ticket(ticket_id).updated_at
    assert paused.status.kind is StatusKind.WAITING_CUSTOMER
    assert touched - paused.at >= timedelta(seconds=21)

"""Who asks, who answers and when things happened, at the stand-in: CC, agents who have left, audits."""

from datetime import timedelta

import pytest
import requests

from escalation_bridge.domain.sla.events import opened
from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.domain.tickets.who_asks import who_opened
from escalation_bridge_sandbox.zendesk.state import seed


@pytest.fixture
def user(running, sandbox):
    """What an admin does to a user."""

    def change(who, **what):
        response = requests.put(f"{running.url}/_sandbox/users/{who.id}", json=what, timeout=5)
        assert response.ok, response.text

    return change


def roles(plugin, ticket_id):
    ticket = plugin.fetch_ticket(ticket_id)
    said = plugin.fetch_comments(ticket_id, None)
    return [who_spoke(comment, [], ticket) for comment in said]


def says(act, ticket_id, who, text="We look into it.", public=True, **more):
    act(
        "PUT",
        f"/tickets/{ticket_id}",
        as_user=who.email,
        ticket={"comment": {"body": text, "public": public}, **more},
    )


def test_a_requester_with_an_agents_seat_asks(connected, act):
    made = act(
        "POST", "/tickets", as_user=seed.AGENT_SARI.email, ticket={"subject": "VPN", "comment": {"body": "?"}}
    )
    ticket_id = str(made["ticket"]["id"])
    says(act, ticket_id, seed.AGENT_SARI, "Anybody there?")
    says(act, ticket_id, seed.ADMIN)
    ticket = connected.fetch_ticket(ticket_id)
    assert who_opened(ticket) is Role.CUSTOMER
    assert roles(connected, ticket_id) == [Role.CUSTOMER, Role.AGENT]


def test_what_an_agent_writes_down_is_the_agents(connected, act):
    made = act(
        "POST",
        "/tickets",
        ticket={"subject": "Call", "comment": {"body": "She called."}, "requester_id": seed.CUSTOMER_DEWI.id},
    )
    event = opened(connected.fetch_ticket(str(made["ticket"]["id"])))
    assert (event.by, event.public) == (Role.AGENT, True)


def test_an_agent_on_cc_takes_part_unless_it_is_his_ticket(connected, writes, act):
    ticket_id = writes()
    act(
        "PUT",
        f"/tickets/{ticket_id}",
        as_user=seed.ADMIN.email,
        ticket={"collaborator_ids": [seed.AGENT_SARI.id]},
    )
    says(act, ticket_id, seed.AGENT_SARI, "Same here.")
    assert roles(connected, ticket_id) == [Role.CUSTOMER]
    act("PUT", f"/tickets/{ticket_id}", as_user=seed.ADMIN.email, ticket={"assignee_id": seed.AGENT_SARI.id})
    assert roles(connected, ticket_id) == [Role.AGENT]


@pytest.mark.parametrize("left", [{"role": "end-user"}, {"role": "end-user", "active": False}])
def test_an_agent_who_has_left_answered_as_an_agent(connected, writes, act, user, left):
    ticket_id = writes()
    says(act, ticket_id, seed.AGENT_SARI)
    user(seed.AGENT_SARI, **left)
    assert roles(connected, ticket_id) == [Role.AGENT]


def test_an_agent_who_has_left_is_known_by_what_only_agents_do(connected, writes, act, user):
    """The second answer fulfils no reply time; that the ticket was hers tells."""
    ticket_id = writes()
    says(act, ticket_id, seed.ADMIN)
    says(act, ticket_id, seed.AGENT_SARI, assignee_id=seed.AGENT_SARI.id)
    user(seed.AGENT_SARI, role="end-user")
    assert roles(connected, ticket_id) == [Role.AGENT, Role.AGENT]


def test_a_customers_colleague_is_not_taken_for_an_agent_who_left(connected, writes, act):
    ticket_id = writes()
    writes(ticket_id=int(ticket_id), email="colleague@customer.example", body="Same here.")
    assert roles(connected, ticket_id) == [Role.CUSTOMER]
    says(act, ticket_id, seed.AGENT_SARI)  # perhaps within the same second
    assert roles(connected, ticket_id) == [Role.CUSTOMER, Role.AGENT]


def test_the_audits_tell_when_a_status_changed(connected, writes, act, sandbox, running):
    ticket_id = writes()
    born = connected.fetch_ticket(ticket_id)
    act("PUT", f"/tickets/{ticket_id}", ticket={"status": "pending"})
    sandbox.clock.advance(37)
    act("PUT", f"/tickets/{ticket_id}", ticket={"status": "solved", "assignee_id": seed.AGENT_SARI.id})
    sandbox.clock.advance(4 * 86_400)
    requests.post(f"{running.url}/_sandbox/close", json={"ticket_id": int(ticket_id)}, timeout=5)
    ticket = connected.fetch_ticket(ticket_id)
    changes = connected.fetch_status_changes(ticket_id, born.created_at)
    assert [change.status.kind for change in changes][-3:] == [
        StatusKind.WAITING_CUSTOMER,
        StatusKind.SOLVED,
        StatusKind.CLOSED,
    ]
    pending, solved, closed = (change.at for change in changes[-3:])
    assert solved - pending - timedelta(seconds=37) < timedelta(seconds=5)
    assert closed - solved >= timedelta(days=4)
    assert ticket.status_since == closed


def test_zendesks_own_clocks_stand_beside_the_bridges(connected, writes, act, running):
    targets = {"first_reply_time": 60, "requester_wait_time": 480}
    assert requests.put(f"{running.url}/_sandbox/sla", json=targets, timeout=5).ok
    ticket_id = writes()
    born = connected.fetch_ticket(ticket_id).created_at
    dues = {clock.name: clock.due for clock in connected.native_clocks(ticket_id)}
    assert dues["first_reply_time"] == born + timedelta(minutes=60)
    assert abs(dues["requester_wait_time"] - born - timedelta(minutes=480)) <= timedelta(seconds=1)
    says(act, ticket_id, seed.AGENT_SARI)
    dues = {clock.name: clock.due for clock in connected.native_clocks(ticket_id)}
    assert dues["first_reply_time"] is None

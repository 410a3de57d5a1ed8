"""A person whom the other helpdesk refuses does not cost the escalation."""

import pytest

from escalation_bridge.domain.tickets.tickets import Priority
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

DEWI = zendesk.CUSTOMER_DEWI


def escalated(pair):
    pair.hear()
    pair.later(minutes=61)
    return pair.linked()


def requester_of(ticket):
    return ticket.requester and ticket.requester.id


def names_the_customer(ticket, pair, *words):
    for word in words:
        assert word in ticket.description.text
    return any("The ticket was created without" in line for line in pair.timeline())


@pytest.mark.parametrize("how", [{"suspended": True}, {"suspended": True, "role": "agent"}])
def test_a_suspended_requester_at_zendesk(make_pair, how):
    pair = make_pair("freshdesk", "zendesk")
    pair.inbound(
        **{"from": {"email": DEWI.email, "name": "Dewi"}, "subject": "Lost", "body": "My order is lost."}
    )
    pair.call("engineering", "PUT", f"/_sandbox/users/{DEWI.id}", json=how)
    ticket = escalated(pair)
    assert requester_of(ticket) == str(zendesk.BRIDGE.id)
    assert names_the_customer(ticket, pair, "Dewi", DEWI.email, "is suspended")


@pytest.mark.parametrize("address", ["nobody at all", "@", "a b@example.com"])
def test_an_address_that_zendesk_finds_invalid(make_pair, address):
    pair = make_pair("freshdesk", "zendesk")
    pair.inbound(
        **{"from": {"email": "tono@example.com", "name": "Tono"}, "subject": "Lost", "body": "Lost."}
    )
    contact = pair.call("support", "GET", "/_sandbox/people")["contacts"][-1]
    pair.call("support", "PUT", f"/_sandbox/contacts/{contact['id']}", json={"email": address})
    ticket = escalated(pair)
    assert requester_of(ticket) == str(zendesk.BRIDGE.id)
    assert names_the_customer(ticket, pair, "Tono", "not properly formatted")


@pytest.mark.parametrize("named", [{"assignee_email": "gone@example.com"}, {"submitter_id": 17}])
def test_others_whom_a_route_names_at_zendesk(make_pair, named):
    pair = make_pair("freshdesk", "zendesk", fields=named)
    pair.inbound(
        **{"from": {"email": "tono@example.com", "name": "Tono"}, "subject": "Lost", "body": "Lost."}
    )
    ticket = escalated(pair)
    assert ticket.requester.email == "tono@example.com"
    assert names_the_customer(ticket, pair, "is invalid")


def at_freshdesk(pair):
    return pair.call("engineering", "GET", "/_sandbox/people")


@pytest.mark.parametrize("state", ["blocked", "deleted"])
def test_a_contact_that_freshdesk_refuses(make_pair, state):
    pair = make_pair("zendesk", "freshdesk")
    pair.inbound(email=freshdesk.CUSTOMER_AGUS.email, name="Agus", body="My order is lost.")
    contact = next(c for c in at_freshdesk(pair)["contacts"] if c["email"] == freshdesk.CUSTOMER_AGUS.email)
    if state == "blocked":
        pair.call("engineering", "PUT", f"/_sandbox/contacts/{contact['id']}", json={"blocked": True})
    else:
        login = (freshdesk.ADMIN.api_key, "X")
        pair.call("engineering", "DELETE", f"/api/v2/contacts/{contact['id']}", auth=login)
    ticket = escalated(pair)
    bridge = next(a for a in at_freshdesk(pair)["agents"] if a["email"] == freshdesk.BRIDGE.email)
    assert requester_of(ticket) == str(bridge["id"])
    assert names_the_customer(ticket, pair, "Agus", freshdesk.CUSTOMER_AGUS.email, state)


def test_a_configured_requester_is_never_replaced_by_the_customer(make_pair):
    pair = make_pair("zendesk", "freshdesk", settings={"requester_email": freshdesk.CUSTOMER_SARI.email})
    pair.inbound(email="tono@example.com", name="Tono", body="My order is lost.")
    sari = next(c for c in at_freshdesk(pair)["contacts"] if c["email"] == freshdesk.CUSTOMER_SARI.email)
    pair.call("engineering", "PUT", f"/_sandbox/contacts/{sari['id']}", json={"blocked": True})
    ticket = escalated(pair)
    bridge = next(a for a in at_freshdesk(pair)["agents"] if a["email"] == freshdesk.BRIDGE.email)
    assert requester_of(ticket) == str(bridge["id"])
    assert names_the_customer(ticket, pair, "requester_email")


@pytest.mark.parametrize("agent", ["Nobody", "nobody@example.com", "999"])
def test_an_agent_whom_a_route_names_at_freshdesk(make_pair, agent):
    pair = make_pair("zendesk", "freshdesk", fields={"agent": agent, "group": freshdesk.GROUP_SUPPORT})
    pair.inbound(email="tono@example.com", name="Tono", body="My order is lost.")
    ticket = escalated(pair)
    assert ticket.assignee is None
    assert names_the_customer(ticket, pair, f"agent: {agent}")


ON_BEHALF = {"project": "HELP", "request_type": "Get help"}


@pytest.mark.parametrize("named", ["requester", jira.CUSTOMER.email])
def test_a_customer_whom_the_service_desk_refuses(make_pair, named):
    pair = make_pair("zendesk", "jira", fields={**ON_BEHALF, "raise_on_behalf_of": named})
    pair.inbound(email=jira.CUSTOMER.email, name="Sari", body="My order is lost.")
    pair.call("engineering", "PUT", f"/_sandbox/users/{jira.CUSTOMER.name}", json={"active": False})
    ticket = escalated(pair)
    assert requester_of(ticket) == jira.BRIDGE.account_id
    assert names_the_customer(ticket, pair, "Sari" if named == "requester" else named, "no customer")


def test_a_configured_customer_whom_nobody_knows(make_pair):
    pair = make_pair("zendesk", "jira", fields={**ON_BEHALF, "raise_on_behalf_of": "gone@example.com"})
    pair.inbound(email="tono@example.com", name="Tono", body="My order is lost.")
    assert names_the_customer(escalated(pair), pair, "raise_on_behalf_of: gone@example.com")


@pytest.mark.parametrize("field", ["assignee", "reporter"])
def test_people_in_the_fields_of_an_issue(make_pair, field):
    pair = make_pair("zendesk", "jira", fields={"fields": {field: jira.OTHER_DEVELOPER.account_id}})
    pair.inbound(email="tono@example.com", name="Tono", body="My order is lost.")
    pair.call("engineering", "PUT", f"/_sandbox/users/{jira.OTHER_DEVELOPER.name}", json={"active": False})
    ticket = escalated(pair)
    assert names_the_customer(ticket, pair, f"{field}: {jira.OTHER_DEVELOPER.account_id}")
    assert requester_of(ticket) == jira.BRIDGE.account_id


def test_what_is_refused_for_another_reason_is_not_taken_for_a_person(make_pair):
    pair = make_pair("freshdesk", "zendesk", fields={"group_id": 1})
    pair.inbound(**{"from": {"email": "tono@example.com"}, "subject": "Lost", "body": "Lost.", "priority": 2})
    pair.hear()
    pair.later(minutes=61)
    assert pair.view().links == ()
    assert any("group" in line.lower() for line in pair.timeline())
    assert pair.view().tickets[pair.view().origin].priority is Priority.NORMAL


@pytest.mark.parametrize("fault", ["drop_connection", "timeout_after_write"])
def test_a_ticket_without_a_person_is_created_once_where_the_answer_was_lost(make_pair, fault):
    pair = make_pair("freshdesk", "zendesk")
    pair.inbound(**{"from": {"email": DEWI.email, "name": "Dewi"}, "subject": "Lost", "body": "Lost."})
    pair.call("engineering", "PUT", f"/_sandbox/users/{DEWI.id}", json={"suspended": True})
    lost = {"kind": fault, "method": "POST", "path": "/tickets$", "skip": 1, "seconds": 0.1}
    pair.call("engineering", "POST", "/_sandbox/faults", json=lost)
    pair.hear()
    pair.later(minutes=61)
    for _ in range(3):
        pair.later(seconds=30)
    made = pair.servers["engineering"].vendor.state.tickets.values()
    assert [ticket.requester_id for ticket in made] == [zendesk.BRIDGE.id]
    assert "is suspended" in pair.linked().description.text

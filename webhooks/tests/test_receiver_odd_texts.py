"""A signed webhook may hold any text: it is routed or set aside, and it never keeps another one waiting."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.engine import routing
from escalation_bridge.engine.routing import route_deliveries
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.queue import claims

HALF = "\ud83d"
ODD = [
    pytest.param(f"subject {HALF}", id="half a surrogate pair"),
    pytest.param("\udc00", id="the other half alone"),
    pytest.param(f"{HALF} \x00", id="both"),
    pytest.param("Printer\x00 on fire", id="nul"),
    pytest.param("x" * 5000, id="long"),
    pytest.param("🔥" * 64, id="longer in bytes than in characters"),
]


def post(receiver, connection, body):
    """A signed webhook with this JSON body; a text goes as it is."""
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    match connection:
        case "support":
            headers = receiver.zendesk(raw)
        case "dev":
            headers = receiver.jira(raw)
        case _:
            headers = receiver.freshdesk()
    return receiver.post(connection, raw, headers).status_code


def route_all(receiver, hours=1):
    """Route until nothing is left, letting time pass; every try is a bounded one."""
    with receiver.bridge.database.read() as transaction:
        assert claims.work_is_due(transaction, receiver.clock())
    for _ in range(20):
        route_deliveries(receiver.bridge)
        receiver.clock.at += timedelta(hours=hours)
    return [row.state for row in receiver.rows()]


@pytest.mark.parametrize("text", ODD)
def test_odd_names_of_events_stop_nothing(any_receiver, text):
    receiver = any_receiver
    moment = int(receiver.clock.at.timestamp() * 1000)
    assert post(receiver, "support", {"ticket_id": 35, "event": text}) == 202
    assert post(receiver, "support", {"ticket_id": 36, "trigger": text, "subject": text}) == 202
    issue = {"id": "10040", "key": text, "fields": {"summary": text}}
    event = {"timestamp": moment, "webhookEvent": "jira:issue_updated", "issue": issue}
    assert post(receiver, "dev", event | {"issue_event_type_name": text}) == 202
    assert post(receiver, "shop", {"freshdesk_webhook": {"ticket_id": 7, "ticket_subject": text[:50]}}) == 202
    assert post(receiver, "support", {"ticket_id": 99}) == 202
    assert set(route_all(receiver)) <= {"routed", "ignored"}


ANY_TEXT = st.text(st.characters(codec=None), max_size=80)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(event=ANY_JSON, ticket=ANY_JSON, more=ANY_JSON)
def test_whatever_a_body_holds_the_next_one_is_routed(any_receiver, event, ticket, more):
    receiver = any_receiver
    receiver.empty()
    post(receiver, "support", {"ticket_id": ticket, "event": event, "detail": more})
    sent = {"timestamp": int(receiver.clock.at.timestamp() * 1000), "issue": {"id": ticket, "key": more}}
    post(receiver, "dev", {**sent, "webhookEvent": "jira:issue_updated", "issue_event_type_name": event})
    post(receiver, "dev", {**sent, "webhookEvent": event})
    post(receiver, "support", {"ticket_id": 99, "event": "next"})
    while route_deliveries(receiver.bridge):
        receiver.clock.at += timedelta(hours=1)
    states = [row.state for row in receiver.rows()]
    assert states[-1] in ("routed", "ignored")
    assert "stored" not in states


def test_one_that_cannot_be_routed_is_set_aside_and_the_others_go_on(any_receiver, monkeypatch):
    receiver = any_receiver
    really = case_tickets.mark_stale

    def refuse(transaction, *tickets):
        if any(ticket.id == "35" for ticket in tickets):
            raise ValueError("nobody foresaw this \x00\ud83d")
        return really(transaction, *tickets)

    monkeypatch.setattr(case_tickets, "mark_stale", refuse)
    monkeypatch.setattr(routing, "DELIVERIES_AT_ONCE", 10)
    for ticket in (34, 35, 36):
        assert post(receiver, "support", {"ticket_id": ticket}) == 202
    assert route_deliveries(receiver.bridge) == 3
    first, poison, last = receiver.rows()
    assert {first.state, last.state} == {"ignored"}
    assert (poison.state, poison.attempts) == ("stored", 1)
    assert "nobody foresaw this" in poison.outcome
    # It is not due at once: new ones do not wait behind it, and the worker does not spin.
    assert route_deliveries(receiver.bridge) == 0
    for _ in range(12):
        assert post(receiver, "support", {"ticket_id": 40}) == 202
    assert route_deliveries(receiver.bridge) == 10
    assert route_all(receiver)[:3] == ["ignored", "set_aside", "ignored"]
    assert receiver.rows()[1].attempts == 4
    with receiver.bridge.database.read() as transaction:
        assert not claims.work_is_due(transaction, receiver.clock())

"""Changes: only what is needed is written, nobody is overwritten, and what was not applied is noticed."""

import json
from collections.abc import Callable

import pytest
import responses
from responses import matchers

from escalation_bridge.domain.tickets.tickets import Priority, Ticket, TicketChange
from escalation_bridge.errors import (
    ConcurrentChange,
    NotApplied,
    RateLimited,
    Rejected,
    TicketClosed,
)
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
TICKET = f"{API}/tickets/35"
CLOSED = {"description": "Status: closed prevents ticket update"}

USERS = [
    {"id": 501, "name": "Agent One", "email": "one@acme.example", "role": "agent"},
    {"id": 502, "name": "Agent Two", "email": "two@acme.example", "role": "agent"},
]

Json = dict[str, object]
Make = Callable[..., Json]
Read = Callable[..., Ticket]


@pytest.fixture
def wire(zendesk: responses.RequestsMock) -> responses.RequestsMock:
    zendesk.get(f"{API}/custom_statuses", status=403, json={})
    zendesk.get(f"{TICKET}/comments", json={"comments": []})
    for user in USERS:
        found = [matchers.query_param_matcher({"ids": str(user["id"])})]
        zendesk.get(f"{API}/users/show_many", match=found, json={"users": [user]})
        named = [matchers.query_param_matcher({"query": f'email:"{user["email"]}"'})]
        zendesk.get(f"{API}/users/search", match=named, json={"users": [user]})
    zendesk.get(
        f"{API}/groups", json={"groups": [{"id": 21, "name": "Support"}, {"id": 22, "name": "Tier 2"}]}
    )
    return zendesk


@pytest.fixture
def reads(plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make, beside: Json) -> Read:
    """Reads the ticket once as it was when the change was decided."""

    def read(**members: object) -> Ticket:
        once = wire.get(TICKET, json={"ticket": raw_ticket(**members), **beside})
        ticket = plugin.fetch_ticket("35")
        wire.remove(once)
        return ticket

    return read


def next_reads(wire: responses.RequestsMock, *tickets: Json) -> None:
    for ticket in tickets:
        wire.get(TICKET, json=ticket)


def written(call: responses.Call) -> object:
    return json.loads(call.request.body or b"{}")


def test_all_properties_go_in_one_update_under_protection_and_tags_one_by_one(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make, beside: Json
) -> None:
    expected = reads(tags=["printer", "wait"])
    next_reads(
        wire,
        {"ticket": raw_ticket(tags=["printer", "wait"]), **beside},
        {
            "ticket": raw_ticket(
                status="pending",
                priority="urgent",
                group_id=22,
                assignee_id=502,
                custom_fields=[{"id": 360001, "value": "7"}],
                tags=["escalated", "printer"],
            ),
            **beside,
        },
    )
    put = wire.put(TICKET, json={"ticket": {}, "audit": {}})
    add = wire.put(f"{TICKET}/tags", json={"tags": []})
    remove = wire.delete(f"{TICKET}/tags", json={"tags": []})
    change = TicketChange(
        status="waiting_customer",
        priority=Priority.URGENT,
        assignee="502",
        group="tier 2",
        add_tags=("Escalated", "printer"),
        remove_tags=("wait", "never-there"),
        fields={"360001": 7},
    )
    after = plugin.update_ticket("35", change, expected)
    assert after.priority is Priority.URGENT
    assert written(put.calls[0]) == {
        "ticket": {
            "status": "pending",
            "priority": "urgent",
            "group_id": 22,
            "assignee_id": 502,
            "custom_fields": [{"id": 360001, "value": 7}],
            "safe_update": True,
            "updated_stamp": "2026-03-02T08:30:00Z",
        }
    }
    assert written(add.calls[0]) == {"tags": ["escalated"]}
    assert written(remove.calls[0]) == {"tags": ["wait"]}


def test_what_is_as_wanted_already_is_not_written(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make, beside: Json
) -> None:
    expected = reads(status="new", priority=None)
    next_reads(wire, {"ticket": raw_ticket(status="open", priority="high"), **beside})
    change = TicketChange(
        status="open",
        priority=Priority.HIGH,
        assignee="One@acme.example",
        group="21",
        add_tags=("printer",),
        remove_tags=("wait",),
        fields={"360001": "B-7", "360002": None},
    )
    assert plugin.update_ticket("35", change, expected).priority is Priority.HIGH


@pytest.mark.parametrize(
    ("change", "now", "named"),
    [
        (TicketChange(status="solved"), {"status": "pending"}, "status"),
        (TicketChange(priority=Priority.URGENT), {"priority": "low"}, "priority"),
        (TicketChange(assignee="502"), {"assignee_id": None}, "assignee"),
        (TicketChange(group="22"), {"group_id": None}, "group"),
        (TicketChange(fields={"360001": "new"}), {"custom_fields": []}, "field 360001"),
    ],
)
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    plugin: ZendeskPlugin,
    wire: responses.RequestsMock,
    reads: Read,
    raw_ticket: Make,
    change: TicketChange,
    now: Json,
    named: str,
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket(**now)})
    with pytest.raises(ConcurrentChange, match=named):
        plugin.update_ticket("35", change, expected)


def test_a_change_of_another_property_does_not_matter(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads()
    next_reads(
        wire,
        {"ticket": raw_ticket(status="pending", tags=["vip"])},
        {"ticket": raw_ticket(status="pending", priority="high")},
    )
    put = wire.put(TICKET, json={})
    plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), expected)
    assert put.call_count == 1


def test_zendesks_own_protection_against_lost_updates(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket()})
    wire.put(
        TICKET,
        status=409,
        json={"error": "UpdateConflict", "description": "Safe Update prevented the update"},
    )
    with pytest.raises(ConcurrentChange, match="UpdateConflict") as conflict:
        plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), expected)
    assert conflict.value.can_retry


def test_a_yes_that_changed_nothing_is_noticed(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket()}, {"ticket": raw_ticket(tags=[])})
    wire.put(TICKET, json={})
    wire.put(f"{TICKET}/tags", json={})
    with pytest.raises(NotApplied, match="status, tag vip"):
        plugin.update_ticket("35", TicketChange(status="solved", add_tags=("vip",)), expected)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "RecordInvalid", "details": {"status": [CLOSED]}},
        {"error": "RecordInvalid", "details": {"base": [CLOSED | {"error": "ClosedTicket"}]}},
        {"error": "RecordInvalid", "details": {"base": [{"description": "x", "error": "ClosedTicket"}]}},
    ],
)
def test_a_closed_ticket_says_so(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make, answer: Json
) -> None:
    expected = reads(status="closed")
    next_reads(wire, {"ticket": raw_ticket(status="closed")}, {"ticket": raw_ticket(status="closed")})
    wire.put(TICKET, status=422, json=answer)
    with pytest.raises(TicketClosed):
        plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), expected)
    wire.put(f"{TICKET}/tags", status=422, json=answer)
    with pytest.raises(TicketClosed):
        plugin.update_ticket("35", TicketChange(add_tags=("vip",)), expected)


def test_solving_without_an_assignee_is_explained(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads(assignee_id=None)
    next_reads(wire, {"ticket": raw_ticket(assignee_id=None)})
    wire.put(
        TICKET,
        status=422,
        json={
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": {"base": [{"description": "Assignee: is required when solving a ticket"}]},
        },
    )
    with pytest.raises(Rejected, match="Assignee: is required when solving a ticket") as refusal:
        plugin.update_ticket("35", TicketChange(status="solved"), expected)
    assert "assignee" in refusal.value.advice
    assert refusal.value.at.status == 422


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (TicketChange(status="done"), "no status 'done'; it has New"),
        (TicketChange(status="closed"), "ask for solved"),
        (TicketChange(group="Tier 9"), "no group 'Tier 9'; it has Support, Tier 2"),
        (TicketChange(assignee="somebody"), "neither the id nor the e-mail address of an agent"),
        (TicketChange(fields={"building": "B"}), "'building' is no custom field's id"),
    ],
)
def test_a_word_that_the_account_has_not_is_refused_with_what_it_has(
    plugin: ZendeskPlugin,
    wire: responses.RequestsMock,
    reads: Read,
    raw_ticket: Make,
    change: TicketChange,
    message: str,
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket()})
    with pytest.raises(Rejected, match=message):
        plugin.update_ticket("35", change, expected)


def test_a_custom_status_is_written_with_its_category(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, raw_ticket: Make
) -> None:
    zendesk.get(
        f"{API}/custom_statuses",
        json={
            "custom_statuses": [
                {"id": 2, "status_category": "open", "agent_label": "Open", "default": True},
                {"id": 7, "status_category": "hold", "agent_label": "With engineering", "default": False},
            ]
        },
    )
    zendesk.get(f"{TICKET}/comments", json={"comments": []})
    next_reads(
        zendesk,
        {"ticket": raw_ticket(custom_status_id=2)},
        {"ticket": raw_ticket(custom_status_id=2)},
        {"ticket": raw_ticket(status="hold", custom_status_id=7)},
    )
    put = zendesk.put(TICKET, json={})
    expected = plugin.fetch_ticket("35")
    after = plugin.update_ticket("35", TicketChange(status="with engineering"), expected)
    assert after.status.name == "With engineering"
    assert written(put.calls[0]) == {
        "ticket": {
            "status": "hold",
            "custom_status_id": 7,
            "safe_update": True,
            "updated_stamp": "2026-03-02T08:30:00Z",
        }
    }


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        (TicketChange(add_tags=("vip",)), [("PUT", "2026-03-02T08:30:00Z")]),
        (TicketChange(remove_tags=("printer",)), [("DELETE", "2026-03-02T08:30:00Z")]),
        (
            TicketChange(add_tags=("vip",), remove_tags=("printer",)),
            [("PUT", "2026-03-02T08:30:00Z"), ("DELETE", None)],
        ),
        (TicketChange(priority=Priority.HIGH, add_tags=("vip",)), [("PUT", "2026-03-02T09:00:07Z")]),
    ],
    ids=["add", "remove", "both", "after an update"],
)
def test_tags_are_written_under_protection_as_far_as_the_stamp_is_known(
    plugin: ZendeskPlugin,
    wire: responses.RequestsMock,
    reads: Read,
    raw_ticket: Make,
    change: TicketChange,
    calls: list[tuple[str, str | None]],
) -> None:
    expected = reads()
    after = raw_ticket(priority="high" if change.priority else "normal", tags=["vip"])
    if not change.remove_tags:
        after["tags"] = ["printer", "vip"]
    if not change.add_tags:
        after["tags"] = []
    next_reads(wire, {"ticket": raw_ticket()}, {"ticket": after})
    wire.put(TICKET, json={"ticket": {"id": 35, "updated_at": "2026-03-02T09:00:07Z"}, "audit": {}})
    wire.put(f"{TICKET}/tags", json={})
    wire.delete(f"{TICKET}/tags", json={})
    plugin.update_ticket("35", change, expected)
    sent = [call.request for call in wire.calls if str(call.request.url).endswith("/tags")]
    bodies = [json.loads(request.body or b"{}") for request in sent]
    assert [(r.method, b.get("updated_stamp")) for r, b in zip(sent, bodies, strict=True)] == calls
    assert all((body.get("safe_update") == "true") is ("updated_stamp" in body) for body in bodies)


def test_tags_that_somebody_else_changed_meanwhile_are_decided_anew(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket()})
    wire.put(f"{TICKET}/tags", status=409, json={"error": "UpdateConflict", "description": "outdated"})
    with pytest.raises(ConcurrentChange):
        plugin.update_ticket("35", TicketChange(add_tags=("vip",)), expected)


def test_a_closed_ticket_comes_with_the_advice_to_follow_up(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket()})
    wire.put(TICKET, status=422, json={"error": "RecordInvalid", "details": {"status": [CLOSED]}})
    with pytest.raises(TicketClosed) as closed:
        plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), expected)
    assert "follow_up_of" in closed.value.advice


def test_a_ticket_that_was_updated_too_often_is_left_until_zendesk_takes_it_again(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, reads: Read, raw_ticket: Make
) -> None:
    expected = reads()
    next_reads(wire, {"ticket": raw_ticket()})
    put = wire.put(TICKET, status=429, headers={"Retry-After": "468"}, json={"error": "TooManyRequests"})
    with pytest.raises(RateLimited) as limited:
        plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), expected)
    assert (limited.value.at.retry_after, put.call_count) == (468, 1)

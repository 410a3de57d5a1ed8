"""Who is assigned: an agent by id or address, looked up before anything is written."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import responses
from responses import matchers

from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange
from escalation_bridge.errors import UnknownPerson
from escalation_bridge_zendesk.plugin import ZendeskPlugin

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
API = "https://acme.zendesk.com/api/v2"
TICKET = f"{API}/tickets/35"
USERS = [
    {"id": 501, "name": "Agent One", "email": "one@acme.example", "role": "agent", "role_type": 0},
    {"id": 502, "name": "Agent Two", "email": "two@acme.example", "role": "admin", "role_type": 4},
    {"id": 503, "name": "Light", "email": "light@acme.example", "role": "agent", "role_type": 1},
    {"id": 504, "name": "Left", "email": "left@acme.example", "role": "agent", "suspended": True},
    {"id": 505, "name": "Gone", "email": "gone@acme.example", "role": "agent", "active": False},
    {"id": 701, "name": "Sari", "email": "sari@customer.example", "role": "end-user"},
]

Json = dict[str, object]
Make = Callable[..., Json]


@pytest.fixture
def wire(zendesk: responses.RequestsMock) -> responses.RequestsMock:
    zendesk.get(f"{API}/custom_statuses", status=403, json={})
    zendesk.get(f"{TICKET}/comments", json={"comments": []})
    zendesk.get(f"{API}/groups", json={"groups": [{"id": 22, "name": "Tier 2"}]})
    for user in USERS:
        found = [matchers.query_param_matcher({"ids": str(user["id"])})]
        zendesk.get(f"{API}/users/show_many", match=found, json={"users": [user]})
        named = [matchers.query_param_matcher({"query": f'email:"{user["email"]}"'})]
        zendesk.get(f"{API}/users/search", match=named, json={"users": [user]})
    return zendesk


@pytest.fixture
def expected(plugin: ZendeskPlugin, wire: responses.RequestsMock, raw_ticket: Make) -> Ticket:
    """The ticket as it was when the change was decided, and still is."""
    wire.get(TICKET, json={"ticket": raw_ticket()})
    return plugin.fetch_ticket("35")


@pytest.mark.parametrize("asked", ["502", "two@acme.example", " Two@ACME.example "])
def test_an_agent_is_meant_by_id_or_address_and_looked_up_once(
    plugin: ZendeskPlugin,
    wire: responses.RequestsMock,
    expected: Ticket,
    raw_ticket: Make,
    asked: str,
) -> None:
    for assignee in (501, 502, 501, 502):
        wire.get(TICKET, json={"ticket": raw_ticket(assignee_id=assignee)})
    put = wire.put(TICKET, json={})
    for _ in range(2):
        plugin.update_ticket("35", TicketChange(assignee=asked), expected)
    assert [json.loads(call.request.body or b"{}")["ticket"]["assignee_id"] for call in put.calls] == [
        502
    ] * 2
    assert sum("/users/" in str(call.request.url) for call in wire.calls) == 1


@pytest.mark.parametrize(
    "asked",
    [
        *("503", "light@acme.example", "504", "left@acme.example", "505", "gone@acme.example"),
        *("701", "sari@customer.example", "@", "-1", "Agent One", 'one@acme.example" role:admin'),
    ],
)
def test_who_takes_no_tickets_is_unknown_and_nothing_is_written(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, expected: Ticket, asked: str
) -> None:
    change = TicketChange(status="solved", assignee=asked, add_tags=("vip",))
    with pytest.raises(UnknownPerson):
        plugin.update_ticket("35", change, expected)


def test_somebody_else_whom_the_search_finds_too_is_not_taken(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, expected: Ticket
) -> None:
    wire.get(
        f"{API}/users/search",
        match=[matchers.query_param_matcher({"query": 'email:"o@acme.example"'})],
        json={"users": [USERS[0]]},
    )
    with pytest.raises(UnknownPerson, match=r"'o@acme\.example'"):
        plugin.update_ticket("35", TicketChange(assignee="o@acme.example"), expected)


def test_an_agent_outside_of_the_group_is_unknown_there(
    plugin: ZendeskPlugin, wire: responses.RequestsMock, expected: Ticket
) -> None:
    refusal = {"assignee": [{"description": "Assignee: is not a member of the group"}]}
    wire.put(TICKET, status=422, json={"error": "RecordInvalid", "details": refusal})
    with pytest.raises(UnknownPerson, match="not a member of the group"):
        plugin.update_ticket("35", TicketChange(status="solved", assignee="502", group="22"), expected)


def test_an_agent_who_was_added_a_minute_ago_is_found(
    make_plugin: Callable[..., ZendeskPlugin], wire: responses.RequestsMock, raw_ticket: Make
) -> None:
    clock = [NOW]
    plugin = make_plugin(now=lambda: clock[0])
    wire.get(TICKET, json={"ticket": raw_ticket()})
    expected = plugin.fetch_ticket("35")
    asked = [matchers.query_param_matcher({"query": 'email:"new@acme.example"'})]
    wire.get(f"{API}/users/search", match=asked, json={"users": []})
    new = {"id": 509, "name": "New", "email": "new@acme.example", "role": "agent"}
    wire.get(f"{API}/users/search", match=asked, json={"users": [new]})
    put = wire.put(TICKET, json={})
    change = TicketChange(assignee="new@acme.example")
    for seconds in (0, 30):
        clock[0] = NOW + timedelta(seconds=seconds)
        with pytest.raises(UnknownPerson):
            plugin.update_ticket("35", change, expected)
    clock[0] = NOW + timedelta(seconds=61)
    for assignee in (501, 509):
        wire.get(TICKET, json={"ticket": raw_ticket(assignee_id=assignee)})
    plugin.update_ticket("35", change, expected)
    assert put.call_count == 1


def test_an_agent_is_looked_up_for_who_checks_a_configuration(
    plugin: ZendeskPlugin, wire: responses.RequestsMock
) -> None:
    assert plugin.find_assignee("one@acme.example", {}).id == "501"
    for nobody in ("503", "sari@customer.example", "Agent One"):
        with pytest.raises(UnknownPerson):
            plugin.find_assignee(nobody, {})

"""Lists, pages and search of the Freshdesk stand-in."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import start

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Desk(FreshdeskDriver):
    def listed(self, **params):
        return self.ask("GET", "/tickets", params=params)

    def ids(self, **params):
        return [ticket["id"] for ticket in self.get("/tickets", **params)]

    def found(self, query, **params):
        results = self.get("/search/tickets", query=f'"{query}"', **params)["results"]
        return sorted(ticket["id"] for ticket in results)

    def ticket(self, **changes):
        return self.create_ticket(**changes)["id"]


def serve(**settings):
    vendor = FreshdeskSandbox(**settings)
    vendor.clock.set(NOON)
    with start(vendor) as running, Desk(running.url) as desk:
        desk.vendor = vendor
        yield desk


@pytest.fixture
def desk():
    yield from serve(search_lag=0, sla_lag=0)


def error_fields(response):
    assert response.status_code == 400, response.text
    return {problem["field"]: problem["code"] for problem in response.json()["errors"]}


def test_the_list_is_newest_first_and_of_the_last_thirty_days(desk):
    old = desk.ticket()
    desk.vendor.clock.advance(timedelta(days=31).total_seconds())
    first, second = desk.ticket(), desk.ticket()
    assert desk.ids() == [second, first]
    assert desk.ids(updated_since="2026-01-01") == [second, first, old]
    desk.update_ticket(old, priority=2)
    assert desk.ids() == [second, first]
    assert desk.ids(order_by="updated_at", order_type="asc", updated_since="2026-03-03T00:00:00Z") == [
        old,
        first,
        second,
    ]


def test_updated_since_counts_whole_seconds_and_includes_its_own(desk):
    number = desk.ticket()
    at = desk.view_ticket(number)["updated_at"]
    assert desk.ids(updated_since=at) == [number]
    later = datetime.fromisoformat(at) + timedelta(seconds=1)
    assert desk.ids(updated_since=later.strftime("%Y-%m-%dT%H:%M:%SZ")) == []
    assert desk.ids(updated_since=(later + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S+07:00")) == []


def test_notes_and_replies_count_as_updates(desk):
    number = desk.ticket()
    desk.vendor.clock.advance(60)
    for path in ("notes", "reply"):
        before = desk.view_ticket(number)["updated_at"]
        desk.vendor.clock.advance(60)
        desk.ask("POST", f"/tickets/{number}/{path}", json={"body": "x"})
        assert desk.view_ticket(number)["updated_at"] > before


@pytest.mark.parametrize("order_by", ["created_at", "updated_at", "due_by", "status"])
def test_every_order_goes_both_ways(desk, order_by):
    low = desk.ticket(status=2, priority=4)
    desk.vendor.clock.advance(5)
    high = desk.ticket(status=3, priority=1)
    assert desk.ids(order_by=order_by, order_type="asc") == [low, high]
    assert desk.ids(order_by=order_by, order_type="desc") == [high, low]


def test_filters(desk):
    mine, agus = desk.ticket(), desk.ticket(email="agus@customer.example")
    taken = desk.ticket(responder_id=desk.id_of("agents", "Rina"))
    closed = desk.ticket(status=5)
    deleted, spam = desk.ticket(), desk.ticket()
    desk.ask("DELETE", f"/tickets/{deleted}")
    desk.control("POST", "/spam", {"ticket_id": spam})
    assert set(desk.ids()) == {mine, agus, taken, closed}
    assert desk.ids(filter="deleted") == [deleted]
    assert desk.ids(filter="spam") == [spam]
    assert set(desk.ids(filter="new_and_my_open")) == {mine, agus}
    assert desk.ids(filter="watching") == []
    assert desk.ids(email="agus@customer.example") == [agus]
    assert desk.ids(requester_id=desk.id_of("contacts", "Agus")) == [agus]
    assert set(desk.ids(unique_external_id="crm-1001")) == {mine, taken, closed}
    assert set(desk.ids(company_id=desk.id_of("companies", seed.COMPANY))) == {mine, taken, closed}


def test_pages_are_linked(desk):
    numbers = [desk.ticket() for _ in range(5)]
    seen = []
    response = desk.listed(per_page=2, order_type="asc", include="stats")
    while True:
        seen += [ticket["id"] for ticket in response.json()]
        if "next" not in response.links:
            break
        assert response.headers["Link"].endswith('; rel="next"')
        response = desk.ask("GET", response.links["next"]["url"].removeprefix(f"{desk.url}/api/v2"))
    assert seen == numbers
    assert desk.listed(per_page=5).links == {}
    assert desk.ids(page=9) == []


def test_of_a_parameter_given_twice_the_last_counts(desk):
    """The usual client repeats `updated_since` and `page`."""
    numbers = [desk.ticket() for _ in range(3)]
    assert [ticket["id"] for ticket in desk.ask("GET", "/tickets?per_page=1&per_page=2").json()] == numbers[
        :0:-1
    ]


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"per_page": 101}, "per_page", "invalid_value"),
        ({"per_page": 0}, "per_page", "invalid_value"),
        ({"per_page": "many"}, "per_page", "invalid_value"),
        ({"page": 0}, "page", "datatype_mismatch"),
        ({"page": 301}, "page", "invalid_value"),
        ({"order_by": "priority"}, "order_by", "invalid_value"),
        ({"order_type": "down"}, "order_type", "invalid_value"),
        ({"filter": "all_tickets"}, "filter", "invalid_value"),
        ({"updated_since": "yesterday"}, "updated_since", "datatype_mismatch"),
        ({"requester_id": "sari"}, "requester_id", "datatype_mismatch"),
        ({"email": "stranger@example.com"}, "email", "invalid_value"),
        ({"created_since": "2026-01-01"}, "created_since", "invalid_field"),
    ],
    ids=str,
)
def test_odd_list_parameters_are_refused(desk, params, field, code):
    assert error_fields(desk.listed(**params)) == {field: code}


def test_there_are_three_hundred_pages_at_most(desk):
    number = desk.ticket()
    tickets = desk.vendor.helpdesk.desk.tickets
    for extra in range(2, 302):
        tickets[extra] = tickets[number]
    assert desk.listed(per_page=1, page=299).links["next"]["url"]
    assert desk.listed(per_page=1, page=300).links == {}


@pytest.fixture
def shelf(desk):
    """Tickets that differ in what can be searched; by name."""
    support = desk.id_of("groups", seed.GROUP_SUPPORT)
    numbers = {
        "urgent": desk.ticket(priority=4, type="Problem", tags=["vip", "login"], group_id=support),
        "plain": desk.ticket(priority=1),
        "pending": desk.ticket(priority=3, status=3, responder_id=desk.id_of("agents", "Rina")),
        "custom": desk.ticket(
            priority=2,
            custom_fields={
                seed.FIELD_REFERENCE: "case-1",
                "cf_vip": True,
                "cf_affected_orders": 7,
                "cf_needed_by": "2026-03-10",
                seed.FIELD_ROOT_CAUSE: "User error",
            },
        ),
    }
    return desk, numbers


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("priority:4", {"urgent"}),
        ("priority:>3", {"urgent", "pending"}),
        ("priority:<2", {"plain", "custom"}),
        ("status:3 OR priority:4", {"pending", "urgent"}),
        ("status:2 AND priority:1", {"plain"}),
        ("status:3 OR status:2 AND priority:4", {"pending", "urgent"}),
        ("(status:3 OR status:2) AND priority:4", {"urgent"}),
        ("type:'Problem' AND tag:'vip'", {"urgent"}),
        ("tag:'login'", {"urgent"}),
        ("tag:null", {"plain", "pending", "custom"}),
        ("type:null AND priority:1", {"plain"}),
        ("agent_id:null", {"urgent", "plain", "custom"}),
        ("cf_external_reference:'case-1'", {"custom"}),
        ("cf_external_reference:case-1", {"custom"}),
        ("cf_vip:true", {"custom"}),
        ("cf_vip:false AND priority:1", {"plain"}),
        ("cf_affected_orders:>7", {"custom"}),
        ("cf_affected_orders:null AND priority:4", {"urgent"}),
        ("cf_root_cause:'User error'", {"custom"}),
        ("cf_needed_by:>'2026-03-01' AND cf_needed_by:<'2026-03-10'", {"custom"}),
        ("created_at:'2026-03-02'", {"urgent", "plain", "pending", "custom"}),
        ("created_at:>'2026-03-03'", set()),
        ("due_by:<'2026-03-02' AND status:2", {"urgent"}),
    ],
)
def test_queries(shelf, query, names):
    desk, numbers = shelf
    # Ids can be compared as well, but are not known beforehand.
    assert desk.found(query) == sorted(numbers[name] for name in names)


def test_ids_can_be_searched(shelf):
    desk, numbers = shelf
    assert desk.found(f"group_id:{desk.id_of('groups', seed.GROUP_SUPPORT)}") == [numbers["urgent"]]
    assert desk.found(f"agent_id:{desk.id_of('agents', 'Rina')}") == [numbers["pending"]]


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({}, {"query": "missing_field"}),
        ({"query": "priority:4"}, {"query": "invalid_value"}),
        ({"query": '"'}, {"query": "invalid_value"}),
        ({"query": '""'}, {"query": "invalid_value"}),
        ({"query": '"priority:4 AND"'}, {"query": "invalid_value"}),
        ({"query": '"(priority:4"'}, {"query": "invalid_value"}),
        ({"query": '"priority=4"'}, {"query": "invalid_value"}),
        ({"query": '"priority:4 status:2"'}, {"query": "invalid_value"}),
        ({"query": '"priority:4 and status:2"'}, {"query": "invalid_value"}),
        ({"query": "\"type:>'Problem'\""}, {"query": "invalid_value"}),
        ({"query": "\"subject:'login'\""}, {"subject": "invalid_field"}),
        ({"query": '"requester_id:1"'}, {"requester_id": "invalid_field"}),
        ({"query": "\"cf_impact:'big'\""}, {"cf_impact": "invalid_field"}),
        ({"query": "\"status:'2'\""}, {"status": "datatype_mismatch"}),
        ({"query": '"status:open"'}, {"status": "datatype_mismatch"}),
        ({"query": '"cf_vip:1"'}, {"cf_vip": "datatype_mismatch"}),
        ({"query": "\"updated_at:>'2026-03-02T10:00:00Z'\""}, {"updated_at": "invalid_value"}),
        ({"query": '"updated_at:>2026"'}, {"updated_at": "datatype_mismatch"}),
        ({"query": '"' + "x" * 513 + '"'}, {"query": "invalid_value"}),
        ({"query": '"priority:4"', "page": 11}, {"page": "invalid_value"}),
        ({"query": '"priority:4"', "per_page": 100}, {"per_page": "invalid_field"}),
        ({"query": '"priority:4"', "include": "stats"}, {"include": "invalid_field"}),
    ],
    ids=str,
)
def test_queries_are_refused(desk, params, fields):
    assert error_fields(desk.ask("GET", "/search/tickets", params=params)) == fields


def test_search_has_pages_of_thirty(desk):
    for _ in range(31):
        desk.ticket()
    first = desk.get("/search/tickets", query='"status:2"')
    assert (first["total"], len(first["results"])) == (31, 30)
    second = desk.get("/search/tickets", query='"status:2"', page=2)
    assert (second["total"], len(second["results"])) == (31, 1)
    assert "description_text" in first["results"][0]


def test_search_lags_and_the_list_does_not():
    for desk in serve(search_lag=120):
        number = desk.ticket(priority=4)
        assert desk.ids() == [number]
        assert desk.found("priority:4") == []
        desk.vendor.clock.advance(121)
        assert desk.found("priority:4") == [number]
        desk.update_ticket(number, priority=1)
        # Found by what it was, shown as it is.
        (stale,) = desk.get("/search/tickets", query='"priority:4"')["results"]
        assert stale["priority"] == 1
        desk.vendor.clock.advance(121)
        assert desk.found("priority:4") == []
        desk.ask("DELETE", f"/tickets/{number}")
        assert desk.found("priority:1") == [number]
        desk.vendor.clock.advance(121)
        assert desk.found("priority:1") == []

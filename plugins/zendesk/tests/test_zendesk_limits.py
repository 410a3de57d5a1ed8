"""Zendesk's limits: what is used up is not asked for, and nothing else waits for it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from escalation_bridge.domain.tickets.tickets import Priority, Ticket, TicketChange
from escalation_bridge.errors import NotApplied, RateLimited
from escalation_bridge.plugin.http.budgets import ACCOUNT, Reading, Urgency, working
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.settings import Limits, ZendeskSettings
from escalation_bridge_zendesk.http.limits import ZendeskLimits
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
PER_TICKET = "zendesk-ratelimit-per-ticket-updates"
TICKET_35 = "/api/v2/tickets/35"
EXPORT = "/api/v2/incremental/tickets/cursor"
LIMITS = ZendeskLimits()

Json = dict[str, object]
Make = Callable[..., Json]
MakePlugin = Callable[..., ZendeskPlugin]


def told(method: str, path: str, **headers: str) -> list[Reading]:
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(LIMITS.readings(method, path, CaseInsensitiveDict(spelt)))


def scopes(method: str, path: str) -> list[str]:
    return [scope.name for scope in LIMITS.scopes(method, path, {})]


# --- what a request falls under, and what its answer tells ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", TICKET_35, [ACCOUNT]),
        ("PUT", TICKET_35, [ACCOUNT, "ticket updates", "updates of ticket 35"]),
        ("PUT", TICKET_35 + "/tags", [ACCOUNT]),
        ("POST", "/api/v2/tickets", [ACCOUNT]),
        ("GET", "/api/v2/tickets", [ACCOUNT, "list of tickets"]),
        ("GET", EXPORT, [ACCOUNT, "incremental export"]),
        ("GET", "/api/v2/search", [ACCOUNT, "search"]),
        ("GET", "/api/v2/search/export", [ACCOUNT, "search export"]),
        ("POST", "/api/v2/webhooks", [ACCOUNT, "webhooks"]),
    ],
)
def test_a_request_falls_under_the_account_its_endpoint_and_its_ticket(
    method: str, path: str, expected: list[str]
) -> None:
    assert scopes(method, path) == expected


def test_the_headers_are_read_as_they_were_recorded() -> None:
    account = {"x_rate_limit": "700", "x_rate_limit_remaining": "698"}
    assert told("GET", TICKET_35, **account) == [Reading(ACCOUNT, 698, 700)]
    account |= {"ratelimit_limit": "700", "ratelimit_remaining": "699", "ratelimit_reset": "41"}
    ours = Reading(ACCOUNT, 699, 700, 41)
    assert told("GET", TICKET_35, **account) == [ours]
    export = {"zendesk_ratelimit_incremental_exports": "total=10; remaining=9; resets=2"}
    assert told("GET", EXPORT, **account, **export) == [ours, Reading("incremental export", 9, 10, 2)]
    updates = {
        "zendesk_rate_limit_tickets_update": "total=20; remaining=19; resets=59",
        "zendesk_ratelimit_per_ticket_updates": "total=30; remaining=29; resets=468",
    }
    assert told("PUT", TICKET_35, **account, **updates) == [
        ours,
        Reading("ticket updates", 19, 20, 59),
        Reading("updates of ticket 35", 29, None, 468),
    ]


def test_of_several_counts_of_an_endpoint_the_tightest_one_counts() -> None:
    pages = {
        "zendesk_ratelimit_tickets_index": "total=100; remaining=80; resets=41",
        "zendesk_ratelimit_tickets_index_deep_pagination": "total=50; remaining=3; resets=41",
    }
    assert told("GET", "/api/v2/tickets", **pages) == [Reading("list of tickets", 3, 50, 41)]


@pytest.mark.parametrize(
    "header",
    ["", "remaining=0", "total=30; remaining=none; resets=468", "0", "total=30 remaining=1 resets=3"],
)
def test_an_odd_header_tells_nothing(header: str) -> None:
    assert told("PUT", TICKET_35, zendesk_ratelimit_per_ticket_updates=header) == []


@given(st.dictionaries(st.sampled_from([PER_TICKET, "ratelimit-remaining", "ratelimit-reset"]), st.text()))
def test_no_header_breaks_anything(headers: dict[str, str]) -> None:
    for reading in LIMITS.readings("PUT", TICKET_35, CaseInsensitiveDict(headers)):
        assert reading.left >= 0
    assert LIMITS.closed("PUT", TICKET_35, CaseInsensitiveDict(headers)) in scopes("PUT", TICKET_35)


@pytest.mark.parametrize(
    ("headers", "closed"),
    [
        ({}, ACCOUNT),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "20"}, ACCOUNT),
        ({"ratelimit-remaining": "90"}, "updates of ticket 35"),
        (
            {"ratelimit-remaining": "90", PER_TICKET: "total=30; remaining=0; resets=400"},
            "updates of ticket 35",
        ),
        (
            {
                "ratelimit-remaining": "90",
                "zendesk-rate-limit-tickets-update": "total=100; remaining=0; resets=9",
                PER_TICKET: "total=30; remaining=4; resets=400",
            },
            "ticket updates",
        ),
    ],
)
def test_a_429_is_about_what_is_used_up(headers: dict[str, str], closed: str) -> None:
    assert LIMITS.closed("PUT", TICKET_35, CaseInsensitiveDict(headers)) == closed


# --- at the wire ---------------------------------------------------------------------------------------------------------


def test_a_ticket_whose_updates_are_used_up_is_left_alone_and_no_other_one(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, raw_ticket: Make, beside: Json
) -> None:
    moment = [datetime.fromisoformat("2026-03-02T09:00:00Z")]
    plugin = make_plugin(now=lambda: moment[0])
    zendesk.get(f"{API}/custom_statuses", status=403, json={})

    def ticket(number: int, priority: str) -> Ticket:
        raw = raw_ticket(id=number, priority=priority, is_public=False)
        zendesk.upsert(responses.GET, f"{API}/tickets/{number}", json={"ticket": raw, **beside})
        return plugin.fetch_ticket(str(number))

    puts = {}
    for number, remaining in ((35, 0), (36, 1)):
        puts[number] = zendesk.put(
            f"{API}/tickets/{number}",
            json={},
            headers={PER_TICKET: f"total=30; remaining={remaining}; resets=468"},
        )

    def update(number: int) -> None:
        expected = ticket(number, "normal")
        with pytest.raises(NotApplied):  # the ticket that is read back is the same one
            plugin.update_ticket(str(number), TicketChange(priority=Priority.HIGH), expected)

    update(35)
    update(36)
    moment[0] += timedelta(seconds=60)
    with pytest.raises(RateLimited, match="updates of ticket 35") as limited:
        plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), ticket(35, "normal"))
    assert 408 <= (limited.value.at.retry_after or 0) <= 413
    assert "keeps changing" in limited.value.advice
    update(36)
    moment[0] += timedelta(seconds=408)
    update(35)
    assert [put.call_count for put in puts.values()] == [2, 2]


def test_exports_that_are_used_up_keep_no_ticket_from_being_read(
    make_plugin: MakePlugin, zendesk: responses.RequestsMock, raw_ticket: Make, beside: Json
) -> None:
    plugin = make_plugin()
    zendesk.get(f"{API}/custom_statuses", status=403, json={})
    zendesk.get(f"{API}/tickets/35", json={"ticket": raw_ticket(is_public=False), **beside})
    export = zendesk.get(
        f"{API}/incremental/tickets/cursor",
        status=429,
        headers={"Retry-After": "42", "ratelimit-remaining": "600", "ratelimit-limit": "700"},
    )
    for _ in range(3):
        with pytest.raises(RateLimited):
            plugin.changes_since(None)
    assert export.call_count == 1
    assert plugin.fetch_ticket("35").ref.id == "35"


# --- at the stand-in --------------------------------------------------------------------------------------------------------


@pytest.fixture(name="narrow")
def account_with_sixty_requests_a_minute() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox(settings=ZendeskSettings(limits=Limits(requests=60)))) as server:
        yield server


def test_looking_for_what_was_missed_leaves_room_for_promises(
    narrow: RunningVendor, connect: MakePlugin
) -> None:
    plugin = connect(url=narrow.url)
    message = {"email": seed.CUSTOMER_DEWI.email, "body": "My order is lost."}
    written = requests.post(f"{narrow.url}/_sandbox/inbound", json=message, timeout=5).json()
    ticket_id = str(written["ticket"]["id"])
    asked = 0
    with working(Urgency.BACKFILL), suppress(RateLimited):
        for _ in range(60):
            plugin.fetch_ticket(ticket_id)
            asked += 1
    assert 5 <= asked < 60
    with working(Urgency.PROMISE):
        ticket = plugin.fetch_ticket(ticket_id)
        plugin.update_ticket(ticket_id, TicketChange(priority=Priority.URGENT), ticket)
    assert all(entry.status != 429 for entry in narrow.vendor.journal.entries())


@pytest.fixture
def few_exports() -> Iterator[RunningVendor]:
    """An account that takes four exports a minute."""
    with start(ZendeskSandbox(settings=ZendeskSettings(limits=Limits(incremental_exports=4)))) as server:
        yield server


def test_exports_are_counted_by_what_their_answers_tell(
    few_exports: RunningVendor, connect: MakePlugin
) -> None:
    plugin = connect(url=few_exports.url)
    cursor = plugin.changes_since(None).cursor
    with working(Urgency.BACKFILL), suppress(RateLimited):
        for _ in range(4):
            cursor = plugin.changes_since(cursor).cursor
    exports = [entry for entry in few_exports.vendor.journal.entries() if "/incremental/" in entry.path]
    assert [entry.status for entry in exports] == [200] * 3  # the last one is somebody else's

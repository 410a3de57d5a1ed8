"""Freshdesk's calls of the minute: counted in advance, whatever became of them, and an endpoint's apart from the account's."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from escalation_bridge.domain.tickets.tickets import Priority, TicketChange
from escalation_bridge.errors import RateLimited, TicketNotFound
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.http.budgets import ACCOUNT, Reading, Urgency, working
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_freshdesk.http.limits import FreshdeskLimits
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.kernel.server import RunningVendor, start

LIMITS = FreshdeskLimits()
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def cost(method: str, path: str, include: str | None = None) -> list[tuple[str, float]]:
    params = {"include": include, "page": 2}
    return [(scope.name, scope.cost) for scope in LIMITS.scopes(method, path, params)]


@pytest.mark.parametrize(
    ("method", "path", "include", "expected"),
    [
        ("GET", "/api/v2/tickets/7", None, [(ACCOUNT, 1)]),
        ("GET", "/api/v2/tickets/7", "requester,company", [(ACCOUNT, 3)]),
        ("GET", "/api/v2/tickets", "requester", [(ACCOUNT, 3), ("listing tickets", 1)]),
        ("POST", "/api/v2/tickets", None, [(ACCOUNT, 1), ("creating tickets", 1)]),
        ("PUT", "/api/v2/tickets/7", None, [(ACCOUNT, 1), ("updating tickets", 1)]),
        ("POST", "/api/v2/tickets/7/notes", None, [(ACCOUNT, 1)]),
        ("GET", "/api/v2/contacts", None, [(ACCOUNT, 1), ("listing contacts", 1)]),
        ("GET", "/api/v2/contacts/9", None, [(ACCOUNT, 1)]),
    ],
)
def test_what_is_embedded_costs_more(
    method: str, path: str, include: str | None, expected: list[tuple[str, float]]
) -> None:
    assert cost(method, path, include) == expected


@pytest.mark.parametrize(
    ("left", "total", "expected"),
    [
        ("49", "50", [Reading(ACCOUNT, 49, 50)]),
        ("48.0", "50.0", [Reading(ACCOUNT, 48, 50)]),
        ("0", "", [Reading(ACCOUNT, 0)]),
        ("", "50", []),
        ("-1", "50", []),
        ("many", "50", []),
    ],
)
def test_the_numbers_are_whole_or_not(left: str, total: str, expected: list[Reading]) -> None:
    headers = CaseInsensitiveDict({"x-ratelimit-remaining": left, "x-ratelimit-total": total})
    assert list(LIMITS.readings("GET", "/api/v2/tickets", headers)) == expected


@given(st.dictionaries(st.sampled_from(["X-RateLimit-Remaining", "X-RateLimit-Total"]), st.text()))
def test_no_header_breaks_anything(headers: dict[str, str]) -> None:
    for reading in LIMITS.readings("PUT", "/api/v2/tickets/7", CaseInsensitiveDict(headers)):
        assert reading.left >= 0


@pytest.mark.parametrize(
    ("left", "path", "closed"),
    [
        ("120", "/api/v2/tickets", "creating tickets"),
        ("0", "/api/v2/tickets", ACCOUNT),
        (None, "/api/v2/tickets", ACCOUNT),
        ("120", "/api/v2/tickets/7/notes", ACCOUNT),
    ],
)
def test_a_429_is_about_the_endpoint_where_the_account_has_calls_left(
    left: str | None, path: str, closed: str
) -> None:
    headers = CaseInsensitiveDict({"X-RateLimit-Remaining": left} if left else {})
    assert LIMITS.closed("POST", path, headers) == closed


# --- at the stand-in --------------------------------------------------------------------------------------------------------

MakePlugin = Callable[[RunningVendor], FreshdeskPlugin]


@pytest.fixture
def trial() -> Iterator[RunningVendor]:
    """An account with fifty calls a minute."""
    with start(FreshdeskSandbox(plan="trial")) as server:
        yield server


@pytest.fixture
def growth() -> Iterator[RunningVendor]:
    """An account with two hundred calls a minute, twenty of them lists of tickets."""
    with start(FreshdeskSandbox(plan="growth")) as server:
        yield server


@pytest.fixture
def connect() -> Iterator[MakePlugin]:
    made: list[FreshdeskPlugin] = []

    def connect(server: RunningVendor) -> FreshdeskPlugin:
        values = {
            "plugin": "freshdesk",
            "url": server.url,
            "api_key": Resolved(seed.BRIDGE.api_key),
            "key_field": seed.FIELD_REFERENCE,
        }
        made.append(FreshdeskPlugin(Connection("support", FreshdeskSettings.model_validate(values))))
        return made[-1]

    yield connect
    for plugin in made:
        plugin.close()


def customer_writes(server: RunningVendor) -> str:
    message = {"from": {"email": seed.CUSTOMER_SARI.email}, "subject": "No receipt", "body": "I got none."}
    answer = requests.post(f"{server.url}/_sandbox/inbound", json=message, timeout=5)
    return str(answer.json()["ticket_id"])


def refused(server: RunningVendor) -> int:
    return sum(entry.status == 429 for entry in server.vendor.journal.entries())


def test_looking_for_what_was_missed_leaves_calls_for_promises(
    trial: RunningVendor, connect: MakePlugin
) -> None:
    plugin, ticket_id = connect(trial), customer_writes(trial)
    asked = 0
    with working(Urgency.BACKFILL), suppress(RateLimited):
        for _ in range(50):
            plugin.fetch_ticket(ticket_id)
            asked += 1
    assert 0 < asked < 17  # three calls each
    with working(Urgency.PROMISE):
        ticket = plugin.fetch_ticket(ticket_id)
        plugin.update_ticket(ticket_id, TicketChange(priority=Priority.URGENT), ticket)
    assert refused(trial) == 0


def test_invalid_calls_are_counted_and_the_last_one_is_not_sent(
    trial: RunningVendor, connect: MakePlugin
) -> None:
    plugin = connect(trial)
    with working(Urgency.PROMISE):
        with suppress(RateLimited):
            for _ in range(60):
                with suppress(TicketNotFound):
                    plugin.fetch_ticket("999999")
        with pytest.raises(RateLimited) as limited:
            plugin.fetch_ticket("999999")
    assert 50 < (limited.value.at.retry_after or 0) <= 65
    assert refused(trial) == 0


def test_lists_that_are_used_up_keep_no_ticket_from_being_read(
    growth: RunningVendor, connect: MakePlugin
) -> None:
    plugin, ticket_id = connect(growth), customer_writes(growth)
    with working(Urgency.PROMISE):
        cursor = plugin.changes_since(None).cursor
        with suppress(RateLimited):
            for _ in range(30):
                plugin.changes_since(cursor)
        with pytest.raises(RateLimited, match="listing tickets"):
            plugin.changes_since(cursor)
        assert refused(growth) == 1
        assert plugin.fetch_ticket(ticket_id).ref.id == ticket_id

"""Thirty updates of a ticket in ten minutes: what is used up is not asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets import Priority, Ticket, TicketChange
from escalation_bridge.errors import NotApplied, RateLimited
from escalation_bridge_zendesk.budget import TicketBudget, updates_left
from escalation_bridge_zendesk.plugin import ZendeskPlugin

API = "https://acme.zendesk.com/api/v2"
HEADER = "zendesk-ratelimit-per-ticket-updates"

Json = dict[str, object]
Make = Callable[..., Json]
MakePlugin = Callable[..., ZendeskPlugin]


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ("total=30; remaining=29; resets=468", (29, 468)),
        ("remaining=0;resets=1", (0, 1)),
        ("total=30; remaining=none; resets=468", None),
        ("", None),
        ("remaining=0", None),
    ],
)
def test_the_header_is_read_as_it_was_recorded(header: str, left: tuple[int, int] | None) -> None:
    assert updates_left({HEADER: header}) == left
    assert updates_left({}) is None


@given(st.text())
def test_no_header_breaks_anything(header: str) -> None:
    budget = TicketBudget(lambda: datetime.fromisoformat("2026-03-02T09:00:00Z"))
    budget.note("PUT", "/tickets/35", {HEADER: header})
    assert budget.wait("PUT", "/tickets/36") == 0


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
            headers={HEADER: f"total=30; remaining={remaining}; resets=468"},
        )

    def update(number: int) -> None:
        expected = ticket(number, "normal")
        with pytest.raises(NotApplied):  # the ticket that is read back is the same one
            plugin.update_ticket(str(number), TicketChange(priority=Priority.HIGH), expected)

    update(35)
    update(36)
    moment[0] += timedelta(seconds=60)
    with pytest.raises(RateLimited, match="thirty times") as limited:
        plugin.update_ticket("35", TicketChange(priority=Priority.HIGH), ticket(35, "normal"))
    assert limited.value.at.retry_after == 408
    assert "keeps changing" in limited.value.advice
    update(36)
    moment[0] += timedelta(seconds=408)
    update(35)
    assert [put.call_count for put in puts.values()] == [2, 2]


def test_only_updates_of_the_ticket_wait() -> None:
    budget = TicketBudget(lambda: datetime.fromisoformat("2026-03-02T09:00:00Z"))
    used_up = {HEADER: "total=30; remaining=0; resets=60"}
    budget.note("GET", "/tickets/34", used_up)
    budget.note("PUT", "/tickets/35", used_up)
    assert budget.wait("PUT", "/tickets/35") == 60
    for method, path in (("GET", "/tickets/35"), ("PUT", "/tickets/35/tags"), ("PUT", "/tickets/34")):
        assert budget.wait(method, path) == 0

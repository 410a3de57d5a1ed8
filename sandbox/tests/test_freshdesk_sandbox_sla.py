"""The vendor's own deadlines in the Freshdesk stand-in."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.driver import FreshdeskDriver
from escalation_bridge_sandbox.kernel.server import start

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Desk(FreshdeskDriver):
    def urgent(self, **changes):
        return self.create_ticket(**{"priority": 4, **changes})

    def later(self, **span):
        self.vendor.clock.advance(timedelta(**span).total_seconds())


@pytest.fixture
def desk():
    # Generous enough not to run out while a test runs; every wait is a move of the clock.
    vendor = FreshdeskSandbox(sla_lag=60)
    vendor.clock.set(NOON)
    with start(vendor) as running, Desk(running.url) as desk:
        desk.vendor = vendor
        yield desk


def dues(ticket):
    created = datetime.fromisoformat(ticket["created_at"])
    return tuple(datetime.fromisoformat(ticket[name]) - created for name in ("fr_due_by", "due_by"))


@pytest.mark.parametrize(("priority", "hours"), [(4, (1, 4)), (3, (4, 12)), (2, (8, 24)), (1, (24, 72))])
def test_deadlines_appear_a_little_later(desk, priority, hours):
    ticket = desk.urgent(priority=priority)
    assert (ticket["due_by"], ticket["fr_due_by"]) == (None, None)
    assert desk.view_ticket(ticket["id"])["due_by"] is None
    desk.later(seconds=61)
    assert dues(desk.view_ticket(ticket["id"])) == tuple(timedelta(hours=count) for count in hours)


def test_deadlines_follow_the_priority_a_little_later(desk):
    number = desk.urgent(priority=1)["id"]
    desk.later(seconds=61)
    assert dues(desk.update_ticket(number, priority=4))[1] == timedelta(hours=72)
    desk.later(seconds=61)
    assert dues(desk.view_ticket(number))[1] == timedelta(hours=4)


def test_a_priority_that_is_taken_back_moves_nothing(desk):
    number = desk.urgent(priority=1)["id"]
    desk.later(seconds=61)
    desk.update_ticket(number, priority=4)
    desk.update_ticket(number, priority=1)
    desk.later(seconds=61)
    assert dues(desk.view_ticket(number))[1] == timedelta(hours=72)


def test_deadlines_set_by_hand_stay(desk):
    ticket = desk.urgent(due_by="2026-03-02T20:00:00+07:00", fr_due_by="2026-03-02T12:30Z")
    assert (ticket["due_by"], ticket["fr_due_by"]) == ("2026-03-02T13:00:00Z", "2026-03-02T12:30:00Z")
    desk.update_ticket(ticket["id"], priority=1)
    desk.later(minutes=2)
    assert desk.view_ticket(ticket["id"])["due_by"] == "2026-03-02T13:00:00Z"


def test_missing_the_first_response_is_an_escalation_and_an_update(desk):
    number = desk.urgent()["id"]
    desk.later(minutes=59)
    assert desk.view_ticket(number)["is_escalated"] is False
    desk.later(minutes=2)
    late = desk.view_ticket(number)
    assert (late["fr_escalated"], late["is_escalated"]) == (True, True)
    assert late["updated_at"] == late["fr_due_by"]
    desk.reply(number, "x")
    assert desk.view_ticket(number)["fr_escalated"] is True


def test_missing_the_resolution_is_an_escalation_too(desk):
    number = desk.urgent()["id"]
    desk.later(minutes=30)
    desk.reply(number, "x")
    desk.later(hours=4)
    late = desk.view_ticket(number)
    assert (late["fr_escalated"], late["is_escalated"]) == (False, True)
    assert late["updated_at"] == late["due_by"]


def test_time_with_the_customer_is_added(desk):
    number = desk.urgent()["id"]
    desk.later(minutes=10)
    desk.update_ticket(number, status=6)
    desk.later(hours=10)
    waiting = desk.view_ticket(number)
    assert waiting["is_escalated"] is False
    desk.update_ticket(number, status=2)
    desk.later(seconds=61)
    first, resolution = dues(desk.view_ticket(number))
    assert timedelta(hours=11) <= first <= timedelta(hours=11, seconds=30)
    assert timedelta(hours=14) <= resolution <= timedelta(hours=14, seconds=30)


@pytest.mark.parametrize("status", [4, 5])
def test_done_tickets_are_not_escalated(desk, status):
    number = desk.urgent()["id"]
    desk.later(minutes=5)
    desk.update_ticket(number, status=status)
    desk.later(days=5)
    assert desk.view_ticket(number)["is_escalated"] is False

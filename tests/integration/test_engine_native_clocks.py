"""The vendor's own clocks are looked at now and then, told of when they drift, and never in the way."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.errors import PermissionDenied
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import case_views, vendor_clocks


class Native:
    """Clocks of the vendor, as far as they lie from the bridge's."""

    def __init__(self, scene, **minutes):
        self.scene, self.drift, self.asked, self.answer = scene, minutes, 0, None

    @hookimpl
    def native_clocks(self, ticket_id):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        opened = self.scene.support.tickets[ticket_id].created_at
        dues = {"first response": 60, "resolution": 480}
        return tuple(
            NativeClock(
                name, opened + timedelta(minutes=minutes + self.drift.get(name[:5], 0)), breached=False
            )
            for name, minutes in dues.items()
        )


@pytest.fixture
def with_native(scene):
    def make(**minutes):
        native = Native(scene, **minutes)
        scene.bridge.helpdesks["support"].extend(native, "native")
        return native, scene.support.customer_writes("Printer on fire", "It burns.")

    return make


def reading(scene):
    with scene.bridge.database.read() as transaction:
        return vendor_clocks.load_native(transaction, 1)


def test_clocks_that_agree_are_kept_and_not_told_of(scene, with_native):
    native, ticket = with_native()
    scene.news(scene.support, ticket)
    assert [clock.name for clock in reading(scene).clocks] == ["first response", "resolution"]
    assert reading(scene).trouble is None
    assert "native_drift" not in scene.timeline()
    assert native.asked == 1


def test_a_drift_is_told_of_once(scene, with_native):
    _, ticket = with_native(first=5)
    for _ in range(3):
        scene.news(scene.support, ticket)
        scene.clock.advance(minutes=6)
    assert scene.timeline().count("native_drift") == 1
    with scene.bridge.database.read() as transaction:
        (entry,) = [e for e in case_views.load_timeline(transaction, 1) if e.code == "native_drift"]
    assert history_line(entry, "en") == (
        "The clock “first response” of support is due 2 Mar 2026, 10:05 UTC, 5 minutes after the bridge's "
        "first response (2 Mar 2026, 10:00 UTC). The bridge changes neither."
    )
    assert "5 menit sesudah respons pertama" in history_line(entry, "id")


def test_each_clock_that_drifts_is_told_of(scene, with_native):
    native, ticket = with_native(first=5)
    scene.news(scene.support, ticket)
    native.drift["resol"] = -30
    scene.run(minutes=6)
    scene.news(scene.support, ticket)
    assert scene.timeline().count("native_drift") == 2


def test_looks_are_five_minutes_apart_whatever_changes(scene, with_native):
    native, ticket = with_native()
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=4)
    scene.news(scene.support, ticket)
    assert native.asked == 1
    scene.support.set_status(ticket, StatusKind.OPEN)
    scene.news(scene.support, ticket)
    assert native.asked == 1, "each write of the bridge's own would cost a request"
    scene.clock.advance(minutes=1, seconds=1)
    scene.news(scene.support, ticket)
    assert native.asked == 2


def test_a_solved_ticket_is_looked_at_once_more(scene, with_native):
    native, ticket = with_native()
    scene.support.says(ticket, "Done.", Role.AGENT)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    for _ in range(3):
        scene.news(scene.support, ticket)
        scene.clock.advance(hours=1)
    assert native.asked == 1


def test_only_the_customers_ticket_is_looked_at(scene, with_native):
    native, ticket = with_native()
    dev = Native(scene)
    scene.bridge.helpdesks["dev"].extend(dev, "native")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    assert scene.dev.tickets
    assert native.asked > 1
    assert dev.asked == 0


@pytest.mark.parametrize(
    "answer",
    ["refused", ValueError("odd \x00 \ud800"), ("first response",), (NativeClock(None, None, False),)],
)
def test_trouble_with_them_is_written_down_and_stops_nothing(scene, with_native, answer):
    native, ticket = with_native(first=5)
    refused = PermissionDenied("agents only", scene.support.at("native_clocks"))
    native.answer = refused if answer == "refused" else answer
    scene.news(scene.support, ticket)
    assert reading(scene).trouble
    assert reading(scene).clocks == ()
    scene.run(minutes=61)
    assert "escalated" in scene.timeline()
    asked = native.asked
    native.answer = None
    scene.clock.advance(minutes=6)
    scene.news(scene.support, ticket)
    assert native.asked == asked + 1
    assert reading(scene).trouble is None


def test_a_naive_due_is_trouble_too(scene, with_native):
    native, ticket = with_native()
    native.answer = (NativeClock("first response", scene.clock().replace(tzinfo=None), breached=False),)
    scene.news(scene.support, ticket)
    assert "native_clocks" in reading(scene).trouble


def test_a_name_that_no_database_takes_stops_nothing(scene, with_native):
    native, ticket = with_native()
    due = scene.clock() + timedelta(minutes=5)
    native.answer = (NativeClock("first\x00 response \ud800", due, breached=False),)
    scene.news(scene.support, ticket)
    assert [clock.name for clock in reading(scene).clocks] == ["first response ?"]
    assert "native_drift" in scene.timeline()


def test_they_can_be_switched_off(scene, with_native):
    native, ticket = with_native()
    helpdesk = scene.bridge.helpdesks["support"]
    helpdesk.settings = helpdesk.settings.model_copy(update={"native_clocks": False})
    scene.news(scene.support, ticket)
    assert native.asked == 0
    assert reading(scene) is None


def test_dues_that_were_not_set_yet_are_looked_for_once_more(scene, with_native):
    """Freshdesk sets them some seconds after the create; a quiet ticket gives no other reason to look."""
    native, ticket = with_native()
    native.answer = ()
    scene.news(scene.support, ticket)
    assert reading(scene).clocks == ()
    native.answer = None
    scene.run(seconds=61)
    assert [clock.name for clock in reading(scene).clocks] == ["first response", "resolution"]
    assert native.asked == 2


def test_where_the_vendor_has_no_clocks_it_is_asked_once_more_only(scene, with_native):
    native, ticket = with_native()
    native.answer = ()
    scene.news(scene.support, ticket)
    for _ in range(4):
        scene.run(seconds=61)
    assert native.asked == 2

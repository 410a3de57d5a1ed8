"""Ladders when the world changes under them, over the whole way: from the webhook to what the helpdesks show, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import StepOutcome
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.policy import Metric, Step, StepClock, Targets
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.errors import NotReachable
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import case_file

RESOLUTION = Metric.RESOLUTION
OFFICE = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["09:00", "17:00"]]}})
UP = (Escalate("engineering"),)


class Pager:
    """Who is called, and with what words."""

    def __init__(self):
        self.calls = []

    @hookimpl
    def notify(self, to, message, key):
        self.calls.append((to, message.body.text))
        return "pager"


def happens(scene, *what):
    """A person's word about the case, as the command line writes it."""
    with scene.bridge.database.write() as transaction:
        case_file.save_events(transaction, 1, what)
    scene.wake()


def test_a_due_on_a_closed_day_leads_to_nothing_before_it(make_scene, make_policy):
    steps = (
        Step("warn", RESOLUTION, 80, 0, (LeaveNote("sla_warning"),)),
        Step("up", RESOLUTION, 100, 0, UP),
    )
    scene = make_scene(
        (make_policy(calendar=OFFICE, ladder=steps, targets=Targets(default={RESOLUTION: 4 * 3600})),)
    )
    scene.clock.at = saturday = datetime(2026, 3, 7, 10, tzinfo=UTC)
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    due = saturday + timedelta(days=1, hours=12)
    happens(scene, events.due_set(RESOLUTION, due, scene.clock()))
    scene.run()
    assert (scene.view().fired, scene.dev.tickets) == ((), {})
    scene.clock.at = due - timedelta(seconds=1)
    scene.run()
    (note,) = scene.support.comments[ticket]
    assert "set by hand" in note.body.text
    assert "0 s" not in note.body.text
    assert scene.dev.tickets == {}
    scene.run(seconds=1)
    assert len(scene.dev.tickets) == 1
    assert scene.support.tickets[ticket].status.kind is StatusKind.WAITING_THIRD_PARTY


def test_a_moment_in_a_long_pause_comes_when_it_ends(make_scene, make_policy):
    late = Step("late", RESOLUTION, 100, 12 * 3600, UP, clock=StepClock.CALENDAR)
    scene = make_scene((make_policy(ladder=(late,)),))
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(hours=9)
    scene.support.set_status(ticket, StatusKind.WAITING_CUSTOMER)
    scene.news(scene.support, ticket)
    for _ in range(5):
        scene.run(days=1)
    assert scene.dev.tickets == {}
    scene.support.set_status(ticket, StatusKind.OPEN)
    scene.news(scene.support, ticket)
    assert len(scene.dev.tickets) == 1
    assert [(step.step, step.outcome) for step in scene.view().fired] == [("late", StepOutcome.FIRED)]


def tagged(make_policy, tag, **changes):
    match = Condition((Test("tags", Operator.CONTAINS, (tag,)),))
    return make_policy(name=tag, match=match, **changes)


def test_a_policy_that_newly_fits_does_what_its_time_has_come_for_under_any_id(make_scene, make_policy):
    quiet = tuple(replace(step, actions=(LeaveNote("sla_warning"),)) for step in make_policy().ladder)
    scene = make_scene((tagged(make_policy, "vip"), tagged(make_policy, "std", ladder=quiet)))
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(days=3)
    assert scene.view().clocks == ()
    scene.support.add_tag(ticket, "std")
    scene.news(scene.support, ticket)
    assert {step.outcome for step in scene.view().fired} == {StepOutcome.FIRED}
    assert scene.timeline().count("clock_breached") == 2
    assert scene.dev.tickets == {}
    scene.run(days=1)
    scene.support.add_tag(ticket, "vip")  # comes first: its steps share their ids with the other's
    scene.news(scene.support, ticket)
    assert len(scene.dev.tickets) == 1
    assert "policy_changed" in scene.timeline()
    assert {(step.policy, step.step) for step in scene.view().fired} == {
        (policy, step) for policy in ("std", "vip") for step in ("warn", "escalate")
    }
    assert scene.timeline().count("clock_breached") == 2


def test_steps_stored_before_a_policy_was_part_of_their_keys_stay_done(make_scene, make_policy, monkeypatch):
    def old_key(metric, started_at, _policy, step, position):
        return keys.Step(metric, int(started_at.timestamp()), None, step, position)

    monkeypatch.setattr(keys.Step, "of", old_key)
    late = Step("late", RESOLUTION, 100, 0, (LeaveNote("sla_breached"),))
    policy = make_policy()
    scene = make_scene((replace(policy, ladder=(*policy.ladder, late)),))
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    monkeypatch.undo()
    scene.run(hours=8)
    assert sorted(step.step for step in scene.view().fired) == ["escalate", "late", "warn"]
    assert len(scene.dev.tickets) == 1


def test_time_used_under_one_calendar_stays_used_under_the_next(make_scene, make_policy):
    targets = Targets(default={RESOLUTION: 8 * 3600})
    office = make_policy(name="office", calendar=OFFICE, calendar_name="office", targets=targets, ladder=())
    night = tagged(make_policy, "night", targets=targets, ladder=(Step("up", RESOLUTION, 100, 0, UP),))
    scene = make_scene((night, office))
    scene.clock.at = datetime(2026, 3, 6, 16, tzinfo=UTC)
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.at = monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    scene.support.add_tag(ticket, "night")
    scene.news(scene.support, ticket)
    for _ in range(3):
        (clock,) = scene.view().clocks
        assert (clock.state, clock.due) == (ClockState.RUNNING, monday + timedelta(hours=7))
        scene.run(hours=1)
    assert scene.dev.tickets == {}
    assert scene.timeline().count("calendar_changed") == 1
    scene.run(hours=4)
    assert len(scene.dev.tickets) == 1


@pytest.fixture
def waiting(make_scene, make_policy):
    """A notice that waits for Monday morning, and the pager that it is for."""
    pager = Pager()
    page = Step("page", RESOLUTION, 100, 3600, (SendNotice("on-call", "notice"),), clock=StepClock.CALENDAR)
    scene = make_scene(
        (make_policy(calendar=OFFICE, ladder=(page,), targets=Targets(default={RESOLUTION: 3600})),),
        pager=pager,
    )
    scene.clock.at = datetime(2026, 3, 6, 16, tzinfo=UTC)
    ticket = scene.support.customer_writes("Fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(hours=2)
    assert len(scene.view().intents) == 1
    assert pager.calls == []
    return scene, ticket, pager


MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_a_notice_that_waited_goes_at_the_opening(waiting):
    scene, ticket, pager = waiting
    scene.clock.at = MONDAY
    scene.run()
    ((to, text),) = pager.calls
    assert to == "on-call"
    assert "late" not in text
    assert scene.support.tickets[ticket].key in text


UNHEARD = {
    "solved": lambda scene, ticket: scene.support.set_status(ticket, StatusKind.SOLVED),
    "pending": lambda scene, ticket: scene.support.set_status(ticket, StatusKind.WAITING_CUSTOMER),
    "merged": lambda scene, ticket: scene.support.merges(
        ticket, scene.support.customer_writes("Fire", "Same.")
    ),
    "acknowledged": lambda scene, _: happens(scene, events.acknowledged("sari", scene.clock())),
    "moved": lambda scene, _: happens(
        scene, events.due_set(RESOLUTION, MONDAY + timedelta(days=26), scene.clock())
    ),
}


@pytest.mark.parametrize("change", UNHEARD)
def test_a_notice_that_waited_does_not_go_when_the_ticket_changed_without_a_webhook(waiting, change):
    scene, ticket, pager = waiting
    scene.clock.at = MONDAY - timedelta(minutes=1)
    UNHEARD[change](scene, ticket)
    scene.clock.at = MONDAY
    scene.run()
    scene.run(days=1)
    assert pager.calls == []


def test_a_notice_waits_where_the_ticket_cannot_be_read(waiting):
    scene, ticket, pager = waiting
    scene.clock.at = MONDAY
    scene.support.faults["fetch_ticket"] = [NotReachable("down", scene.support.at("fetch_ticket"))]
    scene.run()
    assert pager.calls == []
    scene.run(minutes=10)
    assert len(pager.calls) == 1
    assert scene.support.tickets[ticket].status.kind is StatusKind.NEW

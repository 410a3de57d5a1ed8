"""When steps come: around a due set by hand, after a pause, and under terms that begin to count late."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.cases import StepOutcome
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.rungs import rungs_of
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.calendar_swaps import counted_by
from escalation_bridge.domain.sla.clocks import ClockState, compute_clocks
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.policy import Metric, Repeat, Step, StepClock, Targets
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Role, StatusKind

RESOLUTION, FIRST = Metric.RESOLUTION, Metric.FIRST_RESPONSE
OFFICE = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["09:00", "17:00"]]}})
FRIDAY = datetime(2026, 3, 6, 14, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 10, tzinfo=UTC)
NOTE = (LeaveNote("sla_breached"),)


def step(name, percent=100, offset=0, clock=StepClock.BUSINESS, **more):
    return Step(name, RESOLUTION, percent, offset, NOTE, clock=clock, **more)


LADDER = (
    step("share", percent=80),
    step("before", offset=-600),
    step("before-wall", offset=-600, clock=StepClock.CALENDAR),
    step("at"),
    step("after", offset=1800),
    step("after-wall", offset=1800, clock=StepClock.CALENDAR),
)


def times(make_world, opened_at, due, ladder=LADDER, calendar=OFFICE):
    """When each step comes after a person set the due right after the ticket was opened."""
    policy = make_world.policy(
        calendar=calendar, ladder=ladder, targets=Targets(default={RESOLUTION: 8 * 3600})
    )
    history = [
        TicketEvent("opened", opened_at, EventKind.OPENED, Role.CUSTOMER, public=True, status=StatusKind.NEW),
        events.due_set(RESOLUTION, due, opened_at + timedelta(seconds=1)),
    ]
    now = opened_at + timedelta(seconds=2)
    (clock,) = compute_clocks(history, policy, None, now)
    assert clock.manual
    return {rung.id: rung.due for rung in rungs_of(policy, clock, now)}


def test_on_closed_days_no_step_comes_before_its_due(make_world):
    due = SATURDAY + timedelta(days=1, hours=2)
    found = times(make_world, SATURDAY, due)
    assert found["at"] == found["before"] + timedelta(minutes=10) == due
    assert found["before-wall"] == due - timedelta(minutes=10)
    assert SATURDAY < found["share"] < due
    assert found["after-wall"] == due + timedelta(minutes=30)
    assert found["after"] == datetime(2026, 3, 9, 9, 30, tzinfo=UTC)


def test_a_due_outside_working_hours_is_not_taken_for_the_closing_time_before_it(make_world):
    due = datetime(2026, 3, 8, 12, tzinfo=UTC)
    found = times(make_world, FRIDAY, due)
    assert found["at"] == due
    assert found["before"] == datetime(2026, 3, 6, 16, 50, tzinfo=UTC)  # ten working minutes before
    assert found["share"] == datetime(2026, 3, 6, 16, 24, tzinfo=UTC)  # 80 % of three working hours


@given(
    opened=st.integers(0, 7 * 24 * 60),
    ahead=st.integers(1, 10 * 24 * 60),
    offset=st.integers(0, 3000),
    wall=st.booleans(),
)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_whatever_due_is_set_a_step_at_it_comes_then_and_those_after_it_later(
    make_world, opened, ahead, offset, wall
):
    begin = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=opened)
    due = begin + timedelta(minutes=ahead)
    kind = StepClock.CALENDAR if wall else StepClock.BUSINESS
    ladder = (
        step("at"),
        step("after", offset=offset * 60, clock=kind),
        step("before", offset=-offset * 60, clock=kind),
        step("share", percent=50),
    )
    found = times(make_world, begin, due, ladder)
    assert found["at"] == due
    assert begin <= found["before"] <= due <= found["after"]
    assert begin <= found["share"] <= due
    if wall:
        assert found["after"] == due + timedelta(minutes=offset)
    elif offset:
        assert OFFICE.elapsed(due, found["after"]) == offset * 60


def test_the_ladder_of_a_due_on_a_closed_day_waits_for_it(make_world):
    ladder = (step("warn", percent=80), replace(step("up"), actions=(Escalate("engineering"),)))
    world = make_world(
        policies=(
            make_world.policy(
                calendar=OFFICE, ladder=ladder, targets=Targets(default={RESOLUTION: 4 * 3600})
            ),
        )
    )
    world.now = SATURDAY
    world.set(world.origin, created_at=SATURDAY)
    world.work()
    due = SATURDAY + timedelta(days=2)
    world.view = replace(world.view, events=(*world.view.events, events.due_set(RESOLUTION, due, SATURDAY)))
    world.work()
    assert world.writes == {}
    world.now = due - timedelta(seconds=1)
    world.work()
    assert not any("up" in key for key in world.writes)
    world.now = due
    world.work()
    assert any(record.intent.kind == "create_ticket" for record in world.writes.values())


# --- pauses -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeat", [None, Repeat(12 * 3600, 4)], ids=["once", "repeated"])
def test_a_step_whose_moment_falls_into_a_pause_comes_when_it_ends(make_world, repeat):
    late = step("late", offset=12 * 3600, clock=StepClock.CALENDAR, repeat=repeat)
    world = make_world(
        policies=(make_world.policy(ladder=(late,), targets=Targets(default={RESOLUTION: 3600})),)
    )
    world.work()
    world.later(hours=3)
    world.set(world.origin, "waiting_customer")
    world.work()
    world.later(days=4)  # the bridge runs, and the customer does not answer
    world.work()
    assert world.view.fired == ()
    world.set(world.origin, "open")
    world.work()
    assert [(s.step, s.outcome, s.late_seconds) for s in world.view.fired] == [("late", StepOutcome.FIRED, 0)]


PAUSE = st.tuples(st.integers(1, 200), st.integers(1, 200))


@given(
    pauses=st.lists(PAUSE, max_size=4),
    offset=st.integers(-40, 150),
    repeats=st.booleans(),
)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_no_step_is_ever_stale_while_the_bridge_runs(make_world, pauses, offset, repeats):
    repeat = Repeat(9 * 3600, 3) if repeats and offset >= 0 else None
    late = step("late", offset=offset * 3600, clock=StepClock.CALENDAR, repeat=repeat)
    world = make_world(
        policies=(make_world.policy(ladder=(late,), targets=Targets(default={RESOLUTION: 48 * 3600})),)
    )

    def wait(hours):
        """The bridge looks whenever it wants to."""
        end = world.now + timedelta(hours=hours)
        while True:
            world.work()
            wake = world.history[-1].next_wake
            if wake is None or wake > end:
                break
            world.now = wake
        world.now = end

    for running, paused in pauses:
        wait(running)
        world.set(world.origin, "waiting_customer")
        wait(paused)
        world.set(world.origin, "open")
    wait(600)
    assert {fired.outcome for fired in world.view.fired} == {StepOutcome.FIRED}
    assert len(world.view.fired) == (repeat.at_most if repeat else 1)


# --- other terms ------------------------------------------------------------------------------------------------------


def tagged(make_world, tag, **changes):
    match = Condition((Test("tags", Operator.CONTAINS, (tag,)),))
    return make_world.policy(name=tag, match=match, **changes)


def breaches(world):
    entries = [entry for decision in world.history for entry in decision.timeline]
    return [(e.at, e.facts["cause"]) for e in entries if e.code == "clock_breached"]


def test_a_policy_that_newly_fits_carries_its_past_steps_out_at_once(make_world):
    world = make_world(policies=(tagged(make_world, "vip"),))
    world.work()
    world.later(days=5)
    world.set(world.origin, tags=frozenset({"vip"}))
    world.work()
    assert [(s.step, s.outcome, s.late_seconds) for s in world.view.fired] == [
        ("warn", StepOutcome.FIRED, 0),
        ("escalate", StepOutcome.FIRED, 0),
    ]
    assert set(breaches(world)) == {(world.now, "retarget")}


def test_what_the_bridge_slept_through_is_stale_all_the_same(make_world):
    world = make_world()
    world.later(days=5)  # the first look comes after a standstill
    world.work()
    assert {s.outcome for s in world.view.fired} == {StepOutcome.STALE}
    assert {cause for _, cause in breaches(world)} == {""}


def test_a_metric_that_is_newly_promised_is_broken_once_for_that_reason(make_world):
    ladder = (step("up"),)
    first = Targets(default={FIRST: 3600})
    both = Targets(default={FIRST: 3600, RESOLUTION: 3600})
    world = make_world(
        policies=(
            tagged(make_world, "vip", targets=both, ladder=ladder),
            make_world.policy(targets=first, ladder=()),
        )
    )
    world.work()
    world.says(world.origin, Role.AGENT, "Hello")
    world.work()
    world.later(days=3)
    world.set(world.origin, tags=frozenset({"vip"}))
    world.work()
    assert [(s.step, s.outcome) for s in world.view.fired] == [("up", StepOutcome.FIRED)]
    assert breaches(world) == [(world.now, "retarget")]


def test_a_step_that_a_reprocess_brings_is_not_too_late_for_having_come_late(make_world):
    world = make_world(policies=(make_world.policy(ladder=()),))
    world.view = replace(world.view, rules_version=1)
    world.work()
    world.later(days=4)
    world.work()
    world.view = replace(world.view, rules_version=2)
    world.rules = replace(world.rules, policies=(make_world.policy(),))
    world.work()
    assert [(s.step, s.outcome) for s in world.view.fired] == [
        ("warn", StepOutcome.FIRED),
        ("escalate", StepOutcome.FIRED),
    ]


def test_a_step_id_of_another_policy_has_not_fired(make_world):
    ladder = (
        Step("warn", FIRST, 50, 0, NOTE),
        Step("hand-on", FIRST, 100, 0, (Escalate("engineering"),)),
    )
    quiet = (Step("warn", FIRST, 50, 0, NOTE), Step("hand-on", FIRST, 100, 0, NOTE))
    world = make_world(
        policies=(tagged(make_world, "vip", ladder=ladder), make_world.policy(name="std", ladder=quiet))
    )
    world.work()
    world.later(hours=2)
    world.work()
    assert not any(record.intent.kind == "create_ticket" for record in world.writes.values())
    world.set(world.origin, tags=frozenset({"vip"}))
    world.work()
    assert any(record.intent.kind == "create_ticket" for record in world.writes.values())
    assert "policy_changed" in world.codes
    before = len(world.view.fired)
    world.set(world.origin, tags=frozenset())  # and back: what this one did is done
    world.work()
    assert len(world.view.fired) == before


def test_a_step_that_fired_under_a_key_without_its_policy_does_not_fire_again(make_world):
    world = make_world().escalate()
    keys = dict(world.view.intents)
    old = {
        key.replace(":all:", ":", 1): replace(record, key=key.replace(":all:", ":", 1))
        for key, record in keys.items()
    }
    assert old.keys() != keys.keys()
    world.view = replace(world.view, intents=old, promised=None)
    fired = len(world.view.fired)
    world.later(minutes=5)
    world.work()
    assert len(world.view.fired) == fired


def test_used_time_survives_a_swap_of_calendars(make_world):
    targets = Targets(default={RESOLUTION: 8 * 3600})
    office = make_world.policy(
        name="office", calendar=OFFICE, calendar_name="office", targets=targets, ladder=()
    )
    world = make_world(
        policies=(tagged(make_world, "night", calendar=ALWAYS, targets=targets, ladder=(step("up"),)), office)
    )
    monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    world.now = FRIDAY + timedelta(hours=2)  # one working hour before the weekend
    world.set(world.origin, created_at=world.now)
    world.work()
    world.now = monday
    world.set(world.origin, tags=frozenset({"night"}))
    world.work()
    (clock,) = world.view.clocks
    assert (clock.state, clock.used_seconds) == (ClockState.RUNNING, 3600)
    assert clock.due == monday + timedelta(hours=7)
    assert world.view.fired == ()
    assert "calendar_changed" in world.codes
    world.now = clock.due
    world.work()
    assert [s.step for s in world.view.fired] == ["up"]
    world.later(hours=1)
    world.set(world.origin, tags=frozenset())  # and back: each counts for its own time
    world.work()
    (clock,) = world.view.clocks
    assert clock.used_seconds == 3600 + 8 * 3600


@given(
    swaps=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    begin=st.integers(0, 100),
    target=st.integers(0, 200 * 3600),
    pause=st.tuples(st.integers(0, 120), st.integers(0, 60)),
)
@settings(derandomize=True, max_examples=150, deadline=None)
def test_swapped_calendars_add_up(swaps, begin, target, pause):
    base = datetime(2026, 3, 2, tzinfo=UTC)
    at, found = base, []
    for n, hours in enumerate(swaps):
        at += timedelta(hours=hours)
        found.append((at, (OFFICE if n % 2 else ALWAYS).spec))
    calendar = counted_by(OFFICE if len(swaps) % 2 else ALWAYS, found)
    start = base + timedelta(hours=begin)
    pauses = ((base + timedelta(hours=pause[0]), base + timedelta(hours=sum(pause))),)
    due = calendar.due(start, target, pauses)
    assert calendar.elapsed(start, due, pauses) == target
    if due > start:
        assert calendar.elapsed(start, due - timedelta(seconds=1), pauses) < target
    assert sum(int((b - a).total_seconds()) for a, b in calendar.spans(start, due, pauses)) == target
    half = target // 2
    assert calendar.elapsed(calendar.back(due, half, pauses), due, pauses) == half or half == 0

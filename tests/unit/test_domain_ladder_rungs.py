"""Steps that repeat, wait, depend, page or are stopped; dues that a person sets; promises that begin later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain.case.cases import StepOutcome
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.policy import Metric, Repeat, Step, StepClock, Targets
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Role

FIRST, RESOLUTION = Metric.FIRST_RESPONSE, Metric.RESOLUTION
NOTE = (LeaveNote("sla_breached"),)
OFFICE = parse_calendar(
    {"timezone": "UTC", "hours": {"mon-fri": [["09:00", "17:00"]]}}
)  # the story begins at 09:00


@pytest.fixture
def world_with(make_world):
    def make(*ladder, priority=Priority.NORMAL, **policy):
        return make_world(policies=(make_world.policy(ladder=ladder, **policy),), priority=priority)

    return make


def steps(world):
    return [step.step for step in world.view.fired if step.outcome is StepOutcome.FIRED]


def happens(world, event):
    """A person's doing that the store keeps as an event."""
    world.view = replace(world.view, events=events.order((*world.view.events, event)))


def test_a_step_repeats_as_often_as_written(world_with):
    world = world_with(Step("remind", FIRST, 100, 0, NOTE, repeat=Repeat(600, 3)))
    for _ in range(12):
        world.work()
        world.later(minutes=10)
    assert steps(world) == ["remind", "remind#2", "remind#3"]
    at = [step.at - world.view.opened_at for step in world.view.fired]
    assert at == [timedelta(minutes=60), timedelta(minutes=70), timedelta(minutes=80)]


@pytest.mark.parametrize("ends", ["answer", "solve", "acknowledge"])
def test_repeating_ends(world_with, ends):
    world = world_with(Step("remind", FIRST, 100, 0, NOTE, repeat=Repeat(600, 9)))
    world.work()
    world.later(minutes=61)
    world.work()
    if ends == "answer":
        world.says(world.origin, Role.AGENT, "Answer")
    elif ends == "solve":
        world.set(world.origin, "solved")
    else:
        happens(world, events.acknowledged("sari", world.now))
    for _ in range(5):
        world.later(minutes=30)
        world.work()
    assert steps(world) == ["remind"]
    clock = next(clock for clock in world.view.clocks if clock.metric is FIRST)
    assert (clock.state is ClockState.RUNNING) is (ends == "acknowledge"), "acknowledging never stops a clock"


def test_acknowledging_is_for_the_cycles_that_have_begun(world_with):
    world = world_with(
        Step("it", Metric.NEXT_RESPONSE, 100, 0, NOTE),
        targets=Targets(default={FIRST: 60, Metric.NEXT_RESPONSE: 600}),
    )
    world.work()
    happens(world, events.acknowledged("sari", world.now))
    world.later(minutes=1)
    world.says(world.origin, Role.AGENT, "Answer")
    world.later(minutes=1)
    world.says(world.origin, Role.CUSTOMER, "Question")
    world.work()
    world.later(minutes=11)
    world.work()
    assert steps(world) == ["it"]


@pytest.mark.parametrize(("reopened", "fired"), [(False, []), (True, ["late"])])
def test_who_took_a_case_on_before_it_was_solved_is_not_meant_when_it_is_reopened(
    world_with, reopened, fired
):
    resolution = Targets(default={Metric.RESOLUTION: 6 * 3600})
    world = world_with(Step("late", Metric.RESOLUTION, 100, 0, NOTE), targets=resolution)
    world.work()
    happens(world, events.acknowledged("sari", world.now))
    world.later(hours=1)
    if reopened:
        for status in ("solved", "open"):
            world.set(world.origin, status)
            world.work()
            world.later(minutes=1)
    world.later(hours=7)
    world.work()
    assert steps(world) == fired


def test_an_offset_may_count_all_hours(world_with):
    ladder = (
        Step("business", FIRST, 100, 3600, NOTE),
        Step("calendar", FIRST, 100, 3600, NOTE, clock=StepClock.CALENDAR),
    )
    world = world_with(*ladder, calendar=OFFICE, targets=Targets(default={FIRST: 8 * 3600}))
    world.work()
    world.later(hours=9)  # 18:00, an hour after closing and the due
    world.work()
    assert steps(world) == ["calendar"]
    world.later(hours=15, minutes=59)
    world.work()
    assert steps(world) == ["calendar"]
    world.later(minutes=1)  # 10:00 of the next day
    world.work()
    assert steps(world) == ["calendar", "business"]


def test_a_condition_is_tested_when_the_step_is_due_and_never_again(world_with):
    urgent = Condition(all=(Test("priority", Operator.IS, ("urgent",)),))
    world = world_with(
        Step("it", FIRST, 100, 0, NOTE, condition=urgent), Step("late", FIRST, 200, 0, NOTE, condition=urgent)
    )
    world.work()
    world.later(hours=1)
    world.work()
    assert [(step.step, step.outcome) for step in world.view.fired] == [("it", StepOutcome.REFUSED)]
    world.set(world.origin, priority=Priority.URGENT)
    world.later(hours=1)
    world.work()
    assert steps(world) == ["late"]


@pytest.mark.parametrize(("page", "waits"), [(False, True), (True, False)])
def test_a_notice_waits_for_opening_hours_unless_it_pages(world_with, page, waits):
    step = Step(
        "it",
        FIRST,
        100,
        3600,
        (SendNotice("duty", "sla_breached"), *NOTE),
        clock=StepClock.CALENDAR,
        page=page,
    )
    world = world_with(step, calendar=OFFICE, targets=Targets(default={FIRST: 8 * 3600}))
    world.work()
    world.later(hours=9)
    world.read()
    decision = world.decide()
    not_before = {type(keyed.intent): keyed.not_before for keyed in decision.intents}
    assert not_before[WriteComment] is None, "a note in the ticket wakes nobody"
    opening = datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert not_before[Notify] == (opening if waits else None)


def test_what_comes_at_once_is_one_note_that_says_how_late(world_with):
    world = world_with(
        Step("a", FIRST, 50, 0, NOTE), Step("b", FIRST, 80, 0, NOTE), Step("c", FIRST, 100, 0, NOTE)
    )
    world.work()
    world.later(hours=12)
    world.read()
    decision = world.decide()
    assert [step.step for step in decision.fired] == ["a", "b", "c"]
    (note,) = (keyed.intent for keyed in decision.intents if isinstance(keyed.intent, WriteComment))
    assert note.message.facts["steps"] == "3"
    assert note.message.facts["late_seconds"] == str(11 * 3600 + 1800)  # the first of them


def test_a_step_fires_again_after_a_retarget_only_if_written(world_with):
    targets = Targets(by_priority={RESOLUTION: {Priority.HIGH: 3600}}, default={RESOLUTION: 8 * 3600})
    world = world_with(
        Step("once", RESOLUTION, 100, 0, NOTE),
        Step("again", RESOLUTION, 100, 0, NOTE, refire_on_retarget=True),
        targets=targets,
        priority=Priority.HIGH,
    )
    world.work()
    world.later(hours=1)
    world.work()
    assert steps(world) == ["again", "once"]
    world.set(world.origin, priority=Priority.LOW)
    world.work()
    assert "retargeted" in world.codes
    assert "breach_superseded" not in world.codes, "one hour was just reached, not exceeded"
    world.later(hours=7)
    world.work()
    assert steps(world) == ["again", "once", "again@28800"]


def test_a_due_set_by_hand_is_sticky_until_it_is_cleared(world_with):
    world = world_with()
    world.work()
    due = world.now + timedelta(hours=30)
    happens(world, events.due_set(RESOLUTION, due, world.now))
    world.set(world.origin, "waiting_customer")
    world.work()
    clock = next(clock for clock in world.view.clocks if clock.metric is RESOLUTION)
    assert (clock.due, clock.manual, clock.state) == (due, True, ClockState.RUNNING)
    world.set(world.origin, priority=Priority.URGENT)
    world.later(hours=1)
    world.work()
    clock = next(clock for clock in world.view.clocks if clock.metric is RESOLUTION)
    assert clock.due == due
    happens(world, events.due_set(RESOLUTION, None, world.now))
    world.work()
    clock = next(clock for clock in world.view.clocks if clock.metric is RESOLUTION)
    assert (clock.manual, clock.state) == (False, ClockState.PAUSED)
    assert [code for code in world.codes if code.startswith("due_")] == ["due_set", "due_cleared"]


def test_a_breach_by_another_target_says_so_and_is_found_now(world_with):
    targets = Targets(by_priority={RESOLUTION: {Priority.URGENT: 3600}}, default={RESOLUTION: 8 * 3600})
    world = world_with(targets=targets)
    world.work()
    world.later(hours=2)
    world.set(world.origin, priority=Priority.URGENT)
    world.work()
    (entry,) = (e for d in world.history for e in d.timeline if e.code == "clock_breached")
    assert (entry.facts["cause"], entry.at) == ("retarget", world.now)
    world.set(world.origin, priority=Priority.LOW)
    world.work()
    assert "breach_superseded" in world.codes


def test_a_promise_counts_for_tickets_opened_since(make_world):
    later, always = make_world.policy(name="new"), make_world.policy(name="old")
    world = make_world(policies=(replace(later, effective_from=datetime(2027, 1, 1, tzinfo=UTC)), always))
    world.work()
    assert {clock.policy for clock in world.view.clocks} == {"old"}


def test_a_policy_is_enforced_on_tickets_opened_since_and_shows_its_clocks_on_all(world_with):
    world = world_with(Step("it", FIRST, 100, 0, NOTE), enforce_from=datetime(2027, 1, 1, tzinfo=UTC))
    world.work()
    world.later(hours=2)
    world.work()
    assert steps(world) == []
    assert "clock_breached" in world.codes

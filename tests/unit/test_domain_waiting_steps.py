"""What a step decided and could not be sent at once is checked, and worded, again just before it goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.domain.sla.policy import Metric, Step, StepClock, Targets
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Presence, Priority

OFFICE = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["09:00", "17:00"]]}})
RESOLUTION = Metric.RESOLUTION
FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)
PAGE = (SendNotice("on-call", "notice"),)
LATE = Step("late", RESOLUTION, 100, 3600, PAGE, clock=StepClock.CALENDAR)


@pytest.fixture(scope="session")
def waiting(make_world):
    """A world on Friday evening: the notice about a missed target waits for Monday morning."""

    def make(**policy):
        targets = Targets(default={RESOLUTION: 3600}, by_priority={RESOLUTION: {Priority.LOW: 26 * 8 * 3600}})
        values = {"calendar": OFFICE, "targets": targets, "ladder": (LATE,)} | policy
        other = make_world.policy(
            name="other",
            match=Condition((Test("tags", Operator.CONTAINS, ("other",)),)),
            calendar=OFFICE,
            targets=Targets(default={RESOLUTION: 30 * 3600}),
            ladder=(),
        )
        world = make_world(policies=(other, make_world.policy(**values)))
        world.now = FRIDAY + timedelta(hours=1)
        world.set(world.origin, created_at=world.now)
        world.work()
        world.now += timedelta(hours=2)
        world.work()
        assert states(world) == [IntentState.PENDING]
        assert next(iter(world.writes.values())).next_attempt_at == MONDAY
        return world

    return make


def states(world):
    return [record.state for record in world.writes.values() if record.intent.kind == "notify"]


def acknowledged(world):
    world.view = replace(
        world.view, events=events.order((*world.view.events, events.acknowledged("sari", world.now)))
    )


def due_moved(world):
    far = events.due_set(RESOLUTION, world.now + timedelta(days=26), world.now)
    world.view = replace(world.view, events=events.order((*world.view.events, far)))


CHANGES = {
    "met": lambda world: world.set(world.origin, "solved"),
    "closed": lambda world: world.set(world.origin, "closed"),
    "acknowledged": acknowledged,
    "paused": lambda world: world.set(world.origin, "waiting_customer"),
    "moved by hand": due_moved,
    "moved by another target": lambda world: world.set(world.origin, priority=Priority.LOW),
    "moved under another policy": lambda world: world.set(world.origin, tags=frozenset({"other"})),
    "merged": lambda world: world.set(world.origin, presence=Presence.MERGED),
    "deleted": lambda world: world.set(world.origin, presence=Presence.DELETED),
    "not to be read": lambda world: setattr(
        world, "view", replace(world.view, unread=frozenset({world.origin}))
    ),
}
FOR_GOOD = ("met", "closed", "acknowledged", "moved under another policy", "merged")


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_not_sent_when_something_happened_meanwhile(waiting, change):
    world = waiting()
    world.now = MONDAY - timedelta(seconds=5)
    CHANGES[change](world)
    world.now = MONDAY
    for _ in range(3):
        world.work()
        world.later(minutes=10)
    assert states(world) == [IntentState.CANCELLED if change in FOR_GOOD else IntentState.PENDING]
    assert ("withdrawn" in world.codes) is (change in FOR_GOOD)


def test_it_is_sent_when_nothing_happened_and_says_what_is_true_then(waiting):
    world = waiting()
    world.set(world.origin, subject="Printer still on fire")
    world.now = MONDAY
    world.work()
    (record,) = world.writes.values()
    assert record.state is IntentState.DONE
    assert record.intent.message.facts["ticket_subject"] == "Printer still on fire"
    assert record.intent.message.facts["late_seconds"] == "0"  # it comes when it was meant to come


def test_frozen_is_not_lost_and_waits_for_working_hours_again(waiting):
    world = waiting()
    world.set(world.origin, "waiting_customer")
    world.now = MONDAY
    world.work()
    world.now = MONDAY + timedelta(days=2, hours=14)  # Wednesday night
    world.set(world.origin, "open")
    world.work()
    assert states(world) == [IntentState.PENDING]
    world.now = MONDAY + timedelta(days=3)
    world.work()
    assert states(world) == [IntentState.DONE]


def test_an_escalation_that_could_not_be_created_waits_out_a_pause(make_world):
    ladder = (Step("up", RESOLUTION, 100, 0, (Escalate("engineering"),)),)
    world = make_world(policies=(make_world.policy(ladder=ladder),))
    world.work()
    world.later(hours=9)
    world.read()
    world.record(world.decide())  # the other side is down
    world.set(world.origin, "waiting_customer")
    world.later(hours=1)
    world.work()
    assert [record.state for record in world.writes.values()] == [IntentState.PENDING]
    world.set(world.origin, "open")
    world.later(hours=1)
    world.work()
    assert world.link


def test_raising_the_priority_into_another_policy_does_not_take_the_escalation_back(make_world):
    urgent = make_world.policy(
        name="urgent",
        match=Condition((Test("priority", Operator.IS, ("high", "urgent")),)),
        targets=Targets(default={RESOLUTION: 3600}),
        ladder=(),
    )
    ladder = (Step("up", RESOLUTION, 100, 0, (RaisePriority(), Escalate("engineering"))),)
    world = make_world(policies=(urgent, make_world.policy(name="usual", ladder=ladder)))
    world.work()
    world.later(hours=9)
    world.work()
    assert world.link
    assert "policy_changed" in world.codes


@given(what=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3), hours=st.integers(0, 60))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_whatever_happens_together_it_is_not_sent(waiting, what, hours):
    world = waiting()
    world.now += timedelta(hours=hours)
    for change in what:
        CHANGES[change](world)
    world.now = max(world.now, MONDAY)
    world.work()
    assert IntentState.DONE not in states(world)


def test_keys_of_both_ages_are_understood():
    old, new = (
        "step:resolution:1772701200:remind#2:1",
        keys.Step.of("resolution", FRIDAY, "vip", "remind#2", 1).text,
    )
    assert (keys.Step.read(old).policy, keys.Step.read(new).policy) == (None, "vip")
    assert (keys.Step.read(old).step, keys.Step.read(old).position) == ("remind#2", 1)
    assert keys.Step.read("leg:step:1:over") is None


def test_a_notice_stored_under_an_old_key_is_checked_all_the_same(waiting):
    world = waiting()
    (record,) = world.writes.values()
    old = record.key.replace(":all:", ":")
    world.view = replace(world.view, intents={old: replace(record, key=old)})
    acknowledged(world)
    world.now = MONDAY
    world.work()
    assert states(world) == [IntentState.CANCELLED]


def test_several_steps_that_come_late_together_say_how_late_the_first_is(make_world):
    ladder = (
        Step("warn", RESOLUTION, 50, 0, (LeaveNote("sla_warning"),)),
        Step("broken", RESOLUTION, 100, 0, (LeaveNote("sla_breached"),)),
    )
    world = make_world(
        policies=(make_world.policy(ladder=ladder, targets=Targets(default={RESOLUTION: 10 * 3600})),)
    )
    world.work()
    world.later(hours=10)  # five hours after the first, and just at the second
    world.work()
    (record,) = world.writes.values()
    assert record.intent.message.template == "sla_breached"
    assert record.intent.message.facts["late_seconds"] == str(5 * 3600)
    assert record.intent.message.facts["steps"] == "2"


def test_what_waited_goes_out_on_a_fresh_ticket_only(waiting):
    """An answer may have come meanwhile, and its webhook may be lost."""
    world = waiting()
    world.now = MONDAY - timedelta(seconds=5)
    assert world.origin not in world.decide().rests_on
    world.now = MONDAY
    assert world.origin in world.decide().rests_on

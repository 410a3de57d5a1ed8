"""The points of a ladder, and when each is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.policy import Policy, Step, StepClock


@dataclass(frozen=True, slots=True)
class Rung:
    """One point of one clock: a step, or one of its repetitions.

    Attributes:
        id: The step's id; a repetition adds its number.
        planned: When it comes by the clock alone.
        due: When it can be dealt with: the end of the pause that it falls into, if it falls into one.
    """

    id: str
    step: Step
    clock: Clock
    planned: datetime
    due: datetime


def rungs_of(policy: Policy, clock: Clock, now: datetime) -> Iterator[Rung]:
    """The points of a running clock; of repetitions those up to the first one ahead. A paused clock freezes all of its own."""
    if clock.state is not ClockState.RUNNING:
        return
    for step in policy.ladder:
        if step.metric is clock.metric:
            yield from rungs_of_step(step, clock, policy.calendar, now)


def rungs_of_step(step: Step, clock: Clock, calendar: Calendar, now: datetime) -> Iterator[Rung]:
    """A step of a running clock and its repetitions up to the first one ahead."""
    rung = _rung(step.id, step, clock, step_due(step, clock, calendar))
    yield rung
    if step.repeat is None:
        return
    for number in range(2, step.repeat.at_most + 1):
        if rung.due > now:
            return
        planned = _later(step, clock, calendar, rung.due, step.repeat.every_seconds)
        rung = _rung(keys.StepName(step.id, number).text, step, clock, planned)
        yield rung


def _rung(name: str, step: Step, clock: Clock, planned: datetime) -> Rung:
    return Rung(name, step, clock, planned, _thawed(planned, clock))


def _thawed(at: datetime, clock: Clock) -> datetime:
    """What falls into a pause is frozen, and due at its end."""
    for start, end in sorted(clock.pauses):
        if start <= at < end:
            at = end
    return at


def step_due(step: Step, clock: Clock, calendar: Calendar) -> datetime:
    """When a step of a running clock comes by the clock alone."""
    if clock.manual and clock.due is not None:
        return max(clock.started_at, _around(step, clock, clock.due, calendar))
    if step.clock is StepClock.BUSINESS:
        return calendar.due(clock.started_at, step.used_seconds(clock.target_seconds), clock.pauses)
    share = clock.target_seconds * step.percent // 100
    at = calendar.due(clock.started_at, share, clock.pauses) + timedelta(seconds=step.offset_seconds)
    return max(at, clock.started_at)


def _around(step: Step, clock: Clock, due: datetime, calendar: Calendar) -> datetime:
    """When a step is due if the clock's due time was set by hand: relative to that time, which may be outside working time.

    Where there is no working time to count in before the due, all time is counted: a warning comes before the due, never
    the moment that it is set.
    """
    offset = timedelta(seconds=step.offset_seconds)
    if step.percent == 100:
        anchor = due
    else:
        worked, whole = clock.target_seconds, int((due - clock.started_at).total_seconds())
        begin, share = (clock.started_at, step.percent) if step.percent < 100 else (due, step.percent - 100)
        if worked:
            anchor = calendar.due(begin, worked * share // 100)
        else:
            anchor = begin + timedelta(seconds=whole * share // 100)
    if step.clock is StepClock.CALENDAR or not offset:
        return anchor + offset
    if offset > timedelta(0):
        return calendar.due(anchor, step.offset_seconds)
    ahead = calendar.elapsed(clock.started_at, anchor) if anchor > clock.started_at else 0
    return calendar.back(anchor, -step.offset_seconds) if ahead >= -step.offset_seconds else anchor + offset


def _later(step: Step, clock: Clock, calendar: Calendar, due: datetime, seconds: int) -> datetime:
    if step.clock is StepClock.CALENDAR:
        return due + timedelta(seconds=seconds)
    return calendar.due(due, seconds, clock.pauses)

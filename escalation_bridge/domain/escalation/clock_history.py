"""History lines about a case's clocks: started, paused, answered, breached, and why."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.terms import is_moved_by_calendar
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.policy import Metric

Entry = tuple[str, datetime, Mapping[str, str]]


def clock_facts(clock: Clock) -> dict[str, str]:
    """The facts about a clock for messages and the history."""
    facts = {
        "metric": str(clock.metric),
        "cycle": str(clock.cycle),
        "policy": clock.policy,
        "target_seconds": str(clock.target_seconds),
        "left_seconds": str(clock.left_seconds),
        "started_at": clock.started_at.isoformat(),
    }
    if clock.due is not None:
        facts["due"] = clock.due.isoformat()
    if clock.manual:
        facts["manual"] = "yes"
    return facts


def note_clock_changes(before: tuple[Clock, ...], after: tuple[Clock, ...], now: datetime) -> Part:
    """Say what changed since the clocks were last looked at, and look again when one of them is due."""
    known = dict(_numbered(before))
    part = NOTHING
    for key, clock in _numbered(after):
        for code, at, more in _changes(known.get(key), clock, now):
            part += Part(timeline=(TimelineEntry(at, code, {**clock_facts(clock), **more}),))
        if clock.state is ClockState.RUNNING and clock.due is not None and clock.breached_at is None:
            part += Part(wake_at=(clock.due + timedelta(seconds=1),))
    return part


def _numbered(clocks: tuple[Clock, ...]) -> Iterator[tuple[tuple[Metric, datetime, int], Clock]]:
    """What makes a clock the same at two looks: its metric, its start, and of several in one second its place."""
    seen: Counter[tuple[Metric, datetime]] = Counter()
    for clock in clocks:
        start = (clock.metric, clock.started_at)
        seen[start] += 1
        yield (*start, seen[start]), clock


def _changes(old: Clock | None, clock: Clock, now: datetime) -> Iterator[Entry]:
    if old is None:
        yield "clock_started", clock.started_at, {}
    else:
        yield from _moved(old, clock, now)
    yield from _broken(old, clock, now)
    before = old.state if old else ClockState.RUNNING
    if clock.state is before:
        return
    match clock.state:
        case ClockState.DONE:
            yield ("clock_late" if clock.breached_at else "clock_met"), clock.done_at or now, {}
        case ClockState.PAUSED:
            yield "clock_paused", now, {}
        case ClockState.RUNNING:
            yield "clock_resumed", now, {}
        case ClockState.NOT_APPLICABLE:
            yield "clock_not_applicable", now, {}


def _moved(old: Clock, clock: Clock, now: datetime) -> Iterator[Entry]:
    if clock.state.is_open and clock.policy != old.policy:
        yield "policy_changed", now, {"from_policy": old.policy}
    if clock.state.is_open and clock.calendar != old.calendar:
        yield "calendar_changed", now, {"from_calendar": old.calendar, "calendar": clock.calendar}
    if clock.manual is not old.manual or (clock.manual and clock.due != old.due):
        yield ("due_set" if clock.manual else "due_cleared"), now, {}
    elif clock.target_seconds != old.target_seconds:
        yield "retargeted", now, {"from_seconds": str(old.target_seconds)}
    elif old.due is not None and clock.calendar == old.calendar and is_moved_by_calendar(old, clock):
        yield "due_moved", now, {"from_due": old.due.isoformat(), "calendar": clock.calendar}


def _broken(old: Clock | None, clock: Clock, now: datetime) -> Iterator[Entry]:
    """A breach once; one that other terms brought about is found now, one that they took back stays in the history."""
    was_broken = old is not None and old.breached_at is not None
    broken = clock.breached_at
    if broken is not None and not was_broken:
        retarget = clock.retargeted_at is not None and broken <= clock.retargeted_at
        yield "clock_breached", (now if retarget else broken), {"cause": "retarget" if retarget else ""}
    elif broken is None and was_broken and clock.state is not ClockState.NOT_APPLICABLE:
        yield "breach_superseded", now, {}

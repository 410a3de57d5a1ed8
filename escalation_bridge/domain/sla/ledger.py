"""The ledger of a clock: how its due time is computed, second by second, for verification.

Its lines add up: what was counted is what the clock has used, and where it is used up the last line ends at the due.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.calendar import Calendar, SpecialDate
from escalation_bridge.domain.sla.clocks import Clock, ClockState, Span
from escalation_bridge.domain.sla.hand_offs import HandOffClock

MOST_SPANS = 40
"""So many spans are listed one by one; of more, one line stands for each day."""
MOST_LINES = 60
"""Of more lines than this, those in the middle of a phase become one."""
_AT_EACH_END = 10


class Phase(StrEnum):
    """COUNTED until the target was used up, OVER what came after it, AHEAD what is still to pass until the due."""

    COUNTED = "counted"
    OVER = "over"
    AHEAD = "ahead"


class Result(StrEnum):
    """The state of the target. OVERDUE: it was missed, and the clock still runs."""

    RUNNING = "running"
    OVERDUE = "overdue"
    PAUSED = "paused"
    PAUSED_OVERDUE = "paused_overdue"
    MET = "met"
    LATE = "late"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A span of working time, or several of them as one.

    Attributes:
        day: The date, in the calendar's zone, on which it starts.
        seconds: Working time in it; less than `end - start` where several spans are taken together.
        total: All working time up to its end.
        spans: How many spans it is made of.
        days: How many days it stands for; more than one where lines were left out.
    """

    day: date
    start: datetime
    end: datetime
    seconds: int
    total: int
    phase: Phase
    spans: int = 1
    days: int = 1


@dataclass(frozen=True, slots=True)
class LedgerPause:
    """A span that did not count.

    Attributes:
        seconds: The working time in it: so much later the due is.
        lasts: Whether it goes on.
    """

    start: datetime
    end: datetime
    seconds: int
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """How the due of one clock came about.

    Attributes:
        name: The metric, or the team whose hand-off it is.
        until: Up to when it was counted: now, or the end of the clock.
        lines: In order. The seconds of all COUNTED and OVER ones are `used_seconds`; with those AHEAD, the target.
        special: Holidays, overrides and breaks that changed the working time.
        due: None while it is paused or no longer applicable.
        manual: Whether a person set the due; then it may lie outside working time.
    """

    name: str
    cycle: int
    policy: str
    calendar: str
    timezone: str
    state: ClockState
    result: Result
    target_seconds: int
    started_at: datetime
    until: datetime
    lines: tuple[LedgerLine, ...]
    pauses: tuple[LedgerPause, ...]
    special: tuple[SpecialDate, ...]
    used_seconds: int
    due: datetime | None
    done_at: datetime | None
    breached_at: datetime | None
    manual: bool = False

    @property
    def left_seconds(self) -> int:
        """Working time left; negative once the target is exceeded."""
        return self.target_seconds - self.used_seconds


def make_ledger(clock: Clock | HandOffClock, calendar: Calendar, now: datetime) -> Ledger:
    """Explain a clock as it stood at `now`, the instant that it was computed for.

    Raises:
        CalendarError: The calendar's horizon is too near.
    """
    start, target = clock.started_at, clock.target_seconds
    until = _counted_until(clock, calendar, now)
    pauses = tuple(_clipped(clock.pauses, start, until))
    reached = calendar.due(start, target, pauses) if clock.used_seconds >= target else None
    spans = [
        (Phase.COUNTED, calendar.spans(start, min(reached or until, until), pauses)),
        (Phase.OVER, calendar.spans(reached, until, pauses) if reached else ()),
    ]
    end = until
    if clock.state is ClockState.RUNNING and reached is None:
        end = calendar.due(start, target, pauses)
        spans.append((Phase.AHEAD, calendar.spans(until, end)))
    zone = ZoneInfo(calendar.spec.timezone)
    return Ledger(
        name=str(clock.metric) if isinstance(clock, Clock) else str(clock.party),
        cycle=clock.cycle if isinstance(clock, Clock) else 1,
        policy=clock.policy,
        calendar=clock.calendar,
        timezone=calendar.spec.timezone,
        state=clock.state,
        result=_result(clock),
        target_seconds=target,
        started_at=start,
        until=until,
        lines=_shortened(_lines(spans, zone)),
        pauses=tuple(
            LedgerPause(a, b, calendar.elapsed(a, b), lasts=clock.state is ClockState.PAUSED and b == until)
            for a, b in pauses
        ),
        special=calendar.closed_dates(start, end),
        used_seconds=clock.used_seconds,
        due=clock.due,
        done_at=clock.done_at,
        breached_at=clock.breached_at,
        manual=isinstance(clock, Clock) and clock.manual,
    )


def _counted_until(clock: Clock | HandOffClock, calendar: Calendar, now: datetime) -> datetime:
    if clock.state is ClockState.NOT_APPLICABLE:  # it was left as it stood, and when is not written in it
        return calendar.due(clock.started_at, clock.used_seconds, clock.pauses)
    return max(clock.done_at or now.replace(microsecond=0), clock.started_at).astimezone(UTC)


def _clipped(pauses: Iterable[Span], start: datetime, until: datetime) -> Iterator[Span]:
    """The pauses of a clock, put together where they touch."""
    begun: Span | None = None
    for pause in sorted((max(a, start), min(b, until)) for a, b in pauses):
        if pause[0] >= pause[1]:
            continue
        if begun is None or pause[0] > begun[1]:
            if begun:
                yield begun
            begun = pause
        else:
            begun = begun[0], max(begun[1], pause[1])
    if begun:
        yield begun


def _result(clock: Clock | HandOffClock) -> Result:
    broken = clock.breached_at is not None
    match clock.state:
        case ClockState.RUNNING:
            return Result.OVERDUE if broken else Result.RUNNING
        case ClockState.PAUSED:
            return Result.PAUSED_OVERDUE if broken else Result.PAUSED
        case ClockState.DONE:
            return Result.LATE if broken else Result.MET
        case _:
            return Result.NOT_APPLICABLE


# --- lines ----------------------------------------------------------------------------------------------------------


def _lines(spans: Iterable[tuple[Phase, Iterable[Span]]], zone: ZoneInfo) -> list[LedgerLine]:
    lines: list[LedgerLine] = []
    total = 0
    for phase, found in spans:
        for start, end in found:
            seconds = int((end - start).total_seconds())
            total += seconds
            lines.append(LedgerLine(start.astimezone(zone).date(), start, end, seconds, total, phase))
    return lines


def _shortened(lines: Sequence[LedgerLine]) -> tuple[LedgerLine, ...]:
    if len(lines) > MOST_SPANS:
        lines = [_together(list(day)) for _, day in groupby(lines, key=lambda line: (line.phase, line.day))]
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    shown: list[LedgerLine] = []
    for _, each in groupby(lines, key=lambda line: line.phase):
        of_phase = list(each)
        middle = of_phase[_AT_EACH_END:-_AT_EACH_END]
        if len(middle) > 1:
            of_phase[_AT_EACH_END:-_AT_EACH_END] = [
                replace(_together(middle), days=len({line.day for line in middle}))
            ]
        shown += of_phase
    return tuple(shown)


def _together(lines: Sequence[LedgerLine]) -> LedgerLine:
    return replace(
        lines[0],
        end=lines[-1].end,
        seconds=sum(line.seconds for line in lines),
        total=lines[-1].total,
        spans=sum(line.spans for line in lines),
    )


# --- as JSON --------------------------------------------------------------------------------------------------------


def as_dict(ledger: Ledger) -> dict[str, object]:
    """The ledger in plain JSON values; instants in UTC."""
    return {
        "clock": ledger.name,
        "cycle": ledger.cycle,
        "policy": ledger.policy,
        "calendar": ledger.calendar,
        "timezone": ledger.timezone,
        "result": str(ledger.result),
        "state": str(ledger.state),
        "target_seconds": ledger.target_seconds,
        "used_seconds": ledger.used_seconds,
        "left_seconds": ledger.left_seconds,
        "start": zulu(ledger.started_at),
        "until": zulu(ledger.until),
        "due": zulu(ledger.due),
        "due_set_by_hand": ledger.manual,
        "done_at": zulu(ledger.done_at),
        "breached_at": zulu(ledger.breached_at),
        "lines": [
            {
                "date": line.day.isoformat(),
                "from": zulu(line.start),
                "to": zulu(line.end),
                "seconds": line.seconds,
                "total_seconds": line.total,
                "phase": str(line.phase),
                "spans": line.spans,
                "days": line.days,
            }
            for line in ledger.lines
        ],
        "pauses": [
            {"from": zulu(p.start), "to": zulu(p.end), "working_seconds": p.seconds, "lasts": p.lasts}
            for p in ledger.pauses
        ],
        "special_dates": [
            {"date": s.date.isoformat(), "kind": s.kind, "hours": [str(shift) for shift in s.shifts]}
            for s in ledger.special
        ],
    }


def zulu(at: datetime | None) -> str | None:
    """An instant as all commands write it: 2026-03-02T09:00:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None

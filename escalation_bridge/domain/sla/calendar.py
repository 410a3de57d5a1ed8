"""Working time: when a target of so many working seconds is due, and how much working time has passed.

All instants are aware; answers are in UTC and whole seconds. A fraction of a second in a question is cut off. Every span is
half-open, `[start, end)`. What the words of a calendar mean:

- A shift whose end is before its start runs over midnight and belongs to the date it starts on: a holiday removes the shifts that
  start on it, not the end of the shift before. Shifts that overlap are counted once.
- An override replaces the shifts that start on its date, and opens a holiday. A break is wall-clock time in which nobody works,
  also in a shift that began the evening before.
- A start or end that the clocks skip moves forward by what they skip; of a time that comes twice the first is meant; a shift that
  these rules leave without any time, and a date that a zone skipped altogether, have none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.calendar_spec import (
    DAY,
    HORIZON_FIRST,
    HORIZON_LAST,
    CalendarError,
    CalendarSpec,
    Shift,
    parse_spec,
)
from escalation_bridge.domain.sla.spans import Span, clip, merge, subtract
from escalation_bridge.domain.sla.weeks import EPOCH_ORDINAL, Weeks, spans_of

__all__ = [
    "ALWAYS",
    "HORIZON_FIRST",
    "HORIZON_LAST",
    "Calendar",
    "CalendarError",
    "CalendarSpec",
    "Shift",
    "SpecialDate",
    "parse_calendar",
]

Pauses = Sequence[tuple[datetime, datetime]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FIRST = (HORIZON_FIRST.toordinal() - EPOCH_ORDINAL) * DAY
_LAST = (HORIZON_LAST.toordinal() - EPOCH_ORDINAL) * DAY
_BEYOND = f"beyond the horizon, {HORIZON_FIRST} to {HORIZON_LAST}"


@dataclass(frozen=True, slots=True)
class SpecialDate:
    """A date on which a calendar departs from its weekly hours.

    Attributes:
        kind: What was written about it; a holiday that an override opens is an override.
        shifts: Of an override those worked, of a break those taken out, of a holiday none.
    """

    date: date
    kind: Literal["holiday", "override", "break"]
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours that can be computed with: equal and hashed by their spec, safe to share between threads.

    The cost of a question does not depend on how much time lies between its instants; only the first one that reaches into
    years that nobody asked about yet pays for them.

    Raises:
        CalendarError: The calendar is never open.
    """

    spec: CalendarSpec
    _weeks: Weeks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weeks = Weeks(self.spec)
        if not weeks.ever_open():
            raise CalendarError("hours", "the calendar is never open")
        object.__setattr__(self, "_weeks", weeks)

    def __reduce__(self) -> tuple[type["Calendar"], tuple[CalendarSpec]]:
        """Only the spec travels: what was computed can be computed again."""
        return Calendar, (self.spec,)

    def due(self, start: datetime, target_seconds: int, pauses: Pauses = ()) -> datetime:
        """The first instant at which the working time since `start`, pauses left out, equals the target.

        That is a closing time rather than the next opening. A target of 0 is due at its start.

        Raises:
            CalendarError: Negative target, reversed pause, naive instant, or an instant beyond the horizon.
        """
        begin = _seconds(start, "start")
        if target_seconds < 0:
            raise CalendarError("target_seconds", f"{target_seconds} is negative")
        pauses_after = _merged(pauses, begin, _LAST) if pauses else ()
        if target_seconds == 0:
            return _instant(begin)
        goal = self._worked_at(begin) + target_seconds
        for pause_start, pause_end in pauses_after:
            worked = self._worked_at(pause_start)
            if goal <= worked:
                break
            goal += self._worked_at(pause_end) - worked
        return self._reached(goal, "target_seconds")

    def back(self, due: datetime, seconds: int, pauses: Pauses = ()) -> datetime:
        """The first instant at which so much working time, pauses left out, remains before `due`; 0: `due` itself.

        For steps "so many minutes before": with n less than the target and the same pauses,
        `back(due(start, target), n) == due(start, target - n)`; with more it may lie before the start of the clock.

        Raises:
            CalendarError: Negative `seconds`, reversed pause, naive instant, or an instant beyond the horizon.
        """
        end = _seconds(due, "due")
        if seconds < 0:
            raise CalendarError("seconds", f"{seconds} is negative")
        pauses_before = _merged(pauses, _FIRST, end)
        if seconds == 0:
            return _instant(end)
        goal = self._worked_at(end) - seconds
        for pause_start, pause_end in reversed(pauses_before):
            worked = self._worked_at(pause_end)
            if goal > worked:
                break
            goal -= worked - self._worked_at(pause_start)
        return self._reached(goal, "seconds")

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int:
        """Working seconds in `[start, end)`, pauses left out; 0 between reversed instants.

        Raises:
            CalendarError: Reversed pause, naive instant, or an instant beyond the horizon.
        """
        begin, finish = _seconds(start, "start"), _seconds(end, "end")
        paused = _merged(pauses, begin, finish)
        if finish <= begin:
            return 0
        worked_at = self._worked_at
        return worked_at(finish) - worked_at(begin) - sum(worked_at(b) - worked_at(a) for a, b in paused)

    def days_long(self, start: datetime, days: int) -> int:
        """The working seconds from `start` to the same time of day so many working dates later.

        A working date is one on which a shift starts. Outside working time the days begin with the next opening.

        Raises:
            CalendarError: Naive instant, or there are not so many working dates within the horizon.
        """
        begin = self.next_open(start)
        local = begin.astimezone(ZoneInfo(self.spec.timezone))
        day, second = local.toordinal(), local.hour * 3600 + local.minute * 60 + local.second
        evening_before = self._weeks.shifts(day - 1)
        if any(shift.start <= second + DAY < shift.end for shift in evening_before):
            day, second = day - 1, second + DAY  # the shift belongs to the date that it started on
        for _ in range(days):
            day += 1
            while not self._weeks.shifts(day):
                day += 1
                if day >= HORIZON_LAST.toordinal():
                    raise CalendarError("days", f"so many working dates lead {_BEYOND}")
        return self.elapsed(start, _instant(self._weeks.clock.instant(day, second)))

    def is_open(self, at: datetime) -> bool:
        """Whether the second that begins at this instant is working time."""
        second = _seconds(at, "at")
        return self._worked_at(second + 1) > self._worked_at(second)

    def next_open(self, at: datetime) -> datetime:
        """The instant itself if it is working time, else the next opening.

        Raises:
            CalendarError: Naive instant, or there is no opening within the horizon.
        """
        worked = self._worked_at(_seconds(at, "at"))
        stretch = self._weeks.holding(worked + 1)
        opening = stretch.resumed(worked) if stretch else _LAST
        if opening >= _LAST:
            raise CalendarError("at", f"the next opening lies {_BEYOND}")
        return _instant(opening)

    def spans(
        self, start: datetime, end: datetime, pauses: Pauses = ()
    ) -> Iterator[tuple[datetime, datetime]]:
        """The spans of working time in `[start, end)`, pauses left out, in order and as few as possible."""
        begin, finish = _seconds(start, "start"), _seconds(end, "end")
        self._weeks.around(begin)
        stretch = self._weeks.around(finish)
        worked = subtract(merge(stretch.spans(begin, finish)), _merged(pauses, begin, finish))
        return ((_instant(a), _instant(b)) for a, b in worked)

    def closed_dates(self, start: datetime, end: datetime) -> tuple[SpecialDate, ...]:
        """What was written about single dates and changes the working time in `[start, end)`.

        A holiday on a weekday without hours is left out, as is one whose shifts lie outside.
        """
        begin, finish = _seconds(start, "start"), _seconds(end, "end")
        overrides = dict(self.spec.overrides)
        written = [
            *(SpecialDate(day, "holiday") for day in self.spec.holidays if day not in overrides),
            *(SpecialDate(day, "override", shifts) for day, shifts in overrides.items()),
            *(SpecialDate(day, "break", shifts) for day, shifts in self.spec.breaks),
        ]
        found = (special for special in written if self._matters(special, begin, finish))
        return tuple(sorted(found, key=lambda special: (special.date, special.kind)))

    def _worked_at(self, instant: int) -> int:
        return self._weeks.around(instant).worked_at(instant)

    def _reached(self, worked: int, place: str) -> datetime:
        stretch = self._weeks.holding(worked)
        instant = stretch.reached(worked) if stretch else _LAST + 1
        if not _FIRST <= instant <= _LAST:
            raise CalendarError(place, f"so much working time leads {_BEYOND}")
        return _instant(instant)

    def _matters(self, special: SpecialDate, begin: int, finish: int) -> bool:
        day = special.date.toordinal()
        if not begin - 3 * DAY < (day - EPOCH_ORDINAL) * DAY < finish + 3 * DAY:
            return False
        usual = () if special.kind == "break" else self._weeks.usual_shifts(day)
        inside = [
            list(clip(merge(spans_of(day, shifts, self._weeks.clock.instant)), begin, finish))
            for shifts in (usual, special.shifts)
        ]
        return inside[0] != inside[1]


def parse_calendar(data: Mapping[str, object]) -> Calendar:
    """Make a calendar from the form it has in the configuration.

    Example:
        ```
        {"timezone": "Asia/Jakarta", "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]},
         "holidays": ["2026-12-25"], "overrides": {"2026-12-24": [["08:00", "13:00"]]},
         "breaks": {"2026-12-23": [["10:00", "10:30"]]}}
        ```

    Raises:
        CalendarError: With the place of the first thing that is wrong.
    """
    return Calendar(parse_spec(data))


ALWAYS = parse_calendar({"timezone": "UTC", "hours": {"mon-sun": [["00:00", "24:00"]]}})
"""Every second of every day."""


def _seconds(at: datetime, place: str, *index: int) -> int:
    """Unix seconds, a fraction cut off."""
    if at.tzinfo is None:
        raise CalendarError(_at(place, index), f"{at.isoformat()} has no time zone")
    seconds = (at - _EPOCH) // _SECOND
    if not _FIRST <= seconds <= _LAST:
        raise CalendarError(_at(place, index), f"{at.isoformat()} lies {_BEYOND}")
    return seconds


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _merged(pauses: Pauses, begin: int, finish: int) -> list[Span]:
    spans = []
    for n, (start, end) in enumerate(pauses):
        span = _seconds(start, "pauses", n, 0), _seconds(end, "pauses", n, 1)
        if end < start:
            raise CalendarError(f"pauses[{n}]", "ends before it starts")
        spans.append(span)
    return list(clip(merge(spans), begin, finish))


def _at(place: str, index: tuple[int, ...]) -> str:
    return place + "".join(f"[{n}]" for n in index)

"""A calendar compiled into weeks, so that working time is found by bisection and never by walking through days.

Most weeks of a calendar are alike and share one `Week`; those with a holiday, an override, a break or a change of the clocks are
made one by one. Only the weeks that somebody asked about exist: a stretch that grows, by doubling, up to the horizon.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from threading import Lock

from escalation_bridge.domain.sla.calendar_spec import DAY, HORIZON_FIRST, HORIZON_LAST, CalendarSpec, Shifts
from escalation_bridge.domain.sla.spans import Span, clip, merge, subtract
from escalation_bridge.domain.sla.wall_clock import WallClock

WEEK = 7 * DAY
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

# Weeks are numbered from Monday 0001-01-01, which is ordinal 1.
_FIRST_WEEK = (HORIZON_FIRST.toordinal() - 2) // 7
_LAST_WEEK = HORIZON_LAST.toordinal() // 7 + 1
_WEEKS_BEFORE, _WEEKS_AFTER = 8, 60  # how much is made around the first instant asked about


@dataclass(frozen=True, slots=True)
class Week:
    """The working spans of a week, in seconds after its beginning.

    Attributes:
        starts: Where each span starts.
        lengths: How long it is.
        before: Working time before each span, and last that of the whole week.
    """

    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, spans: Iterable[Span], begin: int) -> "Week":
        found = list(spans)
        lengths = tuple(end - start for start, end in found)
        return cls(tuple(start - begin for start, _ in found), lengths, (0, *accumulate(lengths)))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive weeks.

    Attributes:
        first: The number of the first week.
        begins: The instant (Unix seconds) at which each week begins, and last that at which the stretch ends.
        worked: Working time before each week, and last before the end, counted from a fixed week: negative before that.
        weeks: What is in each.
    """

    first: int
    begins: tuple[int, ...]
    worked: tuple[int, ...]
    weeks: tuple[Week, ...]

    @property
    def last(self) -> int:
        return self.first + len(self.weeks)

    def worked_at(self, instant: int) -> int:
        """Working time before the instant."""
        n = bisect_right(self.begins, instant) - 1
        week = self.weeks[n]
        inside = instant - self.begins[n]
        k = bisect_right(week.starts, inside) - 1
        if k < 0:
            return self.worked[n]
        return self.worked[n] + week.before[k] + min(inside - week.starts[k], week.lengths[k])

    def reached(self, worked: int) -> int:
        """The first instant before which there is that much working time: at the latest a closing time."""
        n = bisect_left(self.worked, worked) - 1
        week = self.weeks[n]
        rest = worked - self.worked[n]
        k = bisect_left(week.before, rest) - 1
        return self.begins[n] + week.starts[k] + rest - week.before[k]

    def resumed(self, worked: int) -> int:
        """The last such instant: at the earliest an opening time."""
        n = bisect_right(self.worked, worked) - 1
        week = self.weeks[n]
        rest = worked - self.worked[n]
        k = bisect_right(week.before, rest) - 1
        return self.begins[n] + week.starts[k] + rest - week.before[k]

    def spans(self, start: int, end: int) -> Iterable[Span]:
        """The working spans in a window; one that runs through a week's end comes in two parts."""
        for n in range(bisect_right(self.begins, start) - 1, len(self.weeks)):
            begin, week = self.begins[n], self.weeks[n]
            if begin >= end:
                return
            yield from clip(
                (
                    (begin + s, begin + s + length)
                    for s, length in zip(week.starts, week.lengths, strict=True)
                ),
                start,
                end,
            )


class Weeks:
    """All weeks of a calendar, made when they are first needed. Threads may share it: a stretch never changes, it is replaced."""

    def __init__(self, spec: CalendarSpec) -> None:
        self.clock = WallClock(spec.timezone)
        self._hours = spec.hours
        self._special: Mapping[int, Shifts] = {
            **{day.toordinal(): () for day in spec.holidays},
            **{day.toordinal(): shifts for day, shifts in spec.overrides},
        }
        self._breaks = {day.toordinal(): shifts for day, shifts in spec.breaks}
        self._special_weeks = _weeks_near([*self._special, *self._breaks])
        self._usual = self._week(0, _steady)  # the first week of all: it has no exceptions
        self._stretch = Stretch(0, (0,), (0,), ())
        self._growing = Lock()

    def around(self, instant: int) -> Stretch:
        """A stretch that holds the instant."""
        stretch = self._stretch
        if stretch.begins[0] <= instant < stretch.begins[-1]:
            return stretch
        week = (instant // DAY + EPOCH_ORDINAL - 1) // 7
        return self._grow(week - _WEEKS_BEFORE, week + _WEEKS_AFTER)

    def holding(self, worked: int) -> Stretch | None:
        """A stretch in which working time passes this amount; None: it does not within the horizon."""
        stretch = self._stretch
        while stretch.worked[-1] < worked:
            if stretch.last == _LAST_WEEK:
                return None
            stretch = self._grow(stretch.first, stretch.last + len(stretch.weeks))
        while stretch.worked[0] >= worked:
            if stretch.first == _FIRST_WEEK:
                return None
            stretch = self._grow(stretch.first - len(stretch.weeks), stretch.last)
        return stretch

    def ever_open(self) -> bool:
        """Whether there is any working time at all."""
        return bool(self._usual.before[-1]) or any(
            self._week(week, self.clock.instant).before[-1] for week in self._special_weeks
        )

    def usual_shifts(self, day: int) -> Shifts:
        return self._hours[(day - 1) % 7]

    def shifts(self, day: int) -> Shifts:
        return self._special.get(day, self.usual_shifts(day))

    def breaks(self, day: int) -> Shifts:
        return self._breaks.get(day, ())

    # --- making weeks -----------------------------------------------------------------------------------------------

    def _grow(self, first: int, last: int) -> Stretch:
        with self._growing:
            old = self._stretch
            if not old.weeks:
                first = max(first, _FIRST_WEEK)
                old = Stretch(first, (self._begin(first),), (0,), ())
            earlier = self._make(max(first, _FIRST_WEEK), old.first)
            later = self._make(old.last, min(last, _LAST_WEEK))
            weeks = (*earlier, *old.weeks, *later)
            first = old.first - len(earlier)
            worked_before = old.worked[0] - sum(week.before[-1] for week in earlier)
            self._stretch = Stretch(
                first,
                (
                    *(self._begin(n) for n in range(first, old.first)),
                    *old.begins,
                    *(self._begin(n) for n in range(old.last + 1, first + len(weeks) + 1)),
                ),
                tuple(accumulate((week.before[-1] for week in weeks), initial=worked_before)),
                weeks,
            )
            return self._stretch

    def _begin(self, week: int) -> int:
        return self.clock.instant(week * 7 + 1, 0)

    def _make(self, first: int, last: int) -> list[Week]:
        if first >= last:
            return []
        changed = _weeks_near(self.clock.changes(first * 7 - 2, last * 7 + 3))
        made = []
        for week in range(first, last):
            if week in changed:
                made.append(self._week(week, self.clock.instant))
            elif week in self._special_weeks:
                made.append(self._week(week, _steady))
            else:
                made.append(self._usual)
        return made

    def _week(self, week: int, instant: Callable[[int, int], int]) -> Week:
        """The week as it really is; `instant` says when a wall-clock time of a date comes."""
        monday = week * 7 + 1
        days = range(monday - 2, monday + 9)
        opened = merge(span for day in days for span in spans_of(day, self.shifts(day), instant))
        closed = merge(span for day in days for span in spans_of(day, self.breaks(day), instant))
        begin = instant(monday, 0)
        return Week.of(clip(subtract(opened, closed), begin, instant(monday + 7, 0)), begin)


def _steady(day: int, second: int) -> int:
    """Wall-clock time where clocks do not change: instants from an arbitrary beginning."""
    return day * DAY + second


def spans_of(day: int, shifts: Shifts, instant: Callable[[int, int], int]) -> Iterator[Span]:
    """When the shifts that start on a date take place.

    A date that the zone skipped (Apia, 30 December 2011) has none. A shift whose end does not come after its start once both
    were moved out of a gap comes out reversed: merging drops it.
    """
    if shifts and instant(day, 0) < instant(day + 1, 0):
        for shift in shifts:
            yield instant(day, shift.start), instant(day, shift.end)


def _weeks_near(days: Iterable[int]) -> frozenset[int]:
    """The weeks in which something that is special about these dates can be felt: a shift reaches into the next date or two."""
    return frozenset((day + near - 1) // 7 for day in days for near in range(-1, 3))

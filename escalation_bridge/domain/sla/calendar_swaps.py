"""Working time over a change of calendars: time used under the first stays used under the next."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from escalation_bridge.domain.sla.calendar import Calendar, CalendarError, CalendarSpec, Pauses, SpecialDate

Swap = tuple[datetime, CalendarSpec]
"""Until when a calendar counted."""

_MARGIN = timedelta(days=3)
"""A shift, and a question about it, reach a little beyond the dates between two instants."""


@dataclass(frozen=True, slots=True)
class SwappedCalendar(Calendar):
    """The calendar that counts now, and before it those that counted earlier, each until an instant.

    Attributes:
        spec: Of the calendar that counts now.
        earlier: Oldest first, each with the instant at which the next one took over.
    """

    earlier: tuple[tuple[datetime, Calendar], ...] = ()

    def due(self, start: datetime, target_seconds: int, pauses: Pauses = ()) -> datetime:
        left, at = target_seconds, start
        for until, calendar in self.earlier:
            if until > at:
                here = calendar.elapsed(at, until, pauses)
                if left <= here:
                    return calendar.due(at, left, pauses)
                left, at = left - here, until
        return Calendar.due(self, at, left, pauses)

    def back(self, due: datetime, seconds: int, pauses: Pauses = ()) -> datetime:
        left, end = seconds, due
        for begin, calendar in self._backwards():
            if begin is None:
                return calendar.back(end, left, pauses)
            if end > begin:
                here = calendar.elapsed(begin, end, pauses)
                if left < here:
                    return max(begin, calendar.back(end, left, pauses))
                left, end = left - here, begin
        return end

    def elapsed(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int:
        at, used = start, 0
        for until, calendar in self.earlier:
            if at < until and at < end:
                used += calendar.elapsed(at, min(until, end), pauses)
                at = until
        return used + (Calendar.elapsed(self, at, end, pauses) if at < end else 0)

    def is_open(self, at: datetime) -> bool:
        counting = self._counting(at)
        return Calendar.is_open(self, at) if counting is None else counting[1].is_open(at)

    def next_open(self, at: datetime) -> datetime:
        counting = self._counting(at)
        if counting is None:
            return Calendar.next_open(self, at)
        until, calendar = counting
        opening = calendar.next_open(at)
        return opening if opening < until else self.next_open(until)

    def spans(
        self, start: datetime, end: datetime, pauses: Pauses = ()
    ) -> Iterator[tuple[datetime, datetime]]:
        at = start
        for until, calendar in self.earlier:
            if at < until and at < end:
                yield from calendar.spans(at, min(until, end), pauses)
                at = until
        if at < end:
            yield from Calendar.spans(self, at, end, pauses)

    def closed_dates(self, start: datetime, end: datetime) -> tuple[SpecialDate, ...]:
        at = start
        found: list[SpecialDate] = []
        for until, calendar in self.earlier:
            if at < until and at < end:
                found += calendar.closed_dates(at, min(until, end))
                at = until
        if at < end:
            found += Calendar.closed_dates(self, at, end)
        return tuple(sorted(dict.fromkeys(found), key=lambda special: (special.date, special.kind)))

    def __reduce__(self) -> tuple[type["SwappedCalendar"], tuple[object, ...]]:  # type: ignore[override]
        return SwappedCalendar, (self.spec, self.earlier)

    def _counting(self, at: datetime) -> tuple[datetime, Calendar] | None:
        """The earlier calendar that counted at an instant, and until when; None: the present one."""
        return next((each for each in self.earlier if at < each[0]), None)

    def _backwards(self) -> Iterator[tuple[datetime | None, Calendar]]:
        """From the present calendar back: from when on each counts, None for the first of all."""
        begins = [until for until, _ in self.earlier]
        present = Calendar(self.spec)
        calendars = [*(calendar for _, calendar in self.earlier), present]
        return zip(reversed([None, *begins]), reversed(calendars), strict=True)


def counted_by(present: Calendar, swaps: Sequence[Swap]) -> Calendar:
    """A calendar that counts from the last swap on; before it, those of the swaps."""
    if not swaps:
        return present
    return SwappedCalendar(present.spec, tuple((until, calendar_of(spec)) for until, spec in swaps))


@lru_cache(maxsize=256)
def calendar_of(spec: CalendarSpec) -> Calendar:
    """The calendar of a spec; equal specs share what was computed about them."""
    return Calendar(spec)


def shortened(spec: CalendarSpec, since: datetime, until: datetime) -> CalendarSpec:
    """The same working time between two instants, without what is written about dates far from them."""
    first, last = (since - _MARGIN).date(), (until + _MARGIN).date()

    def near(days: Iterable[date]) -> frozenset[date]:
        return frozenset(day for day in days if first <= day <= last)

    overrides = near(day for day, _ in spec.overrides)
    breaks = near(day for day, _ in spec.breaks)
    short = CalendarSpec(
        spec.timezone,
        spec.hours,
        near(spec.holidays),
        tuple(each for each in spec.overrides if each[0] in overrides),
        tuple(each for each in spec.breaks if each[0] in breaks),
    )
    try:
        calendar_of(short)
    except CalendarError:  # open on single dates only, none of them near: a calendar is open at some time
        return spec
    return short

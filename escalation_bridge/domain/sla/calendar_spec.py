"""Working hours as configured: validated and normalized.

Two calendars that mean the same have equal specs: `mon-fri` or five days written out, dates in any order.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from escalation_bridge.errors import BridgeError

DAY = 86_400

HORIZON_FIRST = date(1970, 1, 1)
"""Before this date a calendar knows nothing: zones still kept local mean time."""
HORIZON_LAST = date(2200, 1, 1)
"""The instant at which it begins (UTC) is the last that a calendar computes with. A question that would need a later one is an error."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS = ("timezone", "hours", "holidays", "overrides", "breaks")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?|24:00(?::00)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CalendarError(BridgeError, ValueError):
    """A calendar, or a question to one, that cannot be right.

    Attributes:
        place: Where, for example `hours.mon[0]`.
        problem: What is wrong there.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class Shift(NamedTuple):
    """From `start` to `end`, in wall-clock seconds after 00:00 of the date it belongs to; over midnight `end` is more than a day."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end if self.end <= DAY else self.end - DAY)}"


Shifts = tuple[Shift, ...]
DatedShifts = tuple[tuple[date, Shifts], ...]


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Working hours as they were written, in normal form.

    Attributes:
        timezone: IANA name.
        hours: The shifts that start on each weekday, Monday first; none: closed.
        holidays: Dates on which no shift starts.
        overrides: By date, the shifts that start there instead of the weekday's; they open a holiday.
        breaks: By date, wall-clock time in which nobody works, whichever date the shift began on.
    """

    timezone: str
    hours: tuple[Shifts, ...]
    holidays: frozenset[date] = frozenset()
    overrides: DatedShifts = ()
    breaks: DatedShifts = ()


def parse_spec(data: Mapping[str, object]) -> CalendarSpec:
    """Read a calendar as it stands in the configuration.

    Dates may also be `datetime.date`, as YAML gives them.

    Raises:
        CalendarError: With the place of the first thing that is wrong.
    """
    fields = _mapping("calendar", data)
    for name in fields:
        if name not in _FIELDS:
            raise CalendarError(_brief(name), f"no such field; a calendar has {', '.join(_FIELDS)}")
    return CalendarSpec(
        timezone=_timezone(fields.get("timezone")),
        hours=_weekly(_mapping("hours", fields.get("hours", {}))),
        holidays=_holidays(fields.get("holidays", [])),
        overrides=_dated("overrides", fields.get("overrides", {})),
        breaks=_dated("breaks", fields.get("breaks", {})),
    )


# --- fields ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    # "localtime" is whatever the machine is set to: the same calendar would mean different things on two machines
    return frozenset(available_timezones() - {"localtime"})


def _timezone(value: object) -> str:
    if value is None:
        raise CalendarError("timezone", "is missing; it is an IANA name such as Asia/Jakarta")
    if not isinstance(value, str) or value not in _known_zones():
        raise CalendarError("timezone", f"{_brief(value)} is not an IANA time zone such as Asia/Jakarta")
    return value


def _weekly(hours: Mapping[object, object]) -> tuple[Shifts, ...]:
    week: dict[int, Shifts] = {}
    for key, intervals in hours.items():
        place = f"hours.{key}"
        shifts = _shifts(place, intervals)
        for weekday in _weekdays(place, key):
            if weekday in week:
                raise CalendarError(place, f"{_WEEKDAYS[weekday]} is already given by another entry")
            week[weekday] = shifts
    return tuple(week.get(weekday, ()) for weekday in range(7))


def _weekdays(place: str, key: object) -> Iterator[int]:
    first, dash, last = key.partition("-") if isinstance(key, str) else ("", "", "")
    last = last if dash else first
    if first not in _WEEKDAYS or last not in _WEEKDAYS:
        raise CalendarError(place, "is not a weekday (mon to sun) or a range such as mon-fri")
    begin, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last)
    return (weekday % 7 for weekday in range(begin, end + 1 if begin <= end else end + 8))


def _holidays(value: object) -> frozenset[date]:
    return frozenset(_date(f"holidays[{n}]", day) for n, day in enumerate(_list("holidays", value)))


def _dated(field: str, value: object) -> DatedShifts:
    dates: dict[date, Shifts] = {}
    for key, intervals in _mapping(field, value).items():
        place = f"{field}.{key}"
        day = _date(place, key)
        if day in dates:
            raise CalendarError(place, "is given twice")
        dates[day] = _shifts(place, intervals)
    return tuple(sorted(dates.items()))


def _shifts(place: str, value: object) -> Shifts:
    """The shifts of one date, in order; those that overlap are one."""
    merged: list[Shift] = []
    for shift, _ in _sorted_shifts(place, value):
        if merged and shift.start < merged[-1].end:
            merged[-1] = Shift(merged[-1].start, max(merged[-1].end, shift.end))
        else:
            merged.append(shift)
    return tuple(merged)


def _sorted_shifts(place: str, value: object) -> list[tuple[Shift, int]]:
    return sorted((_shift(f"{place}[{n}]", interval), n) for n, interval in enumerate(_list(place, value)))


def overlaps(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The places of intervals of one date that overlap: allowed, counted once, and hardly meant.

    Args:
        data: A calendar as it stands in the configuration, without mistakes.
    """
    for field in ("hours", "overrides", "breaks"):
        for key, intervals in _mapping(field, data.get(field, {})).items():
            place = f"{field}.{key}"
            end, last = 0, 0
            for shift, n in _sorted_shifts(place, intervals):
                if shift.start < end:
                    yield f"{place}[{n}]", f"{place}[{last}]"
                if shift.end > end:
                    end, last = shift.end, n


def _shift(place: str, value: object) -> Shift:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise CalendarError(place, 'must be a start and an end such as ["09:00", "17:00"]')
    start, end = (_time(f"{place}[{n}]", time) for n, time in enumerate(value))
    if start == end:
        raise CalendarError(place, 'start equals end; a whole day is ["00:00", "24:00"]')
    if start == DAY:
        raise CalendarError(f"{place}[0]", "starts at 24:00; write 00:00 of the next date")
    return Shift(start, end if end > start else end + DAY)


def _time(place: str, value: object) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise CalendarError(place, f"{_brief(value)} is not a time such as 09:00 (from 00:00 to 24:00)")
    hour, minute, second = found.groups()
    return DAY if hour is None else int(hour) * 3600 + int(minute) * 60 + int(second or 0)


def _date(place: str, value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        try:
            if not isinstance(value, str) or not _DATE.fullmatch(value):
                raise ValueError  # noqa: TRY301 - one message for a wrong form and for a date such as 2026-02-30
            value = date.fromisoformat(value)
        except ValueError:
            raise CalendarError(place, f"{_brief(value)} is not a date such as 2026-12-25") from None
    if not HORIZON_FIRST <= value < HORIZON_LAST:
        raise CalendarError(place, f"{value} lies beyond the horizon, {HORIZON_FIRST} to {HORIZON_LAST}")
    return value


# --- forms ----------------------------------------------------------------------------------------------------------


def _mapping(place: str, value: object) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise CalendarError(place, "must be a mapping")
    return value


def _list(place: str, value: object) -> Iterable[object]:
    if not isinstance(value, list | tuple):
        raise CalendarError(place, "must be a list")
    return value


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{second:02}" if second else text

"""Public holidays of countries, written out as dates.

The result has only dates and can be stored: a later release of the `holidays` library, with corrected
dates, changes no running clock.
"""

import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeGuard

from escalation_bridge.configfile.findings import list_names, suggest
from escalation_bridge.domain.sla.calendar import HORIZON_FIRST, HORIZON_LAST, CalendarError
from escalation_bridge.domain.sla.calendar_spec import DAY, Shift, parse_spec

DEFAULT_YEARS = range(2020, 2050)
"""Fixed instead of relative to today: the same file means the same dates whenever it is read."""

_KEYS = ("country", "subdivision", "years", "categories")
_HALF_DAY = "half_day"
_YEARS = range(HORIZON_FIRST.year, HORIZON_LAST.year)
_SPAN = re.compile(r"([0-9]{4})\s*-\s*([0-9]{4})")
_ANY_DATE = "2020-01-01"


def write_out_holidays(calendar: Mapping[str, object]) -> dict[str, object]:
    """The same calendar with dates instead of countries; half days become overrides with the first half of the working
    time.

    Raises:
        CalendarError: An entry names no country, subdivision, categories or years whose holidays are known.
    """
    entries = calendar.get("holidays")
    if _is_country(entries):
        whole, half = _dates("holidays", entries)
        return _with_half_days({**calendar, "holidays": sorted(whole)}, half - whole)
    if not _has_countries(entries):
        return dict(calendar)
    plain = [each for each in entries if not _is_country(each)]
    public: set[str] = set()
    halves: set[str] = set()
    for position, entry in enumerate(entries):
        if _is_country(entry):
            whole, half = _dates(f"holidays[{position}]", entry)
            public, halves = public | whole, halves | half
    dates = [*plain, *sorted(public.difference(map(str, plain)))]
    return _with_half_days({**calendar, "holidays": dates}, halves.difference(map(str, dates)))


def _with_half_days(calendar: dict[str, object], days: Collection[str]) -> dict[str, object]:
    """Halve the working time of these dates in a calendar; the admin's own overrides stay."""
    if not days:
        return calendar
    hours = parse_spec({"timezone": "UTC", "hours": calendar.get("hours", {})}).hours
    written = calendar.get("overrides")
    own = written if isinstance(written, Mapping) else {}
    known = set(map(str, own))
    halves = {
        day: [
            [_clock(start), _clock(end)]
            for start, end in _first_half(hours[date.fromisoformat(day).weekday()])
        ]
        for day in sorted(days)
        if day not in known
    }
    return {**calendar, "overrides": {**own, **halves}}


def _first_half(shifts: Sequence[Shift]) -> Iterator[Shift]:
    left = sum(end - start for start, end in shifts) // 2
    for start, end in shifts:
        if left <= 0:
            return
        yield Shift(start, min(end, start + left))
        left -= end - start


def _clock(seconds: int) -> str:
    seconds = seconds if seconds <= DAY else seconds - DAY
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"


def without_countries(calendar: Mapping[str, object]) -> dict[str, object]:
    """The same calendar with an arbitrary date for each country, to report its other errors at their own location."""
    entries = calendar.get("holidays")
    if _is_country(entries):
        return {**calendar, "holidays": []}
    if not _has_countries(entries):
        return dict(calendar)
    return {**calendar, "holidays": [_ANY_DATE if _is_country(each) else each for each in entries]}


def _is_country(entry: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(entry, Mapping)


def _has_countries(entries: object) -> TypeGuard[list[str | Mapping[str, object]]]:
    return isinstance(entries, list) and any(map(_is_country, entries))


def _dates(place: str, entry: Mapping[str, object]) -> tuple[set[str], set[str]]:
    """The dates of an entry: whole days, and half days."""
    for key in entry:
        if key not in _KEYS:
            raise CalendarError(
                f"{place}.{key}", f"no such field{suggest(key, _KEYS) or ';'} known: {list_names(_KEYS)}"
            )
    country, subdivision = entry.get("country"), entry.get("subdivision")
    if not isinstance(country, str):
        raise CalendarError(f"{place}.country", "must be a country's two letters, such as ID")
    if subdivision is not None and not isinstance(subdivision, str):
        raise CalendarError(
            f"{place}.subdivision", "must be the short name of a state or region, in quotes if it is a number"
        )
    asked = entry.get("years")
    years = DEFAULT_YEARS if asked is None else _years(f"{place}.years", asked)
    wanted = _categories(f"{place}.categories", entry.get("categories"))
    listed = _Listed(place, country, subdivision, years)
    whole, half = listed.dates(wanted)
    # Of years that are not requested explicitly, those count for which data exists.
    unknown = sorted({str(year) for year in years} - {day[:4] for day in whole | half})
    if unknown and (asked is not None or not whole | half):
        span = f"{DEFAULT_YEARS[0]} to {DEFAULT_YEARS[-1]}" if asked is None else ", ".join(unknown)
        kinds = ", ".join(wanted) if wanted else "public"
        raise CalendarError(place, f"no {kinds} holidays of {country} are known for {span}")
    return whole, half


def _categories(place: str, value: object) -> tuple[str, ...]:
    """The requested categories; by default the library's own, public holidays."""
    if value is None:
        return ()
    given = value if isinstance(value, list) else [value]
    names = tuple(each for each in given if isinstance(each, str))
    if not names or len(names) < len(given):
        raise CalendarError(place, "must be a list of categories such as [public, government]")
    return names


@dataclass(frozen=True, slots=True)
class _Listed:
    """The holidays of a country."""

    place: str
    country: str
    subdivision: str | None
    years: Collection[int]

    def dates(self, wanted: tuple[str, ...]) -> tuple[set[str], set[str]]:
        """Whole days and half days of the requested categories."""
        import holidays  # megabytes; imported only on demand

        country, place = self.country, self.place
        try:
            known = holidays.country_holidays(country.upper(), years=())
        except NotImplementedError:  # holidays raises it for an unknown country
            raise CalendarError(
                f"{place}.country", f"no public holidays are known of {country}; it is two letters such as ID"
            ) from None
        for name in wanted:
            if name not in known.supported_categories:
                allowed = list_names(sorted(known.supported_categories))
                raise CalendarError(
                    f"{place}.categories",
                    f"{country} has no holidays of the category {name}; allowed: {allowed}",
                )
        whole = tuple(name for name in wanted if name != _HALF_DAY)
        half = tuple(name for name in wanted if name == _HALF_DAY)
        try:
            return (
                self._of(whole or None) if whole or not wanted else set(),
                self._of(half) if half else set(),
            )
        except NotImplementedError:  # and for a subdivision
            names = list_names(known.subdivisions)
            raise CalendarError(
                f"{place}.subdivision", f"{country} has no {self.subdivision}; known: {names}"
            ) from None

    def _of(self, categories: tuple[str, ...] | None) -> set[str]:
        import holidays

        with warnings.catch_warnings():
            # It warns of holidays whose dates are not known so far ahead, and of names that it is going to change.
            warnings.simplefilter("ignore")
            found = holidays.country_holidays(
                self.country.upper(),
                subdiv=self.subdivision,
                years=self.years,
                expand=False,
                categories=categories,
            )
        return {day.isoformat() for day in found}


def _years(place: str, value: object) -> list[int]:
    if isinstance(value, str) and (span := _SPAN.fullmatch(value.strip())):
        value = list(range(int(span[1]), int(span[2]) + 1))
    given: list[object] = value if isinstance(value, list) else [value]
    years = [each for each in given if isinstance(each, int) and each in _YEARS]
    if not years or len(years) < len(given):
        raise CalendarError(
            place,
            "must be a year, a list of years or a span such as 2026-2030, "
            f"within {_YEARS[0]} to {_YEARS[-1]}",
        )
    return years

"""Public holidays of a country in a calendar of the configuration: written out as dates when the file is read.

What comes out has nothing but dates in it and can be kept: a later edition of the `holidays` library, which may know better
when a feast is, moves no clock that runs by the dates from before.
"""

import re
import warnings
from collections.abc import Collection, Mapping
from typing import TypeGuard

from escalation_bridge.configfile.findings import list_names, suggest
from escalation_bridge.domain.calendar import HORIZON_FIRST, HORIZON_LAST, CalendarError

DEFAULT_YEARS = range(2020, 2050)
"""Fixed rather than counted from today: the same file means the same dates whenever it is read."""

_KEYS = ("country", "subdivision", "years")
_YEARS = range(HORIZON_FIRST.year, HORIZON_LAST.year)
_SPAN = re.compile(r"([0-9]{4})\s*-\s*([0-9]{4})")
_ANY_DATE = "2020-01-01"


def write_out_holidays(calendar: Mapping[str, object]) -> dict[str, object]:
    """The same calendar with dates instead of countries.

    Raises:
        CalendarError: An entry names no country, subdivision or years whose public holidays are known.
    """
    entries = calendar.get("holidays")
    if _is_country(entries):
        return {**calendar, "holidays": sorted(_dates("holidays", entries))}
    if not _has_countries(entries):
        return dict(calendar)
    plain = [each for each in entries if not _is_country(each)]
    public: set[str] = set()
    for position, entry in enumerate(entries):
        if _is_country(entry):
            public |= _dates(f"holidays[{position}]", entry)
    return {**calendar, "holidays": [*plain, *sorted(public.difference(map(str, plain)))]}


def without_countries(calendar: Mapping[str, object]) -> dict[str, object]:
    """The same calendar with any date in the place of each country: its other mistakes are where they were written."""
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


def _dates(place: str, entry: Mapping[str, object]) -> set[str]:
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
    found = _public_holidays(place, country, subdivision, years)
    # Of the years that nobody asked for by number, those count that anything is known of.
    unknown = sorted({str(year) for year in years} - {day[:4] for day in found})
    if unknown and (asked is not None or not found):
        span = f"{DEFAULT_YEARS[0]} to {DEFAULT_YEARS[-1]}" if asked is None else ", ".join(unknown)
        raise CalendarError(place, f"no public holidays of {country} are known for {span}")
    return found


def _public_holidays(place: str, country: str, subdivision: str | None, years: Collection[int]) -> set[str]:
    import holidays  # megabytes, for those only who ask

    try:
        known = holidays.country_holidays(country.upper(), years=())
    except NotImplementedError:  # what holidays raises for a country that it does not know
        raise CalendarError(
            f"{place}.country", f"no public holidays are known of {country}; it is two letters such as ID"
        ) from None
    try:
        with warnings.catch_warnings():
            # It warns of feasts whose dates it does not know so far ahead, and of names that it is going to change.
            warnings.simplefilter("ignore")
            found = holidays.country_holidays(country.upper(), subdiv=subdivision, years=years, expand=False)
    except NotImplementedError:  # and for a subdivision
        names = list_names(known.subdivisions)
        raise CalendarError(
            f"{place}.subdivision", f"{country} has no {subdivision}; known: {names}"
        ) from None
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

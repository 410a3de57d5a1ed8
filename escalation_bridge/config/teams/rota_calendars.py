"""Read iCalendar texts: when which event of a rota takes place."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import recurring_ical_events
import structlog

from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.facts import Facts, TeamFacts
from escalation_bridge.domain.teams.rota import RotaCalendar
from escalation_bridge.domain.teams.rota_calendar import CalendarEvent

_log = structlog.get_logger(__name__)

LARGEST = 1024 * 1024
"""Bytes of a calendar."""
MOST_EVENTS = 5000
_MOST_AT_ONCE = 20_000
"""The maximum number of occurrences that are used."""
_AHEAD = timedelta(days=8)
_MARGIN = timedelta(days=1)
"""Around the period that is asked for: the library compares whole days and times without a zone as if they were UTC."""
PATIENCE_SECONDS = 10.0
"""A rule that fits no day at all takes seconds, because it is tried up to the year 9999."""
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_MOST_TIMES_A_DAY = 24


class UnreadableCalendar(ValueError):
    """A text is no calendar that could be used. The message gives the reason and quotes nothing of the text."""


@dataclass(frozen=True, slots=True)
class ParsedCalendar:
    """A calendar without the events that cannot be used.

    Attributes:
        series: The events of each series: one, or a recurring one with its exceptions.
        zone: The zone that the calendar names for itself; None: none that is known.
        problems: Why events are left out, for the admin.
    """

    series: tuple[tuple[icalendar.Component, ...], ...] = field(repr=False)
    zone: str | None
    problems: tuple[str, ...]


def parse_rota_calendar(text: str) -> ParsedCalendar:
    """Parse a calendar, and check each of its events.

    Raises:
        UnreadableCalendar: It is too large, no iCalendar, or without events.
    """
    if len(text.encode()) > LARGEST:
        raise UnreadableCalendar(f"it is too large; allowed: {LARGEST // 1024} KiB")
    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = calendar.walk("VEVENT") if calendar.name == "VCALENDAR" else None
    except Exception:  # noqa: BLE001 - a stranger's text in a lenient parser; which errors it raises is not documented
        raise UnreadableCalendar(
            "it is no iCalendar (a text from BEGIN:VCALENDAR to END:VCALENDAR)"
        ) from None
    if events is None:
        raise UnreadableCalendar("it is no iCalendar (a text from BEGIN:VCALENDAR to END:VCALENDAR)")
    if not events:
        raise UnreadableCalendar("it has no events")
    if len(events) > MOST_EVENTS:
        raise UnreadableCalendar(f"it has {len(events)} events; allowed: {MOST_EVENTS}")
    series: dict[object, list[icalendar.Component]] = {}
    problems: list[str] = []
    for number, event in enumerate(events, 1):
        problem = _problem_of(event)
        if problem is None:
            series.setdefault(event.get("UID", number), []).append(event)
        else:
            problems.append(f"event {number} {problem}")
    own = str(calendar.get("X-WR-TIMEZONE", ""))
    zone = own if own in available_timezones() else None
    return ParsedCalendar(tuple(map(tuple, series.values())), zone, tuple(problems))


def occurrences(
    parsed: ParsedCalendar,
    source: RotaCalendar,
    start: datetime,
    end: datetime,
    patience_seconds: float = PATIENCE_SECONDS,
) -> tuple[CalendarEvent, ...]:
    """The events that take place in a period, each time that they recur, by start.

    Whole days and times without a zone are those of the zone of `source`.

    Raises:
        UnreadableCalendar: There are too many of them, or they take too long.
    """
    zone = ZoneInfo(source.timezone or parsed.zone or source.fallback)
    deadline = time.monotonic() + patience_seconds
    found: list[CalendarEvent] = []
    for series in parsed.series:
        for event in _recurrences(series, start - _MARGIN, end + _MARGIN):
            made = _event(event, zone)
            if made is not None and made.start < end and made.end > start:
                found.append(made)
        if len(found) > _MOST_AT_ONCE:
            raise UnreadableCalendar(f"more than {_MOST_AT_ONCE} of its events are near; no rota has so many")
        if time.monotonic() > deadline:
            raise UnreadableCalendar("its rules of recurrence take too long")
    return tuple(sorted(found, key=lambda each: (each.start, each.end, each.summary)))


def period(now: datetime) -> tuple[datetime, datetime]:
    """The time around the present of which turns are kept."""
    return now - _MARGIN, now + _AHEAD


def facts_of_files(directory: Directory, now: datetime) -> Facts:
    """The events of all calendars that were read from files."""
    found: dict[str, TeamFacts] = {}
    for team in directory.teams.values():
        source = team.rota.calendar if team.rota is not None else None
        if source is not None and source.text:
            try:
                events = occurrences(parse_rota_calendar(source.text), source, *period(now))
            except UnreadableCalendar as error:
                _log.warning(
                    "teams.source_failed", team=team.name, source="the calendar's file", error=str(error)
                )
            else:
                found[team.name] = TeamFacts(events=events)
    return found


def _problem_of(event: icalendar.Component) -> str | None:
    """Why an event cannot be used, after its number; None: it can."""
    for name in ("DTSTART", "DTEND"):
        try:
            value: Any = event.get(name)
            moment = value.dt if value is not None else None
        except Exception:  # noqa: BLE001 - what is broken raises when it is looked at
            return f"has a {name} that is no date or time"
        if moment is None and name == "DTSTART":
            return "has no DTSTART"
        if moment is not None and not isinstance(moment, date):
            return f"has a {name} that is no date or time"
        zone = getattr(value, "params", {}).get("TZID")
        if zone and isinstance(moment, datetime) and moment.tzinfo is None:
            return f"has the time zone {str(zone)[:60]}, which is unknown; write an IANA name such as Asia/Jakarta"
    rule = event.get("RRULE")
    rules = rule if isinstance(rule, list) else [rule] if rule is not None else []
    return next((problem for each in rules if (problem := _problem_of_rule(each)) is not None), None)


def _problem_of_rule(rule: object) -> str | None:
    if not isinstance(rule, Mapping) or not rule.get("FREQ"):
        return "has an RRULE that cannot be read"
    if str(rule["FREQ"][0]) not in _FREQUENCIES:
        return f"recurs {rule['FREQ'][0]}; allowed: {', '.join(_FREQUENCIES)}"
    a_day = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        a_day *= len(rule.get(part, [0]))
    return "recurs too often within a day" if a_day > _MOST_TIMES_A_DAY else None


def _recurrences(
    series: tuple[icalendar.Component, ...], start: datetime, end: datetime
) -> Iterator[icalendar.Component]:
    calendar = icalendar.Calendar()
    for event in series:
        calendar.add_component(event)
    try:
        yield from recurring_ical_events.of(calendar, skip_bad_series=True).between(start, end)
    except Exception:  # noqa: BLE001 - one odd series, such as one in the year 1, hides no others
        return


def _event(event: icalendar.Component, zone: ZoneInfo) -> CalendarEvent | None:
    """An occurrence; None for one that was cancelled or has no length."""
    times: list[Any] = [event["DTSTART"], event["DTEND"]]
    start, end = (_instant(each.dt, zone) for each in times)
    if start >= end or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    attendees = event.get("ATTENDEE", [])
    people = attendees if isinstance(attendees, list) else [attendees]
    return CalendarEvent(
        start,
        end,
        str(event.get("SUMMARY", "")).strip(),
        tuple(dict.fromkeys(filter(None, map(_mail, people)))),
        _mail(event.get("ORGANIZER", "")),
    )


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time_of_day(), zone)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _mail(person: object) -> str:
    """The address of somebody who did not decline."""
    if str(getattr(person, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED":
        return ""
    scheme, colon, address = str(person).strip().partition(":")
    if not colon:
        address = scheme  # some calendars leave out "mailto:"
    elif scheme.casefold() != "mailto":
        return ""
    return address.casefold() if "@" in address else ""

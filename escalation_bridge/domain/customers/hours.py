"""When a customer may be written to: by day where the customer is, and in the working hours of the policy."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.calendar_spec import CalendarError

DAY_BEGINS, DAY_ENDS = time(8), time(21)
"""By the customer's clock."""
_LOOKED_AHEAD = timedelta(days=14)


def zone_named(name: str | None) -> ZoneInfo | None:
    """A time zone as vendors name them; None: there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (LookupError, ValueError, OSError):
        return None


def next_polite(at: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The instant itself, or the next one that is day at the customer's and working time.

    A customer at the other end of the world may have no such hour: then the day counts alone.
    """
    found = at
    while found < at + _LOOKED_AHEAD:
        try:
            opening = max(found, calendar.next_open(found))  # a calendar counts whole seconds
        except CalendarError:
            break
        found = _next_day(opening, zone)
        if found == opening:
            return found
    return _next_day(at, zone)


def _next_day(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return at
    date = local.date() + timedelta(days=local.time() >= DAY_ENDS)
    return datetime.combine(date, DAY_BEGINS, zone).astimezone(at.tzinfo)

"""Dates in queries: to the minute, in the time zone of whoever asks."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from escalation_bridge_sandbox.jira.jql.tokens import JqlError

FORMATS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
PERIOD = re.compile(r"[+-]?(?:\s*\d+\s*[wdhm])+", re.IGNORECASE)
PART = re.compile(r"(\d+)\s*([wdhm])", re.IGNORECASE)
UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
MILLISECONDS = re.compile(r"-?\d+")


def instant_of(text: str, field: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant that a value means.

    Raises:
        JqlError: It is no date and no period. Seconds are not understood either.
        OverflowError: It is out of the calendar; so may be an OSError or a ValueError.
    """
    text = text.strip()
    for pattern in FORMATS:
        try:
            local = datetime.strptime(text, pattern).replace(tzinfo=zone)
        except ValueError:
            continue
        return local.astimezone(UTC)
    if PERIOD.fullmatch(text):
        return now + period_of(text)
    if MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    raise invalid_date(text, field)


def invalid_date(text: str, field: str) -> JqlError:
    return JqlError(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )


def period_of(text: str) -> timedelta:
    """The length of a period such as `-4w 2d`."""
    total = sum((int(count) * UNITS[unit.lower()] for count, unit in PART.findall(text)), timedelta())
    return -total if text.strip().startswith("-") else total


def instant_of_function(
    name: str, arguments: tuple[str, ...], now: datetime, zone: ZoneInfo
) -> datetime | None:
    """The instant that a date function gives, or None when it is none of them."""
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    last = timedelta(milliseconds=1)
    match name.lower():
        case "now":
            found = local
        case "startofday":
            found = midnight
        case "endofday":
            found = midnight + timedelta(days=1) - last
        case "startofweek":
            found = monday
        case "endofweek":
            found = monday + timedelta(weeks=1) - last
        case _:
            return None
    moved = found + period_of(arguments[0]) if arguments else found
    return moved.astimezone(UTC)

"""Values that are written as text and mean an amount, a moment or a name."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal, TypeGuard
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from escalation_bridge.domain.sla.calendar import HORIZON_FIRST, HORIZON_LAST
from escalation_bridge.domain.sla.policy import WorkingDays

_UNITS = {"s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(?:\d+[smh]\s*)+")
_TARGET = re.compile(r"(?:(?P<days>\d{1,3})d\s*)?(?P<rest>(?:\d+[smh]\s*)*)")
_MOST_DAYS = 366
_LONGEST_WINDOW = 720 * 3600
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT = re.compile(r"(?:(?P<percent>\d{1,4})\s*%|due\s*(?:(?P<sign>[+-])\s*(?P<offset>(?:\d+[smh]\s*)+))?)")


def _as_text(value: object) -> object:
    """Ids are often numbers, which nobody puts in quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[
    Annotated[str, Field(min_length=1)], BeforeValidator(_as_text, json_schema_input_type=str | int)
]
"""A value, a tag, an id or a person's address; empty is no value."""


def _duration(value: object) -> object:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smh])", value))
    raise PydanticCustomError(
        "duration",
        "allowed: a duration in working time: 90s, 15m, 8h, 1h 30m",
    )


def _target(value: object) -> object:
    match = _TARGET.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        days, seconds = int(match["days"] or 0), _duration(match["rest"]) if match["rest"] else 0
        if days <= _MOST_DAYS and isinstance(seconds, int) and (days or seconds):
            return WorkingDays(days, seconds) if days else seconds
    raise PydanticCustomError(
        "target",
        "allowed: working time such as 90s, 15m, 8h, 1h 30m, or working days of the calendar such as 2d or 1d 4h; "
        "more than zero, and at most 366d",
    )


def _window(value: object) -> object:
    """A time window in calendar time; 0 and `none`: closed."""
    if value is None or value == "none" or (value == 0 and not isinstance(value, bool)):
        return 0
    if isinstance(value, str) and _DURATION.fullmatch(value):
        seconds = _duration(value)
        if isinstance(seconds, int) and seconds <= _LONGEST_WINDOW:
            return seconds
    raise PydanticCustomError("window", "allowed: a duration up to 720h such as 24h or 90m, or none")


def _moment(value: object) -> object:
    match = _AT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError(
            "moment", "allowed: a share of the target such as 80%, or due, due - 10m, due + 30m"
        )
    return value


def _is_date(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def _since(value: object) -> date:
    try:
        since = date.fromisoformat(value) if _is_date(value) else datetime.fromisoformat(str(value))
    except ValueError:
        since = None
    day = since.date() if isinstance(since, datetime) else since
    has_zone = not isinstance(since, datetime) or since.tzinfo is not None
    if day is not None and HORIZON_FIRST < day < HORIZON_LAST and has_zone:
        return since.astimezone(UTC) if isinstance(since, datetime) else day
    raise PydanticCustomError(
        "since",
        "allowed: a date such as 2026-12-31, or an instant with its offset such as 2026-12-31T09:00:00+07:00, "
        f"between {HORIZON_FIRST} and {HORIZON_LAST}",
    )


Duration = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(description="Working time: 90s, 15m, 8h, 1h 30m", examples=["15m", "8h"]),
]
TargetTime = Annotated[
    int | WorkingDays,
    BeforeValidator(_target, json_schema_input_type=str),
    Field(
        description="Working time: 15m, 8h, 1h 30m; or working days: 2d, 1d 4h", examples=["15m", "8h", "2d"]
    ),
]
Window = Annotated[
    int,
    BeforeValidator(_window, json_schema_input_type=str | int | None),
    Field(description="All time: 90m, 24h; 0 or none: not at all", examples=["24h", "none"]),
]
Moment = Annotated[str, BeforeValidator(_moment), Field(examples=["80%", "due", "due - 10m", "due + 30m"])]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""A name chosen by the admin: lower case letters, digits, - and _."""

Since = Annotated[
    date,
    PlainValidator(_since, json_schema_input_type=str),
    Field(examples=["2026-12-31", "2026-12-31T09:00:00+07:00"]),
]
"""A date, or (`datetime`) an instant in UTC."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("zone", "allowed: an IANA time zone such as Asia/Jakarta")
    return name


def _time_of_day(value: object) -> time:
    try:
        hour, _, minute = str(value).partition(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise PydanticCustomError("time_of_day", "allowed: a time of day such as 09:00") from None


Zone = Annotated[str, AfterValidator(_zone)]
"""An IANA time zone."""
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day, json_schema_input_type=str)]

_FILE_KIND = r"^(\.[^\s/*]*[^\s/*.]|[\w.+-]+/(\*|[\w.+-]+))$"


def _file_kind(value: str) -> str:
    if re.fullmatch(_FILE_KIND, value):
        return value
    meant = f".{value.strip().lstrip('.')}"
    guess = f"; did you mean {meant}?" if re.fullmatch(_FILE_KIND, meant) else ""
    raise PydanticCustomError(
        "file_kind",
        "neither the ending of a name, such as .exe, nor a content type, such as video/*{guess}",
        {"guess": guess},
    )


FileKind = Annotated[
    str,
    AfterValidator(_file_kind),
    Field(examples=[".exe", "video/*"], json_schema_extra={"pattern": _FILE_KIND}),
]
"""A file extension, or a content type."""

Language = Literal["en", "id"]


def parse_moment(moment: str) -> tuple[int, int]:
    """Parse a step's `at`: percent of the target, and seconds after that."""
    match = _AT.fullmatch(moment.strip())
    if match is None:
        raise ValueError(moment)
    if match["percent"] is not None:
        return int(match["percent"]), 0
    offset = sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smh])", match["offset"] or ""))
    return 100, -offset if match["sign"] == "-" else offset

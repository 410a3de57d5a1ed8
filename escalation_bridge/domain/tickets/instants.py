"""Instants that vendors send. Near the ends of the calendar, converting to UTC or adding an hour fails."""

from datetime import UTC, datetime

_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def usable(at: datetime) -> bool:
    """Whether it has a zone and lies where one can calculate with it."""
    return at.tzinfo is not None and _FIRST_YEAR <= at.year <= _LAST_YEAR


def from_milliseconds(value: int) -> datetime | None:
    """The instant so many milliseconds after 1970, which may be a number of any size; None where it is not usable."""
    seconds, rest = divmod(value, 1000)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
    except (ValueError, OverflowError, OSError):
        return None
    return at if usable(at) else None

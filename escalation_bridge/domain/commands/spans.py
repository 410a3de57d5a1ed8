"""How people write how long something takes, in English and Indonesian: `2h`, `90m`, `2 jam`, `until Monday`."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "menit", "mnt"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours", "jam", "j"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "hari"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "minggu", "pekan"), timedelta(weeks=1)),
}
_LONGEST = timedelta(days=3660)
_SPAN = re.compile(r"(\d{1,4})\s*([a-z]+)")
_DAYS = (
    ("monday", "mon", "senin"),
    ("tuesday", "tue", "selasa"),
    ("wednesday", "wed", "rabu"),
    ("thursday", "thu", "kamis"),
    ("friday", "fri", "jumat", "jum'at"),
    ("saturday", "sat", "sabtu"),
    ("sunday", "sun", "minggu", "ahad"),
)
_TOMORROW = ("tomorrow", "besok")
_UNTIL = ("until", "till", "sampai", "hingga", "s/d")
_FOR = ("for", "selama")


def parse_span(words: Sequence[str]) -> timedelta | None:
    """How long: `2h`, `1 h 30 m`, `2 jam`; None: it says something else, or longer than anybody means."""
    text = " ".join(words).casefold()
    total, rest = timedelta(), text
    for found in _SPAN.finditer(text):
        unit = _UNITS.get(found[2])
        if unit is None:
            return None
        total += int(found[1]) * unit
        rest = rest.replace(found[0], "", 1)
    return total if timedelta() < total <= _LONGEST and not rest.strip() else None


def parse_until(words: Sequence[str], now: datetime, timezone: str) -> datetime | None:
    """Until when: a span from now, a weekday, tomorrow, or a date; days end where the one that is named begins.

    Args:
        words: What a person wrote.
        now: The present time.
        timezone: The IANA name of the person's time zone.
    """
    folded = [word.casefold().strip(".,") for word in words]
    if folded and folded[0] in (*_UNTIL, *_FOR):
        folded = folded[1:]
    span = parse_span(folded)
    if span is not None:
        return now + span
    if len(folded) != 1:
        return None
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    day = _day(folded[0], today)
    return datetime.combine(day, time(), zone) if day is not None and day > today else None


def _day(word: str, today: date) -> date | None:
    if word in _TOMORROW:
        return today + timedelta(days=1)
    for number, names in enumerate(_DAYS):
        if word in names:
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None

"""How people write how long something takes, in English and Indonesian: `2h`, `1,5 jam`, `until Monday`, `sampai jam 14`."""

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
_SPAN = re.compile(r"(\d{1,4}(?:[.,]\d{1,2})?)\s*([a-z]+)")
_IN_WORDS = {
    **dict.fromkeys(("half an hour", "setengah jam"), timedelta(minutes=30)),
    **dict.fromkeys(("an hour", "one hour", "sejam", "satu jam"), timedelta(hours=1)),
    **dict.fromkeys(("a day", "one day", "sehari", "satu hari"), timedelta(days=1)),
    **dict.fromkeys(("a week", "one week", "seminggu", "satu minggu"), timedelta(weeks=1)),
}
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
_CLOCK = re.compile(
    r"(?:(?P<said>at|jam|pukul|pkl) ?)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?(?: ?(?P<half>am|pm))?$"
)
_BESIDE_DAYS = ("on", "next", "hari", "tanggal", "tgl", "depan")
"""Words beside a day that say nothing more."""


def parse_span(words: Sequence[str]) -> timedelta | None:
    """How long: `2h`, `1 h 30 m`, `2 jam`; None: it says something else, or longer than anybody means."""
    text = " ".join(words).casefold()
    if text in _IN_WORDS:
        return _IN_WORDS[text]
    total, rest = timedelta(), text
    for found in _SPAN.finditer(text):
        unit = _UNITS.get(found[2])
        if unit is None:
            return None
        total += float(found[1].replace(",", ".")) * unit
        rest = rest.replace(found[0], "", 1)
    return total if timedelta() < total <= _LONGEST and not rest.strip() else None


def parse_until(words: Sequence[str], now: datetime, timezone: str) -> datetime | None:
    """Until when: a span from now, a day (a weekday, tomorrow, a date), a time of day, or a time of a day.

    A day alone means its beginning, a time of day alone the next one.

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
    folded = [word for word in folded if word not in _BESIDE_DAYS]
    if not folded:
        return None
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    day = _day(folded[0], today)
    if len(folded) == 1 and day is not None:
        return datetime.combine(day, time(), zone) if day > today else None
    clock = _clock(" ".join(folded if day is None else folded[1:]), is_after_day=day is not None)
    if clock is None:
        return None
    at = datetime.combine(day or today, clock, zone)
    if at <= now and day is None:
        at = datetime.combine(today + timedelta(days=1), clock, zone)
    return at if at > now else None


def _clock(text: str, *, is_after_day: bool) -> time | None:
    """A time of day; a number alone is one only after a day."""
    found = _CLOCK.match(text)
    if found is None or not (is_after_day or found["said"] or found["minute"] or found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


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

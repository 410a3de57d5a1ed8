"""Due times in the words of customers: "tomorrow by 3 pm", "besok pukul 15.00 WIB"."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "id": "Senin Selasa Rabu Kamis Jumat Sabtu Minggu".split(),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split(),
}
_NEAR = {"en": {0: "today", 1: "tomorrow"}, "id": {0: "hari ini", 1: "besok"}}
_QUARTER = timedelta(minutes=15)


def zone_called(local: datetime) -> str:
    """The abbreviation of an instant's time zone: "WIB", or "UTC+03" where it has none."""
    zone = local.tzname() or ""
    return zone if zone.isalpha() else f"UTC{zone}"


def by_when_of(due: str, now: str | None, timezone: str | None, language: str, *, names_zone: bool) -> str:
    """A due time as a customer says it.

    It is rounded up to a quarter of an hour, so that it is never earlier than what is expected.

    Args:
        due: The instant, in ISO format.
        now: When it is read; None: some time later, so that it is named by its date.
        timezone: In which time zone; None: UTC.
        language: Of the customer.
        names_zone: Whether it may be another time zone than the customer's, so that it has to be named.
    """
    zone = ZoneInfo(timezone or "UTC")
    local = _rounded(datetime.fromisoformat(due)).astimezone(zone)
    midnight = (local.hour, local.minute) == (0, 0)
    # Midnight ends a day: "by midnight today" is understood, "tomorrow by 12 am" is not.
    date = (local - timedelta(days=midnight)).date()
    ahead = (date - datetime.fromisoformat(now).astimezone(zone).date()).days if now else None
    day = f"{_DAYS[language][date.weekday()]}, {date.day} {_MONTHS[language][date.month - 1]}"
    near = _NEAR[language].get(ahead) if ahead is not None else None
    if language == "id":
        return f"{near or f'{day},'} pukul {'24.00' if midnight else f'{local:%H.%M}'} {zone_called(local)}"
    clock = f"by {_english(local, midnight=midnight)}"
    clock += f" ({zone_called(local)})" if names_zone else ""
    return f"{near} {clock}" if near else f"{clock} on {day}"


def _rounded(at: datetime) -> datetime:
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + (_QUARTER - over) if over else at


def _english(local: datetime, *, midnight: bool) -> str:
    if midnight:
        return "midnight"
    if (local.hour, local.minute) == (12, 0):
        return "noon"
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"

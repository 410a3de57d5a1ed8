"""How people write how long something takes, and until when, in English and Indonesian."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation_bridge.domain.commands.spans import parse_span, parse_until

JAKARTA = "Asia/Jakarta"
NOW = datetime(2026, 3, 4, 10, 30, tzinfo=ZoneInfo(JAKARTA))  # a Wednesday


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("2h", 120),
        ("1 h 30 m", 90),
        ("1.5h", 90),
        ("1,5 jam", 90),
        ("2 jam", 120),
        ("half an hour", 30),
        ("setengah jam", 30),
        ("sejam", 60),
        ("sehari", 24 * 60),
        ("1 minggu", 7 * 24 * 60),
    ],
)
def test_a_span_is_understood(words, minutes):
    assert parse_span(words.split()) == timedelta(minutes=minutes)


@pytest.mark.parametrize("words", ["", "soon", "2", "0h", "-2h", "2h soon", "2 moons", "9999w", "1.2.3h"])
def test_what_is_no_span_is_none(words):
    assert parse_span(words.split()) is None


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("until Monday", "2026-03-09 00:00"),
        ("sampai Senin", "2026-03-09 00:00"),
        ("sampai hari Senin", "2026-03-09 00:00"),
        ("sampai Senin depan", "2026-03-09 00:00"),
        ("until monday 9:00", "2026-03-09 09:00"),
        ("until Monday at 9am", "2026-03-09 09:00"),
        ("sampai Senin jam 9", "2026-03-09 09:00"),
        ("besok jam 14.30", "2026-03-05 14:30"),
        ("until tomorrow", "2026-03-05 00:00"),
        ("until 14:00", "2026-03-04 14:00"),
        ("sampai jam 14", "2026-03-04 14:00"),
        ("until 12 am", "2026-03-05 00:00"),
        ("until 9:00", "2026-03-05 09:00"),
        ("until 2026-03-10", "2026-03-10 00:00"),
        ("until 2026-03-04 15:00", "2026-03-04 15:00"),
        ("selama 3 hari", "2026-03-07 10:30"),
        ("for half an hour", "2026-03-04 11:00"),
    ],
)
def test_an_end_is_in_the_persons_time_zone(words, until):
    expected = datetime.fromisoformat(until).replace(tzinfo=ZoneInfo(JAKARTA))
    assert parse_until(words.split(), NOW, JAKARTA) == expected


@pytest.mark.parametrize(
    "words",
    [
        "",
        "until",
        "hari",
        "nevermore",
        "until 14",
        "until 25:00",
        "until 9:75",
        "until 13 pm",
        "2026-03-04 9:00",
    ],
)
def test_what_is_no_end_or_is_over_is_none(words):
    assert parse_until(words.split(), NOW, JAKARTA) is None

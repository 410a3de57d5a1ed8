"""iCalendar texts: which event takes place when, in which zone, and what is refused."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.config.teams.rota_calendars import (
    LARGEST,
    MOST_EVENTS,
    UnreadableCalendar,
    occurrences,
    parse_rota_calendar,
)
from escalation_bridge.domain.teams.rota import RotaCalendar

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
WEEKLY = "DTSTART:20260105T020000Z\r\nDTEND:20260112T020000Z\r\nRRULE:FREQ=WEEKLY;INTERVAL=2"


def calendar(*events, head=""):
    made = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\n{event}\r\nEND:VEVENT\r\n"
        for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{head}{made}END:VCALENDAR\r\n"


def spans(text, start=START, end=END, **source):
    found = occurrences(parse_rota_calendar(text), RotaCalendar(**source), start, end)
    return [(f"{each.start:%m-%d %H:%M}", f"{each.end:%m-%d %H:%M}") for each in found]


def problems(*events):
    return parse_rota_calendar(calendar(*events)).problems


# --- times ----------------------------------------------------------------------------------------------------------


def test_an_endless_rule_recurs_around_the_period_only():
    assert spans(calendar(WEEKLY)) == [
        ("10-26 02:00", "11-02 02:00"),
        ("11-09 02:00", "11-16 02:00"),
        ("11-23 02:00", "11-30 02:00"),
    ]


@pytest.mark.parametrize(
    ("head", "source", "span"),
    [
        ("", {"timezone": "Asia/Jakarta"}, ("11-04 17:00", "11-05 17:00")),
        ("X-WR-TIMEZONE:Asia/Tokyo\r\n", {}, ("11-04 15:00", "11-05 15:00")),
        ("X-WR-TIMEZONE:Asia/Tokyo\r\n", {"timezone": "Asia/Jakarta"}, ("11-04 17:00", "11-05 17:00")),
        ("X-WR-TIMEZONE:Mars/Base\r\n", {"fallback": "Asia/Makassar"}, ("11-04 16:00", "11-05 16:00")),
        ("", {}, ("11-05 00:00", "11-06 00:00")),
    ],
)
def test_a_whole_day_is_one_of_the_calendars_zone(head, source, span):
    assert spans(calendar("DTSTART;VALUE=DATE:20261105", head=head), **source) == [span]


def test_a_time_without_a_zone_is_one_of_the_calendars_zone():
    text = calendar("DTSTART:20261105T090000\r\nDURATION:PT8H", head="X-WR-TIMEZONE:Asia/Jakarta\r\n")
    assert spans(text) == [("11-05 02:00", "11-05 10:00")]


def test_a_time_with_a_zone_keeps_it_over_summer_time():
    rule = "DTSTART;TZID=Europe/Berlin:20261023T090000\r\nDTEND;TZID=Europe/Berlin:20261023T100000\r\nRRULE:FREQ=WEEKLY;COUNT=3"
    text = calendar(rule, head="X-WR-TIMEZONE:Asia/Jakarta\r\n")
    assert spans(text, datetime(2026, 10, 1, tzinfo=UTC)) == [
        ("10-23 07:00", "10-23 08:00"),
        ("10-30 08:00", "10-30 09:00"),
        ("11-06 08:00", "11-06 09:00"),
    ]


def test_zones_that_windows_or_the_calendar_itself_names_are_known():
    own = (
        "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0700\r\n"
        "TZOFFSETTO:+0700\r\nTZNAME:WIB\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    for zone in ("SE Asia Standard Time", "Own"):
        event = f"DTSTART;TZID={zone}:20261105T090000\r\nDTEND;TZID={zone}:20261105T100000"
        assert spans(calendar(event, head=own)) == [("11-05 02:00", "11-05 03:00")]


def test_an_exception_and_a_moved_occurrence_count():
    event = "DTSTART:20261102T020000Z\r\nDTEND:20261102T030000Z\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE:20261109T020000Z"
    moved = (
        "BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID:20261116T020000Z\r\nDTSTART:20261117T020000Z\r\n"
        "DTEND:20261117T030000Z\r\nEND:VEVENT\r\n"
    )
    assert spans(calendar(event, head=moved)) == [
        ("11-02 02:00", "11-02 03:00"),
        ("11-17 02:00", "11-17 03:00"),
    ]


@pytest.mark.parametrize(
    "event", ["DTSTART:20261105T090000Z", "DTSTART;VALUE=DATE:20261105\r\nSTATUS:CANCELLED"]
)
def test_an_event_without_length_and_a_cancelled_one_are_no_turns(event):
    assert spans(calendar(event)) == []


def test_people_are_attendees_who_did_not_decline_and_who_made_it():
    event = (
        "DTSTART;VALUE=DATE:20261105\r\nSUMMARY: On call \r\nATTENDEE;CN=S:mailto:Sari@Example.com\r\n"
        "ATTENDEE;PARTSTAT=DECLINED:mailto:budi@example.com\r\nATTENDEE:MAILTO:sari@example.com\r\n"
        "ATTENDEE:tel:+62\r\nATTENDEE:rani@example.com\r\nORGANIZER:mailto:lead@example.com"
    )
    (one,) = occurrences(parse_rota_calendar(calendar(event)), RotaCalendar(), START, END)
    assert one.attendees == ("sari@example.com", "rani@example.com")
    assert (one.summary, one.organizer) == ("On call", "lead@example.com")


@given(
    st.integers(0, 92 * 24 * 60).map(
        lambda minutes: datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.integers(1, 90),
    st.integers(1, 21),
    st.sampled_from(["Asia/Jakarta", "America/New_York", "Pacific/Kiritimati", "UTC"]),
)
def test_a_daily_turn_covers_exactly_the_days_that_it_takes(first, days, every, zone):
    event = f"DTSTART;TZID={zone}:{first:%Y%m%dT%H%M%S}\r\nDURATION:P1D\r\nRRULE:FREQ=DAILY;INTERVAL={every};COUNT={days}"
    found = occurrences(parse_rota_calendar(calendar(event)), RotaCalendar(), START, END)
    assert all(each.start < END and each.end > START for each in found)
    far = occurrences(
        parse_rota_calendar(calendar(event)),
        RotaCalendar(),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2033, 1, 1, tzinfo=UTC),
    )
    assert len(far) == days
    assert [each for each in far if each.start < END and each.end > START] == list(found)


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no iCalendar"),
        ("hello", "no iCalendar"),
        ("<html>Sign in</html>", "no iCalendar"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "no iCalendar"),
        ("BEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n", "no iCalendar"),
        (calendar(), "no events"),
        (calendar("X:" + "y" * LARGEST), "too large; allowed: 1024 KiB"),
        (calendar(*["DTSTART:20260101T000000Z"] * (MOST_EVENTS + 1)), f"allowed: {MOST_EVENTS}"),
    ],
)
def test_what_is_no_calendar_is_refused(text, told):
    with pytest.raises(UnreadableCalendar, match=told):
        parse_rota_calendar(text)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("SUMMARY:x", "event 2 has no DTSTART"),
        ("DTSTART:soon", "event 2 has a DTSTART that is no date or time"),
        ("DTSTART:20261105T090000Z\r\nDTEND:later", "event 2 has a DTEND that is no date or time"),
        ("DTSTART;TZID=Mars/Base:20261105T090000", "event 2 has the time zone Mars/Base, which is unknown"),
        ("DTSTART:20261105T090000Z\r\nRRULE:FREQ=SECONDLY", "event 2 recurs SECONDLY; allowed: DAILY"),
        ("DTSTART:20261105T090000Z\r\nRRULE:FREQ=HOURLY", "event 2 recurs HOURLY"),
        ("DTSTART:20261105T090000Z\r\nRRULE:FREQ=BLA", "event 2 has an RRULE that cannot be read"),
        (
            f"DTSTART:20261105T090000Z\r\nRRULE:FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))}",
            "event 2 recurs too often within a day",
        ),
    ],
)
def test_an_event_that_cannot_be_used_is_left_out_and_told(event, told):
    (problem,) = problems(WEEKLY, event, WEEKLY)
    assert problem.startswith(told)
    assert len(spans(calendar(WEEKLY, event, WEEKLY))) == 6


@pytest.mark.parametrize(
    "odd",
    [
        "DTSTART:00010101T090000Z\r\nDTEND:99991231T100000Z\r\nRRULE:FREQ=YEARLY",
        "DTSTART:99991231T230000Z\r\nDTEND:99991231T235959Z\r\nRRULE:FREQ=DAILY",
        "DTSTART:20261105T090000Z\r\nDTEND;VALUE=DATE:20261106\r\nRRULE:FREQ=DAILY;UNTIL=garbage",
        "DTSTART;VALUE=DATE:20261105\r\nRRULE:FREQ=DAILY;COUNT=-1",
    ],
)
def test_an_odd_series_hides_no_others(odd):
    assert set(spans(calendar(WEEKLY))) <= set(spans(calendar(odd, WEEKLY)))


def test_rules_that_never_fit_do_not_take_for_ever():
    never = "DTSTART:19700101T090000Z\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    parsed = parse_rota_calendar(calendar(*[never] * 5000))
    begun = time.monotonic()
    with pytest.raises(UnreadableCalendar, match="take too long"):
        occurrences(parsed, RotaCalendar(), START, END, patience_seconds=0.5)
    assert time.monotonic() - begun < 30


def test_a_calendar_that_is_full_of_events_is_read_in_time():
    events = [f"DTSTART:{START + timedelta(hours=n):%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H" for n in range(2000)]
    assert len(spans(calendar(*events), end=START + timedelta(hours=500))) == 500

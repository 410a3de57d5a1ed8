"""What may be written in a calendar, what may not, and that the refusal names the place."""

from datetime import date, datetime

import pytest

from escalation_bridge.domain.sla.calendar import CalendarError, parse_calendar

OFFICE = {"mon-fri": [["09:00", "17:00"]]}


def parse(**fields):
    return parse_calendar({"timezone": "UTC", "hours": OFFICE, **fields})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timezone": None}, "timezone: is missing; it is an IANA name such as Asia/Jakarta"),
        ({"timezone": "Mars/Base"}, "timezone: Mars/Base is not an IANA time zone such as Asia/Jakarta"),
        ({"timezone": "America"}, "timezone: America is not"),
        ({"timezone": "../UTC"}, "timezone: ../UTC is not"),
        ({"timezone": "localtime"}, "timezone: localtime is not"),
        ({"timezone": "right/UTC"}, "timezone: right/UTC is not"),
        ({"timezone": "europe/berlin"}, "timezone: europe/berlin is not"),
        ({"timezone": 7}, "timezone: 7 is not"),
        ({"weekend": []}, "weekend: no such field; a calendar has timezone, hours, holidays, overrides, breaks"),
        ({"hours": []}, "hours: must be a mapping"),
        ({"hours": {}}, "hours: the calendar is never open"),
        ({"hours": {"mon": []}}, "hours: the calendar is never open"),
        ({"hours": {}, "overrides": {"2026-12-24": []}}, "hours: the calendar is never open"),
        ({"hours": {"monday": []}}, "hours.monday: is not a weekday (mon to sun) or a range such as mon-fri"),
        ({"hours": {"Mon": []}}, "hours.Mon: is not a weekday"),
        ({"hours": {"mon-": []}}, "hours.mon-: is not a weekday"),
        ({"hours": {1: []}}, "hours.1: is not a weekday"),
        ({"hours": {"mon-fri": [], "wed": []}}, "hours.wed: wed is already given by another entry"),
        ({"hours": {"mon": "09:00-17:00"}}, "hours.mon: must be a list"),
        ({"hours": {"mon": ["09:00", "17:00"]}}, "hours.mon[0]: must be a start and an end"),
        ({"hours": {"mon": [["09:00"]]}}, "hours.mon[0]: must be a start and an end"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "hours.mon[0]: start equals end"),
        ({"hours": {"mon": [["24:00", "24:00"]]}}, "hours.mon[0]: start equals end"),
        ({"hours": {"mon": [["24:00", "06:00"]]}}, "hours.mon[0][0]: starts at 24:00"),
        ({"hours": {"mon": [["9:00", "17:00"]]}}, "hours.mon[0][0]: 9:00 is not a time such as 09:00"),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, "hours.mon[0][1]: 24:01 is not a time"),
        ({"hours": {"mon": [["09:00", "25:00"]]}}, "hours.mon[0][1]: 25:00 is not a time"),
        ({"hours": {"mon": [["09:60", "17:00"]]}}, "hours.mon[0][0]: 09:60 is not a time"),
        ({"hours": {"mon": [["09:00\n", "17:00"]]}}, "hours.mon[0][0]: 09:00\n is not a time"),
        ({"hours": {"mon": [["\u0660\u0669:00", "17:00"]]}}, "hours.mon[0][0]: \u0660\u0669:00 is not a time"),
        ({"hours": {"mon": [[540, "17:00"]]}}, "hours.mon[0][0]: 540 is not a time"),
        ({"holidays": "2026-12-25"}, "holidays: must be a list"),
        ({"holidays": None}, "holidays: must be a list"),
        ({"holidays": ["2026-12-25", "2026-02-29"]}, "holidays[1]: 2026-02-29 is not a date such as 2026-12-25"),
        ({"holidays": ["20261225"]}, "holidays[0]: 20261225 is not a date"),
        ({"holidays": ["2026-W52-5"]}, "holidays[0]: 2026-W52-5 is not a date"),
        ({"holidays": [20261225]}, "holidays[0]: 20261225 is not a date"),
        ({"holidays": [datetime(2026, 12, 25)]}, "holidays[0]: datetime.datetime(2026, 12, 25, 0, 0) is not"),  # noqa: DTZ001 - what YAML gives
        ({"holidays": ["2200-01-01"]}, "holidays[0]: 2200-01-01 lies beyond the horizon, 1970-01-01 to 2200-01-01"),
        ({"holidays": ["1969-12-31"]}, "holidays[0]: 1969-12-31 lies beyond the horizon"),
        ({"overrides": []}, "overrides: must be a mapping"),
        ({"overrides": {"24.12.2026": []}}, "overrides.24.12.2026: 24.12.2026 is not a date"),
        ({"overrides": {"2026-12-24": [["08:00", "08:00"]]}}, "overrides.2026-12-24[0]: start equals end"),
        ({"overrides": {"2026-12-24": [], date(2026, 12, 24): []}}, "overrides.2026-12-24: is given twice"),
        ({"breaks": {"9999-12-31": []}}, "breaks.9999-12-31: 9999-12-31 lies beyond the horizon"),
        ({"timezone": "x" * 90}, f"timezone: {'x' * 40}... is not"),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_right_is_refused_with_the_place(fields, message):
    with pytest.raises(CalendarError) as refused:
        parse(**fields)
    assert str(refused.value).startswith(message)
    assert str(refused.value) == f"{refused.value.place}: {refused.value.problem}"


@pytest.mark.parametrize("data", [None, [], "UTC", 3])
def test_a_calendar_is_a_mapping(data):
    with pytest.raises(CalendarError, match="calendar: must be a mapping"):
        parse_calendar(data)


def test_an_override_that_only_the_clocks_or_a_break_take_away_does_not_open_a_calendar():
    in_the_gap = {"2026-03-08": [["02:30", "03:00"]]}  # moved forward, it would end before it starts
    with pytest.raises(CalendarError, match="never open"):
        parse(timezone="America/New_York", hours={}, overrides=in_the_gap)
    with pytest.raises(CalendarError, match="never open"):
        parse(hours={}, overrides={"2026-12-24": [["08:00", "09:00"]]}, breaks={"2026-12-24": [["07:00", "12:00"]]})  # fmt: skip


def test_what_means_the_same_is_equal():
    written_out = {
        day: [["13:00", "17:00"], ["09:00", "12:00"]] for day in ("tue", "fri", "mon", "wed", "thu")
    }
    one = parse(
        hours={"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]}, holidays=["2026-12-25", "2027-01-01"]
    )
    other = parse(hours={**written_out, "sun": []}, holidays=[date(2027, 1, 1), "2026-12-25", "2026-12-25"])
    assert one == other
    assert hash(one) == hash(other)
    assert one != parse()


def test_ranges_may_run_through_sunday():
    around = parse(hours={"fri-mon": [["09:00", "17:00"]]})
    assert around == parse(hours={day: [["09:00", "17:00"]] for day in ("fri", "sat", "sun", "mon")})
    assert parse(hours={"wed-wed": [["09:00", "17:00"]]}) == parse(hours={"wed": [["09:00", "17:00"]]})
    assert parse(hours={"mon-sun": [["09:00", "17:00"]]}) == parse(hours={"wed-tue": [["09:00", "17:00"]]})


def test_shifts_print_as_they_are_written():
    hours = parse(hours={"mon": [["00:00", "06:30"], ["08:00:15", "12:00"], ["22:00", "06:00"]], "sun": [["00:00", "24:00"]]})  # fmt: skip
    assert [str(shift) for shift in hours.spec.hours[0]] == ["00:00-06:30", "08:00:15-12:00", "22:00-06:00"]
    assert [str(shift) for shift in hours.spec.hours[6]] == ["00:00-24:00"]


def test_intervals_that_touch_do_not_overlap():
    touching = parse(hours={"mon": [["09:00", "12:00"], ["12:00", "22:00"], ["22:00", "09:00"]]})
    assert len(touching.spec.hours[0]) == 3

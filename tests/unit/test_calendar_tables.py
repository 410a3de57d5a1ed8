"""Working time by hand: tables of cases, each worked out on paper."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from escalation_bridge.domain.sla.calendar import ALWAYS, CalendarError, SpecialDate, parse_calendar

HOUR = 3600
OFFICE = {"mon-fri": [["09:00", "17:00"]]}


def at(text):
    return datetime.fromisoformat(text)


def calendar(zone, hours, **fields):
    return parse_calendar({"timezone": zone, "hours": hours, **fields})


# New York 2026: 8 March 02:00 EST becomes 03:00 EDT; 1 November 02:00 EDT becomes 01:00 EST.
# Berlin 2026: 29 March 02:00 becomes 03:00; 25 October 03:00 becomes 02:00.
# Lord Howe 2026: 5 April 02:00 (+11:00) becomes 01:30; 4 October 02:00 (+10:30) becomes 02:30.
# São Paulo: 4 November 2018 00:00 becomes 01:00; 17 February 2019 00:00 becomes 23:00; no more since.
# Apia: 30 December 2011 did not take place; -10:00 became +14:00.
# Casablanca 2026: +01:00, but +00:00 from 15 February to 22 March.
# Havana 2026: 8 March 00:00 becomes 01:00; 1 November 01:00 becomes 00:00.
@pytest.mark.parametrize(
    ("zone", "hours", "start", "target", "due"),
    [
        # plain
        ("UTC", OFFICE, "2026-03-06T16:00Z", 2 * HOUR, "2026-03-09T10:00Z"),
        ("UTC", OFFICE, "2026-03-06T16:00Z", HOUR, "2026-03-06T17:00Z"),  # closing time, not next opening
        ("UTC", OFFICE, "2026-03-06T16:00Z", HOUR + 1, "2026-03-09T09:00:01Z"),
        ("UTC", OFFICE, "2026-03-06T17:00Z", 1, "2026-03-09T09:00:01Z"),
        ("UTC", OFFICE, "2026-03-07T12:00Z", 8 * HOUR, "2026-03-09T17:00Z"),
        ("UTC", OFFICE, "2026-03-07T12:00Z", 0, "2026-03-07T12:00Z"),
        ("UTC", OFFICE, "2026-03-06T16:00:00.999999Z", 60, "2026-03-06T16:01Z"),
        ("Asia/Jakarta", {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]}, "2026-01-05T04:30Z", HOUR, "2026-01-05T06:30Z"),
        ("Asia/Jakarta", OFFICE, "2026-01-05T09:00+07:00", 40 * HOUR, "2026-01-09T17:00+07:00"),
        ("UTC", {"mon": [["00:00", "24:00"]]}, "2026-01-05T00:00Z", 24 * HOUR, "2026-01-06T00:00Z"),
        ("UTC", {"mon": [["00:00", "24:00"]]}, "2026-01-05T00:00Z", 24 * HOUR + 1, "2026-01-12T00:00:01Z"),
        ("UTC", {"mon-tue": [["00:00", "24:00"]]}, "2026-01-05T23:00Z", 2 * HOUR, "2026-01-06T01:00Z"),
        ("UTC", {"sun": [["22:00", "06:00"]]}, "2026-01-05T05:00Z", 2 * HOUR, "2026-01-11T23:00Z"),
        ("UTC", {"fri": [["22:00", "00:00"]]}, "2026-01-09T22:00Z", 2 * HOUR, "2026-01-10T00:00Z"),
        ("UTC", {"mon": [["22:00", "06:00"]], "tue": [["04:00", "12:00"]]}, "2026-01-05T22:00Z", 14 * HOUR, "2026-01-06T12:00Z"),
        # the gap: inside, at its edges, around, outside
        ("America/New_York", {"sun": [["01:00", "04:00"]]}, "2026-03-08T06:00Z", 2 * HOUR, "2026-03-08T08:00Z"),
        ("America/New_York", {"sun": [["02:30", "05:00"]]}, "2026-03-08T05:00Z", HOUR, "2026-03-08T08:30Z"),
        ("America/New_York", {"sun": [["00:00", "02:30"]]}, "2026-03-08T05:00Z", 9000, "2026-03-08T07:30Z"),
        ("America/New_York", {"sun": [["02:15", "02:45"]]}, "2026-03-08T05:00Z", 1800, "2026-03-08T07:45Z"),
        ("America/New_York", {"sun": [["02:30", "03:00"]]}, "2026-03-08T05:00Z", 60, "2026-03-15T06:31Z"),
        ("America/New_York", {"sun": [["02:00", "03:00"]]}, "2026-03-08T05:00Z", 60, "2026-03-15T06:01Z"),
        ("America/New_York", {"sun": [["01:00", "02:30"], ["03:00", "04:00"]]}, "2026-03-08T06:00Z", 2 * HOUR, "2026-03-08T08:00Z"),
        ("America/New_York", {"sat": [["22:00", "06:00"]]}, "2026-03-08T03:00Z", 7 * HOUR, "2026-03-08T10:00Z"),
        ("America/New_York", OFFICE, "2026-03-06T16:00-05:00", 2 * HOUR, "2026-03-09T10:00-04:00"),
        ("Europe/Berlin", {"sun": [["02:00", "03:00"]]}, "2026-03-29T00:00Z", 60, "2026-04-05T00:01Z"),
        ("Australia/Lord_Howe", {"sun": [["01:00", "03:00"]]}, "2026-10-03T14:30Z", 5400, "2026-10-03T16:00Z"),
        ("Australia/Lord_Howe", {"sun": [["02:15", "03:00"]]}, "2026-10-03T14:30Z", 900, "2026-10-03T16:00Z"),
        ("America/Sao_Paulo", {"sun": [["00:00", "06:00"]]}, "2018-11-04T00:00Z", 5 * HOUR, "2018-11-04T08:00Z"),
        ("America/Sao_Paulo", {"sat": [["20:00", "24:00"]]}, "2018-11-03T23:00Z", 4 * HOUR, "2018-11-04T03:00Z"),
        # the fold: inside, at its edges, around, outside
        ("America/New_York", {"sun": [["00:00", "04:00"]]}, "2026-11-01T04:00Z", 5 * HOUR, "2026-11-01T09:00Z"),
        ("America/New_York", {"sun": [["01:30", "03:00"]]}, "2026-11-01T04:00Z", 9000, "2026-11-01T08:00Z"),
        ("America/New_York", {"sun": [["00:00", "01:30"]]}, "2026-11-01T04:00Z", 5400, "2026-11-01T05:30Z"),
        ("America/New_York", {"sun": [["01:15", "01:45"]]}, "2026-11-01T04:00Z", 1800, "2026-11-01T05:45Z"),
        ("America/New_York", {"sun": [["01:00", "02:00"]]}, "2026-11-01T04:00Z", 2 * HOUR, "2026-11-01T07:00Z"),
        ("America/New_York", {"sat": [["22:00", "06:00"]]}, "2026-11-01T02:00Z", 9 * HOUR, "2026-11-01T11:00Z"),
        ("America/New_York", OFFICE, "2026-10-30T16:00-04:00", 2 * HOUR, "2026-11-02T10:00-05:00"),
        ("Europe/Berlin", {"sun": [["02:00", "03:00"]]}, "2026-10-25T00:00Z", 2 * HOUR, "2026-10-25T02:00Z"),
        ("Australia/Lord_Howe", {"sun": [["01:00", "03:00"]]}, "2026-04-04T14:00Z", 9000, "2026-04-04T16:30Z"),
        ("America/Sao_Paulo", {"sat": [["22:00", "24:00"]]}, "2019-02-17T00:00Z", 3 * HOUR, "2019-02-17T03:00Z"),
        ("America/Havana", {"sat": [["20:00", "24:00"]]}, "2026-11-01T00:00Z", 4 * HOUR, "2026-11-01T04:00Z"),
        # history and rules of their own
        ("America/Sao_Paulo", OFFICE, "2018-11-05T09:00-02:00", HOUR, "2018-11-05T12:00Z"),
        ("America/Sao_Paulo", OFFICE, "2020-11-05T09:00-03:00", HOUR, "2020-11-05T13:00Z"),
        ("Pacific/Apia", OFFICE, "2011-12-29T16:00-10:00", 2 * HOUR, "2012-01-02T10:00+14:00"),
        ("Pacific/Apia", {"thu": [["22:00", "06:00"]]}, "2011-12-29T22:00-10:00", 8 * HOUR, "2011-12-31T06:00+14:00"),
        ("Pacific/Apia", {"mon-sun": [["00:00", "24:00"]]}, "2011-12-29T23:00-10:00", 2 * HOUR, "2011-12-31T01:00+14:00"),
        ("Africa/Casablanca", OFFICE, "2026-02-13T16:00+01:00", 2 * HOUR, "2026-02-16T10:00+00:00"),
        ("Africa/Casablanca", OFFICE, "2026-03-20T16:00+00:00", 2 * HOUR, "2026-03-23T10:00+01:00"),
        ("Europe/Berlin", OFFICE, "2150-07-03T16:00+02:00", 2 * HOUR, "2150-07-06T10:00+02:00"),
    ],
)  # fmt: skip
def test_due(zone, hours, start, target, due):
    working = calendar(zone, hours)
    found = working.due(at(start), target)
    assert found == at(due)
    assert found.tzinfo is UTC
    assert working.elapsed(at(start), found) == target


SHORT_WEEKS = {"holidays": ["2026-12-25"], "overrides": {"2026-12-24": [["08:00", "13:00"]]}}


@pytest.mark.parametrize(
    ("hours", "fields", "start", "target", "due"),
    [
        (OFFICE, SHORT_WEEKS, "2026-12-24T08:00Z", 5 * HOUR, "2026-12-24T13:00Z"),
        (OFFICE, SHORT_WEEKS, "2026-12-24T08:00Z", 6 * HOUR, "2026-12-28T10:00Z"),
        (OFFICE, {"holidays": ["2026-12-25"], "overrides": {"2026-12-25": [["10:00", "11:00"]]}}, "2026-12-25T00:00Z", HOUR, "2026-12-25T11:00Z"),
        (OFFICE, {"overrides": {"2026-12-24": []}}, "2026-12-24T08:00Z", HOUR, "2026-12-25T10:00Z"),
        (OFFICE, {"overrides": {"2026-12-26": [["10:00", "11:00"]]}}, "2026-12-25T17:00Z", HOUR, "2026-12-26T11:00Z"),
        (OFFICE, {"breaks": {"2026-12-23": [["10:00", "10:30"]]}}, "2026-12-23T09:30Z", HOUR, "2026-12-23T11:00Z"),
        (OFFICE, {"breaks": {"2026-12-23": [["08:00", "10:00"], ["16:00", "18:00"]]}}, "2026-12-23T00:00Z", 7 * HOUR, "2026-12-24T10:00Z"),
        (OFFICE, {"breaks": {"2026-12-23": [["06:00", "20:00"]]}}, "2026-12-22T16:00Z", 2 * HOUR, "2026-12-24T10:00Z"),
        (OFFICE, {"breaks": {"2026-12-20": [["06:00", "20:00"]]}}, "2026-12-18T16:00Z", 2 * HOUR, "2026-12-21T10:00Z"),
        (OFFICE, SHORT_WEEKS | {"breaks": {"2026-12-24": [["09:00", "10:00"]]}}, "2026-12-24T08:00Z", 2 * HOUR, "2026-12-24T11:00Z"),
        # over midnight: a holiday takes the shifts that start on it, not the end of the evening before
        ({"mon-sun": [["22:00", "06:00"]]}, {"holidays": ["2026-12-25"]}, "2026-12-25T05:00Z", 2 * HOUR, "2026-12-26T23:00Z"),
        ({"mon-sun": [["22:00", "06:00"]]}, {"holidays": ["2026-12-25"]}, "2026-12-26T05:00Z", HOUR, "2026-12-26T23:00Z"),
        ({"mon-sun": [["22:00", "06:00"]]}, {"overrides": {"2026-12-25": [["23:00", "01:00"]]}}, "2026-12-25T05:00Z", 3 * HOUR, "2026-12-26T01:00Z"),
        # a break is wall-clock time, whichever evening the shift began, and may itself run over midnight
        ({"mon-sun": [["22:00", "06:00"]]}, {"breaks": {"2026-12-25": [["02:00", "03:00"]]}}, "2026-12-25T01:00Z", 2 * HOUR, "2026-12-25T04:00Z"),
        ({"mon-sun": [["22:00", "06:00"]]}, {"breaks": {"2026-12-24": [["23:30", "00:30"]]}}, "2026-12-24T23:00Z", HOUR, "2026-12-25T01:00Z"),
        # Sunday's late shift reaches into a special Monday
        ({"sun": [["22:00", "06:00"]], "mon": [["09:00", "17:00"]]}, {"holidays": ["2026-12-28"]}, "2026-12-28T05:00Z", 2 * HOUR, "2027-01-03T23:00Z"),
        ({}, {"overrides": {"2026-12-26": [["10:00", "11:00"]], "2026-12-29": [["10:00", "11:00"]]}}, "2026-12-01T00:00Z", 2 * HOUR, "2026-12-29T11:00Z"),
    ],
)  # fmt: skip
def test_special_dates(hours, fields, start, target, due):
    assert calendar("UTC", hours, **fields).due(at(start), target) == at(due)


@pytest.mark.parametrize(
    ("pauses", "target", "due"),
    [
        ([], 2 * HOUR, "2026-03-02T11:00Z"),
        ([("2026-03-02T10:00Z", "2026-03-02T12:00Z")], 2 * HOUR, "2026-03-02T13:00Z"),
        ([("2026-03-02T10:00Z", "2026-03-02T12:00Z")], HOUR, "2026-03-02T10:00Z"),  # reached before it begins
        ([("2026-03-02T10:00Z", "2026-03-02T12:00Z"), ("2026-03-02T11:00Z", "2026-03-02T13:00Z")], 2 * HOUR, "2026-03-02T14:00Z"),
        ([("2026-03-02T14:00Z", "2026-03-02T15:00Z"), ("2026-03-02T09:00Z", "2026-03-02T10:00Z")], 5 * HOUR, "2026-03-02T16:00Z"),
        ([("2026-03-02T16:00Z", "2026-03-03T10:00Z")], 8 * HOUR, "2026-03-03T11:00Z"),
        ([("2026-03-02T17:00Z", "2026-03-03T09:00Z")], 9 * HOUR, "2026-03-03T10:00Z"),  # out of hours
        ([("2026-02-20T00:00Z", "2026-03-02T10:00Z")], HOUR, "2026-03-02T11:00Z"),  # begun before the start
        ([("2026-02-20T00:00Z", "2026-03-02T10:00Z")], 0, "2026-03-02T09:00Z"),
        ([("2026-03-02T10:00Z", "2026-03-02T10:00Z")], 2 * HOUR, "2026-03-02T11:00Z"),  # of no length
        ([("2026-02-20T00:00Z", "2026-02-21T00:00Z")], HOUR, "2026-03-02T10:00Z"),
    ],
)  # fmt: skip
def test_pauses(pauses, target, due):
    working = calendar("UTC", OFFICE)
    spans = [(at(a), at(b)) for a, b in pauses]
    start = at("2026-03-02T09:00Z")
    assert working.due(start, target, spans) == at(due)
    assert working.elapsed(start, at(due), spans) == target


def test_time_between_reversed_instants_is_nothing():
    working = calendar("UTC", OFFICE)
    assert working.elapsed(at("2026-03-03T10:00Z"), at("2026-03-02T10:00Z")) == 0
    assert working.elapsed(at("2026-03-02T10:00Z"), at("2026-03-02T10:00Z")) == 0
    assert not list(working.spans(at("2026-03-03T10:00Z"), at("2026-03-02T10:00Z")))


@pytest.mark.parametrize(
    ("due", "seconds", "pauses", "found"),
    [
        ("2026-03-02T10:00Z", 1800, [], "2026-03-02T09:30Z"),
        ("2026-03-02T10:00Z", 0, [], "2026-03-02T10:00Z"),
        ("2026-03-01T10:00Z", 0, [], "2026-03-01T10:00Z"),
        ("2026-03-02T10:00Z", HOUR, [], "2026-02-27T17:00Z"),  # the first instant at which an hour remains
        ("2026-03-02T10:00Z", 2 * HOUR, [], "2026-02-27T16:00Z"),
        ("2026-03-02T17:00Z", 2 * HOUR, [("2026-03-02T15:30Z", "2026-03-02T16:30Z")], "2026-03-02T14:00Z"),
        ("2026-03-02T17:00Z", 1800, [("2026-03-02T15:30Z", "2026-03-02T16:30Z")], "2026-03-02T15:30Z"),
        ("2026-03-02T17:00Z", 900, [("2026-03-02T15:30Z", "2026-03-02T16:30Z")], "2026-03-02T16:45Z"),
    ],
)
def test_back(due, seconds, pauses, found):
    spans = [(at(a), at(b)) for a, b in pauses]
    assert calendar("UTC", OFFICE).back(at(due), seconds, spans) == at(found)


@pytest.mark.parametrize(
    ("moment", "is_open", "next_open"),
    [
        ("2026-03-02T08:59:59Z", False, "2026-03-02T09:00Z"),
        ("2026-03-02T09:00Z", True, "2026-03-02T09:00Z"),
        ("2026-03-02T12:34:56.7Z", True, "2026-03-02T12:34:56Z"),
        ("2026-03-02T16:59:59Z", True, "2026-03-02T16:59:59Z"),
        ("2026-03-02T17:00Z", False, "2026-03-03T09:00Z"),
        ("2026-03-06T17:00Z", False, "2026-03-09T09:00Z"),
        ("2026-12-24T17:00Z", False, "2027-02-01T09:00Z"),  # weeks without any working time
    ],
)
def test_open(moment, is_open, next_open):
    day = date(2026, 12, 25)
    closed = [str(day + timedelta(days=n)) for n in range(38)]
    working = calendar("UTC", OFFICE, holidays=closed)
    assert working.is_open(at(moment)) is is_open
    assert working.next_open(at(moment)) == at(next_open)


def test_always_is_always():
    start = at("2026-03-02T09:00Z")
    assert ALWAYS.due(start, 10 * 365 * 86_400) == start + timedelta(days=3650)
    assert ALWAYS.is_open(start)
    assert list(ALWAYS.spans(start, start + timedelta(days=900))) == [(start, start + timedelta(days=900))]


@pytest.mark.parametrize("zone", ["America/New_York", "America/Havana", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Asia/Gaza"])  # fmt: skip
def test_around_the_clock_has_no_seams_in_any_zone(zone):
    start, end = at("2005-01-01T00:00Z"), at("2027-01-01T00:00Z")
    assert list(calendar(zone, {"mon-sun": [["00:00", "24:00"]]}).spans(start, end)) == [(start, end)]


def test_spans_are_the_ledger():
    working = calendar("UTC", OFFICE, **SHORT_WEEKS)
    pause = at("2026-12-24T12:00Z"), at("2026-12-28T10:00Z")
    assert list(working.spans(at("2026-12-23T16:00Z"), at("2026-12-28T11:00Z"), [pause])) == [
        (at("2026-12-23T16:00Z"), at("2026-12-23T17:00Z")),
        (at("2026-12-24T08:00Z"), at("2026-12-24T12:00Z")),
        (at("2026-12-28T10:00Z"), at("2026-12-28T11:00Z")),
    ]


def test_the_ledger_names_the_dates_that_mattered():
    working = calendar(
        "Asia/Jakarta",
        {"mon-fri": [["09:00", "17:00"]], "sat": [["22:00", "06:00"]]},
        holidays=["2026-12-25", "2026-12-26", "2026-12-27"],
        overrides={"2026-12-24": [["08:00", "13:00"]], "2026-12-25": [["10:00", "11:00"]]},
        breaks={"2026-12-23": [["10:00", "10:30"]]},
    )

    def named(start, end):
        return [(special.date.day, special.kind) for special in working.closed_dates(at(start), at(end))]

    everything = [(23, "break"), (24, "override"), (25, "override"), (26, "holiday")]  # the 27th is a Sunday
    assert named("2026-12-01T00:00Z", "2027-01-31T00:00Z") == everything
    assert named("2026-12-26T22:00Z", "2026-12-26T23:00Z") == [(26, "holiday")]  # the 27th, 05:00 in Jakarta
    assert named("2026-12-26T23:00Z", "2026-12-27T23:00Z") == []
    assert named("2026-12-24T01:30Z", "2026-12-24T02:00Z") == [(24, "override")]
    assert named("2026-12-24T02:00Z", "2026-12-24T03:00Z") == []  # open then on any Thursday
    assert named("2020-01-01T00:00Z", "2020-12-31T00:00Z") == []
    assert working.closed_dates(at("2026-12-26T00:00Z"), at("2026-12-28T00:00Z")) == (
        SpecialDate(date(2026, 12, 26), "holiday"),
    )


FAR = timezone(timedelta(hours=14))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: c.due(at("2026-03-02T09:00"), 1), "start: 2026-03-02T09:00:00 has no time zone"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), -1), "target_seconds: -1 is negative"),
        (lambda c: c.back(at("2026-03-02T09:00Z"), -1), "seconds: -1 is negative"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), 10**12), "target_seconds: so much working time leads beyond the horizon, 1970-01-01 to 2200-01-01"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), 10**30), "target_seconds: so much"),
        (lambda c: c.back(at("2026-03-02T09:00Z"), 10**12), "seconds: so much"),
        (lambda c: c.due(at("1969-12-31T23:59:59Z"), 1), "start: 1969-12-31T23:59:59+00:00 lies beyond"),
        (lambda c: c.due(at("2200-01-01T00:00:01Z"), 1), "start: 2200-01-01T00:00:01+00:00 lies beyond"),
        (lambda c: c.due(datetime.min.replace(tzinfo=FAR), 1), "start: 0001-01-01T00:00:00+14:00 lies beyond"),
        (lambda c: c.due(at("2199-12-31T16:00Z"), 3601), "target_seconds: so much"),
        (lambda c: c.next_open(at("2199-12-31T17:00Z")), "at: the next opening lies beyond"),
        (lambda c: c.is_open(at("2300-01-01T00:00Z")), "at: 2300-01-01T00:00:00+00:00 lies beyond"),
        (lambda c: c.elapsed(at("2026-03-02T09:00Z"), at("9999-03-02T09:00Z")), "end: 9999-03-02T09:00:00+00:00 lies"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), 1, [(at("2026-03-02T09:00Z"), at("2026-03-02T08:00Z"))]), "pauses[0]: ends before it starts"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), 0, [(at("2026-03-02T09:00Z"), at("2026-03-02T08:00Z"))]), "pauses[0]: ends before it starts"),
        (lambda c: c.elapsed(at("2026-03-02T09:00Z"), at("2026-03-01T09:00Z"), [(at("2026-03-02T09:00Z"), at("2026-03-02T08:00Z"))]), "pauses[0]: ends before it starts"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), 1, [(at("2026-03-02T09:00Z"), at("2026-03-02T10:00"))]), "pauses[0][1]: 2026-03-02T10:00:00 has no time zone"),
        (lambda c: c.due(at("2026-03-02T09:00Z"), 1, [(at("1926-03-02T09:00Z"), at("2026-03-02T10:00Z"))]), "pauses[0][0]: 1926-03-02T09:00:00+00:00 lies beyond"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_right_is_refused_with_the_place(ask, message):
    with pytest.raises(CalendarError) as refused:
        ask(calendar("UTC", OFFICE))
    assert str(refused.value).startswith(message)


def test_the_horizon_can_be_used_up_to_its_ends():
    first, last = at("1970-01-01T00:00Z"), at("2200-01-01T00:00Z")
    everything = ALWAYS.elapsed(first, last)
    assert everything == (last - first).total_seconds()
    assert ALWAYS.due(first, everything) == last
    assert ALWAYS.back(last, everything - 1) == first + timedelta(seconds=1)
    assert ALWAYS.is_open(last)


def test_a_calendar_of_single_dates_is_closed_after_the_last():
    once = calendar("UTC", {}, overrides={"2026-12-26": [["10:00", "11:00"]]})
    assert once.due(at("2026-01-01T00:00Z"), HOUR) == at("2026-12-26T11:00Z")
    with pytest.raises(CalendarError, match="target_seconds: so much working time leads beyond the horizon"):
        once.due(at("2026-01-01T00:00Z"), HOUR + 1)
    with pytest.raises(CalendarError, match="at: the next opening lies beyond the horizon"):
        once.next_open(at("2026-12-26T11:00Z"))

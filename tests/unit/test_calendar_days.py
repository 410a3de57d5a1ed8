"""Working days, and intervals of one date that overlap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.config.hints import hint
from escalation_bridge.configfile import load_document
from escalation_bridge.domain.sla.calendar import CalendarError, parse_calendar
from escalation_bridge.domain.sla.calendar_spec import overlaps
from escalation_bridge.domain.sla.clocks import compute_clocks
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.policy import Metric, Targets, WorkingDays
from escalation_bridge.domain.tickets.tickets import Role, StatusKind

SHOP = parse_calendar(
    {
        "timezone": "Asia/Jakarta",
        "hours": {"mon-fri": [["08:00", "12:00"], ["13:00", "17:00"]], "sat": [["08:00", "12:00"]]},
        "holidays": ["2026-03-18"],
    }
)
NIGHT = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["22:00", "06:00"]]}})


def wib(text):
    return datetime.fromisoformat(f"2026-03-{text}:00+07:00")


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("16T10:00", 1, "17T10:00"),
        ("17T10:00", 1, "19T10:00"),  # the holiday is no working day
        ("20T10:00", 1, "21T10:00"),  # a short Saturday is one
        ("20T15:00", 1, "21T12:00"),  # where it has no such time of day, its end
        ("20T10:00", 2, "23T10:00"),
        ("21T20:00", 2, "24T17:00"),  # from Monday's opening: the close of the second day
        ("16T12:30", 1, "17T12:00"),  # opened in the lunch break
    ],
)
def test_a_day_lasts_until_the_same_time_of_the_next_working_date(make_world, start, days, due):
    policy = make_world.policy(calendar=SHOP, targets=Targets(default={Metric.RESOLUTION: WorkingDays(days)}))
    at = wib(start)
    begun = TicketEvent("opened", at, EventKind.OPENED, Role.CUSTOMER, public=True, status=StatusKind.NEW)
    (clock,) = compute_clocks([begun], policy, None, at)
    assert clock.due == wib(due)
    assert clock.target_seconds == SHOP.elapsed(at, wib(due))


def test_a_shift_over_midnight_is_a_day_of_the_date_that_it_starts_on():
    saturday = datetime(2026, 3, 7, 2, tzinfo=UTC)  # in Friday's shift
    assert NIGHT.due(saturday, NIGHT.days_long(saturday, 1)) == datetime(2026, 3, 10, 2, tzinfo=UTC)


def test_days_that_never_come_are_an_error():
    once = parse_calendar({"timezone": "UTC", "hours": {}, "overrides": {"2026-03-02": [["09:00", "17:00"]]}})
    with pytest.raises(CalendarError, match="beyond the horizon"):
        once.days_long(datetime(2026, 3, 2, 10, tzinfo=UTC), 1)


@given(minute=st.integers(0, 14 * 24 * 60), days=st.integers(1, 12))
@settings(derandomize=True, max_examples=150, deadline=None)
def test_days_add_up_and_their_due_is_in_working_time(minute, days):
    start = datetime(2026, 3, 9, tzinfo=UTC) + timedelta(minutes=minute)
    opening = SHOP.next_open(start)
    whole = SHOP.days_long(start, days)
    assert 0 < whole == SHOP.days_long(opening, days)
    assert SHOP.days_long(start, days - 1) < whole
    due = SHOP.due(start, whole)
    assert SHOP.elapsed(start, due) == whole
    assert SHOP.is_open(due - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("intervals", "same"),
    [
        ([["09:00", "12:00"], ["11:00", "13:00"]], [["09:00", "13:00"]]),
        ([["13:00", "17:00"], ["09:00", "13:01"]], [["09:00", "17:00"]]),
        ([["09:00", "17:00"], ["09:00", "17:00"], ["10:00", "11:00"]], [["09:00", "17:00"]]),
        ([["22:00", "06:00"], ["23:00", "24:00"]], [["22:00", "06:00"]]),
    ],
)
def test_intervals_that_overlap_are_one_and_are_named(intervals, same):
    written = {"timezone": "UTC", "hours": {"mon": intervals}}
    assert parse_calendar(written) == parse_calendar({"timezone": "UTC", "hours": {"mon": same}})
    assert len(list(overlaps(written))) == len(intervals) - 1
    assert not list(overlaps({"timezone": "UTC", "hours": {"mon": [["09:00", "12:00"], ["12:00", "13:00"]]}}))


def test_the_check_warns_of_them(tmp_path):
    file = tmp_path / "bridge.yaml"
    hours = 'hours: {mon-fri: [["09:00", "12:00"], ["11:00", "17:00"]]}'
    file.write_text(f"calendars:\n  office: {{timezone: UTC, {hours}}}\n")
    (finding,) = hint(load_document(file), {}, {}).findings
    assert "hours.mon-fri[1] overlaps hours.mon-fri[0]" in str(finding)

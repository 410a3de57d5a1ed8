"""The ledger of a clock adds up to the second, whatever the calendar, the pauses and the instant."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.ledger import MOST_LINES, Phase, Result, as_dict, make_ledger
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.messages.ledger import ledger_lines

JAKARTA = parse_calendar(
    {
        "timezone": "Asia/Jakarta",
        "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]},
        "holidays": ["2026-12-25"],
        "overrides": {"2026-12-24": [["08:00", "13:00"]]},
        "breaks": {"2026-12-23": [["10:00", "10:30"]]},
    }
)
NIGHTS = parse_calendar(
    {
        "timezone": "Europe/Berlin",
        "hours": {"mon-fri": [["22:00", "06:00"]], "sat-sun": [["20:00", "24:00"]]},
        "holidays": ["2026-03-28", "2026-10-25"],
    }
)
LORD_HOWE = parse_calendar({"timezone": "Australia/Lord_Howe", "hours": {"mon-sun": [["00:30", "09:00"]]}})
CALENDARS = {"jakarta": JAKARTA, "nights": NIGHTS, "lord_howe": LORD_HOWE, "always": ALWAYS}
START = datetime(2026, 3, 26, 7, 0, tzinfo=UTC)  # Berlin changes its clocks on the 29th, Lord Howe on 5 April
SECOND = timedelta(seconds=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_clock(calendar, start, now, target, *, pauses=(), done_at=None, lasts=False, name="office"):
    """A clock as `compute_clocks` makes it, without a history to make it from."""
    until = done_at or now
    closed = pauses[:-1] if lasts else pauses
    due = calendar.due(start, target, closed if lasts else pauses)
    end = pauses[-1][0] if lasts else until
    state = ClockState.DONE if done_at else ClockState.PAUSED if lasts else ClockState.RUNNING
    return Clock(
        metric=Metric.RESOLUTION,
        cycle=1,
        state=state,
        policy="all",
        calendar=name,
        target_seconds=target,
        started_at=start,
        pauses=tuple(pauses),
        due=None if lasts else due,
        done_at=done_at,
        used_seconds=calendar.elapsed(start, until, pauses),
        breached_at=due if end > due else None,
    )


# --- laws -----------------------------------------------------------------------------------------------------------

offsets = st.integers(0, 30 * 24 * 3600)


@st.composite
def clocks(draw):
    calendar = CALENDARS[draw(st.sampled_from(sorted(CALENDARS)))]
    start = START + draw(offsets) * SECOND
    now = start + draw(st.integers(0, 20 * 24 * 3600)) * SECOND
    cuts = sorted(draw(st.lists(st.integers(0, int((now - start).total_seconds())), max_size=8)))
    pauses = [(start + a * SECOND, start + b * SECOND) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    state = draw(st.sampled_from(["running", "paused", "done"]))
    if state == "paused":
        since = max([start, *(end for _, end in pauses)])
        pauses.append((since, now))
    target = draw(st.integers(0, 20 * 24 * 3600))
    done_at = now if state == "done" else None
    clock = make_clock(
        calendar, start, now, target, pauses=tuple(pauses), done_at=done_at, lasts=state == "paused"
    )
    return clock, calendar, now


@given(clocks())
@settings(max_examples=200, deadline=None)
def test_the_lines_add_up(given_clock):
    clock, calendar, now = given_clock
    ledger = make_ledger(clock, calendar, now)
    used = [line for line in ledger.lines if line.phase is not Phase.AHEAD]
    assert sum(line.seconds for line in used) == clock.used_seconds
    total = 0
    for line in ledger.lines:
        total += line.seconds
        assert line.total == total
        assert 0 < line.seconds <= (line.end - line.start).total_seconds()
    starts_and_ends = [at for line in ledger.lines for at in (line.start, line.end)]
    assert starts_and_ends == sorted(starts_and_ends)
    paused = sum(pause.seconds for pause in ledger.pauses)
    assert paused + clock.used_seconds == calendar.elapsed(clock.started_at, ledger.until)


@given(clocks())
@settings(max_examples=200, deadline=None)
def test_the_last_line_before_the_due_ends_at_it(given_clock):
    clock, calendar, now = given_clock
    ledger = make_ledger(clock, calendar, now)
    if clock.due is None:
        assert all(line.phase is not Phase.AHEAD for line in ledger.lines)
        return
    before = [line for line in ledger.lines if line.phase is not Phase.OVER]
    reached = clock.state is ClockState.RUNNING or clock.used_seconds >= clock.target_seconds
    if before and reached:
        assert before[-1].end == clock.due
        assert before[-1].total == clock.target_seconds
    over = [line for line in ledger.lines if line.phase is Phase.OVER]
    assert sum(line.seconds for line in over) == max(0, -clock.left_seconds)
    if over:
        assert over[0].start >= clock.due


@given(clocks(), st.sampled_from(["en", "id"]))
@settings(max_examples=100, deadline=None)
def test_every_ledger_can_be_written_down(given_clock, language):
    ledger = make_ledger(*given_clock)
    assert json.loads(json.dumps(as_dict(ledger)))["used_seconds"] == ledger.used_seconds
    assert all(line == line.rstrip() and "{{" not in line for line in ledger_lines(ledger, language))


# --- one by one -----------------------------------------------------------------------------------------------------


CHRISTMAS, BRIEFLY_LATER = utc("2026-12-23T02:00"), utc("2026-12-23T04:00")
PAUSE = (utc("2026-12-23T02:15"), utc("2026-12-23T03:15"))


def written(clock, calendar, now, language="en"):
    return ledger_lines(make_ledger(clock, calendar, now), language)


def test_a_clock_over_christmas_reads_like_this():
    clock = make_clock(JAKARTA, CHRISTMAS, BRIEFLY_LATER, 10 * 3600, pauses=(PAUSE,))
    assert written(clock, JAKARTA, BRIEFLY_LATER) == [
        "Resolution: running, 9:15:00 left",
        "Policy all, calendar office; all times in Asia/Jakarta.",
        "Start   Wed 2026-12-23 09:00 +07:00",
        "Target  10:00:00",
        "Used    0:45:00 until Wed 2026-12-23 11:00 +07:00",
        "Due     Thu 2026-12-24 12:15 +07:00",
        "Working time:",
        "  Wed 2026-12-23 09:00 - 09:15  counted 0:15:00, total 0:15:00",
        "  Wed 2026-12-23 10:30 - 11:00  counted 0:30:00, total 0:45:00",
        "  Wed 2026-12-23 11:00 - 12:00  ahead 1:00:00, total 1:45:00",
        "  Wed 2026-12-23 13:00 - 17:00  ahead 4:00:00, total 5:45:00",
        "  Thu 2026-12-24 08:00 - 12:15  ahead 4:15:00, total 10:00:00",
        "Pauses:",
        "  Wed 2026-12-23 09:15 - 10:15  took 0:45:00 of working time",
        "Dates with other hours:",
        "  Wed 2026-12-23  break 10:00-10:30",
        "  Thu 2026-12-24  open 08:00-13:00",
    ]
    indonesian = written(clock, JAKARTA, BRIEFLY_LATER, "id")
    assert indonesian[0] == "Penyelesaian: berjalan, sisa 9:15:00"
    assert indonesian[5] == "Batas waktu  Kam 2026-12-24 12:15 +07:00"


def test_what_came_after_the_due_is_told_apart():
    now = BRIEFLY_LATER + timedelta(days=1)
    lines = written(make_clock(JAKARTA, CHRISTMAS, now, 3600, pauses=(PAUSE,)), JAKARTA, now)
    assert lines[0] == "Resolution: breached since Wed 2026-12-23 11:15 +07:00, 7:45:00 over and still open"
    assert "  Wed 2026-12-23 10:30 - 11:15  counted 0:45:00, total 1:00:00" in lines
    assert "  Wed 2026-12-23 11:15 - 12:00  over 0:45:00, total 1:45:00" in lines


def test_a_shift_in_which_the_clocks_change_shows_both_offsets():
    start, now = utc("2026-04-04T12:00"), utc("2026-04-05T01:00")
    lines = written(make_clock(LORD_HOWE, start, now, 20 * 3600, done_at=now), LORD_HOWE, now)
    assert "  Sun 2026-04-05 00:30 +11:00 - 09:00 +10:30  counted 9:00:00, total 9:00:00" in lines
    assert lines[0] == "Resolution: met, done Sun 2026-04-05 11:30 +10:30 with 11:00:00 left"


def test_a_shift_over_midnight_belongs_to_the_date_it_starts_on():
    now = utc("2026-03-30T04:00")
    ledger = make_ledger(make_clock(NIGHTS, START, now, 30 * 3600), NIGHTS, now)
    assert [(line.day.isoformat(), line.seconds // 3600) for line in ledger.lines] == [
        ("2026-03-26", 8),
        ("2026-03-27", 8),
        ("2026-03-29", 4),  # the 28th is a holiday
        ("2026-03-30", 8),
        ("2026-03-31", 2),
    ]
    assert [(each.date.isoformat(), each.kind) for each in ledger.special] == [("2026-03-28", "holiday")]


def test_a_target_of_years_stays_exact_and_short():
    now = utc("2026-04-08T04:00")
    clock = make_clock(JAKARTA, START, now, 10_000 * 3600)
    ledger = make_ledger(clock, JAKARTA, now)
    assert len(ledger.lines) < MOST_LINES
    assert sum(line.seconds for line in ledger.lines) == clock.target_seconds
    assert ledger.lines[-1].end == clock.due
    (left_out,) = [line for line in ledger.lines if line.days > 1]
    assert left_out.days > 1000
    assert f"({left_out.days} days in one line)" in "\n".join(ledger_lines(ledger, "en"))


def test_many_spans_become_a_line_for_each_day():
    now = START + timedelta(days=30)
    ledger = make_ledger(make_clock(JAKARTA, START, now, 1000 * 3600, done_at=now), JAKARTA, now)
    assert {line.spans for line in ledger.lines} == {1, 2}  # it ends in the middle of a day
    assert len({line.day for line in ledger.lines}) == len(ledger.lines)


def test_a_paused_clock_has_no_due_and_its_pause_goes_on():
    now = CHRISTMAS + timedelta(hours=8)
    clock = make_clock(JAKARTA, CHRISTMAS, now, 3600, pauses=((PAUSE[0], now),), lasts=True)
    lines = written(clock, JAKARTA, now)
    assert lines[0] == "Resolution: paused, 0:45:00 left"
    assert "Due     none while it is paused" in lines
    assert "  Wed 2026-12-23 09:15 - 17:00  took 6:15:00 of working time, ongoing" in lines


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, Result.RUNNING),
        ({"breached_at": BRIEFLY_LATER}, Result.OVERDUE),
        ({"state": ClockState.PAUSED, "due": None}, Result.PAUSED),
        ({"state": ClockState.PAUSED, "due": None, "breached_at": CHRISTMAS}, Result.PAUSED_OVERDUE),
        ({"state": ClockState.DONE, "done_at": BRIEFLY_LATER}, Result.MET),
        ({"state": ClockState.DONE, "done_at": BRIEFLY_LATER, "breached_at": CHRISTMAS}, Result.LATE),
        ({"state": ClockState.NOT_APPLICABLE, "due": None}, Result.NOT_APPLICABLE),
    ],
)
def test_how_the_promise_stands(changes, result):
    clock = make_clock(JAKARTA, CHRISTMAS, BRIEFLY_LATER, 36_000)
    ledger = make_ledger(replace(clock, **changes), JAKARTA, BRIEFLY_LATER)
    assert ledger.result is result
    assert ledger_lines(ledger, "en")


def test_a_clock_that_no_longer_applies_is_counted_as_far_as_it_went():
    clock = replace(
        make_clock(JAKARTA, CHRISTMAS, BRIEFLY_LATER, 36_000), state=ClockState.NOT_APPLICABLE, due=None
    )
    ledger = make_ledger(clock, JAKARTA, BRIEFLY_LATER + timedelta(days=400))
    assert sum(line.seconds for line in ledger.lines) == clock.used_seconds


def test_a_due_set_by_hand_is_said_to_be():
    clock = replace(make_clock(JAKARTA, CHRISTMAS, BRIEFLY_LATER, 36_000), manual=True)
    assert any("set by hand" in line for line in written(clock, JAKARTA, BRIEFLY_LATER))

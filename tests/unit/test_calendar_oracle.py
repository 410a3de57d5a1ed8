"""The calendar against a slow one that paints every second, and against the laws of working time.

The slow one shares nothing with the real one: it reads the plain data, and finds when a wall-clock time comes by looking at what
the clocks show, not by asking what `fold` means.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.sla.calendar import Calendar, parse_calendar

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clocks have no zone
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WINDOW = 12 * 86_400


# --- the slow calendar ----------------------------------------------------------------------------------------------


class Painted:
    """A calendar from `first` on, one byte per second: 1 is working time."""

    def __init__(self, data, first: int, seconds: int) -> None:
        self.first = first
        self.seconds = bytearray(seconds)
        zone = ZoneInfo(data["timezone"])
        dates = [date.fromordinal(719163 + first // 86_400 + n) for n in range(-4, seconds // 86_400 + 4)]
        for day in dates:
            usual = (
                [] if str(day) in data.get("holidays", ()) else data["hours"].get(WEEKDAYS[day.weekday()], [])
            )
            self._paint(zone, day, data.get("overrides", {}).get(str(day), usual), b"\x01")
        for day in dates:
            self._paint(zone, day, data.get("breaks", {}).get(str(day), []), b"\x00")

    def _paint(self, zone, day, intervals, colour):
        for begin, end in intervals if takes_place(zone, day) else ():
            midnight = datetime.combine(day, datetime.min.time())
            until = midnight + timedelta(days=end <= begin)
            self._fill(comes(zone, midnight + clock(begin)), comes(zone, until + clock(end)), colour)

    def _fill(self, begin, end, colour):
        a, b = max(begin - self.first, 0), min(end - self.first, len(self.seconds))
        if a < b:
            self.seconds[a:b] = colour * (b - a)

    def without(self, pauses) -> "Painted":
        paused = object.__new__(Painted)
        paused.first, paused.seconds = self.first, bytearray(self.seconds)
        for begin, end in pauses:
            paused._fill(begin, end, b"\x00")
        return paused

    def elapsed(self, start, end) -> int:
        return self.seconds.count(1, start - self.first, max(end, start) - self.first)

    def next_open(self, start) -> int | None:
        found = self.seconds.find(1, start - self.first)
        return None if found < 0 else found + self.first

    def due(self, start, target) -> int | None:
        at = start - self.first
        while target:
            at = self.seconds.find(1, at)
            if at < 0:
                return None
            end = self.seconds.find(0, at)
            worked = min(target, (len(self.seconds) if end < 0 else end) - at)
            at, target = at + worked, target - worked
        return at + self.first


def clock(text) -> timedelta:
    hours, minutes, seconds = (int(part) for part in f"{text}:00".split(":")[:3])
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def shows(zone, second) -> datetime:
    return datetime.fromtimestamp(second, zone).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=200_000)
def comes(zone, wall) -> int:
    """The first second at which the clocks show `wall`; if they skip it, the one before the skip carried on with."""
    near = (wall - EPOCH) // timedelta(seconds=1)
    offsets = {(shows(zone, second) - EPOCH) // timedelta(seconds=1) - second for second in range(near - 129_600, near + 129_601, 10_800)}  # fmt: skip
    showing = [near - offset for offset in offsets if shows(zone, near - offset) == wall]
    return min(showing) if showing else near - min(offsets)


@lru_cache(maxsize=200_000)
def takes_place(zone, day) -> bool:
    near = (day - EPOCH.date()).days * 86_400
    return any(shows(zone, near + hour * 3600).date() == day for hour in range(-27, 52))


# --- calendars and questions that are likely to be hard -------------------------------------------------------------

ZONES = """UTC America/New_York Europe/Berlin Australia/Lord_Howe Asia/Jakarta America/Sao_Paulo Pacific/Apia Africa/Casablanca
America/Havana America/St_Johns Asia/Gaza Africa/Cairo Antarctica/Troll Asia/Kathmandu Pacific/Chatham Europe/Dublin
America/Caracas Asia/Pyongyang Pacific/Kwajalein Asia/Tehran""".split()
TIMES = """00:00 00:00:01 00:01 00:30 01:00 01:30 01:45 02:00 02:15 02:30 02:45 03:00 03:30 04:00 06:00 09:00 12:00 13:00 17:00 18:45
21:59:59 22:00 23:00 23:01 23:30 23:59 23:59:59""".split()


@st.composite
def interval_lists(draw):
    times = sorted(draw(st.lists(st.sampled_from([*TIMES, "24:00"]), unique=True, max_size=6)))
    intervals = [list(pair) for pair in zip(times[::2], times[1::2], strict=False)]
    last = intervals[-1][1] if intervals else "00:00"
    if last < "23:59:59" and draw(st.booleans()):  # one more, over midnight
        start = draw(st.sampled_from([time for time in TIMES if time >= last and time > "00:00"]))
        end = draw(st.sampled_from([time for time in TIMES if time < start]))
        intervals.append([start, end])
    return intervals


@lru_cache(maxsize=4096)
def change_dates(zone, year):
    """The dates of a year on which the clocks change, and one on which they may not."""
    midnights = [(date(year, 1, 1) + timedelta(days=n), n) for n in range(366)]
    offsets = [
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).utcoffset() for day, _ in midnights
    ]
    changes = [day for (day, n) in midnights[:-1] if offsets[n] != offsets[n + 1]]
    return [*changes, date(year, 6, 15)]


@dataclass(frozen=True)
class Case:
    data: dict
    first: int
    start: int
    offsets: tuple[int, int, int]
    pauses: tuple[tuple[int, int], ...]

    @property
    def calendar(self) -> Calendar:
        return parse_calendar(self.data)

    @property
    def spans(self):
        return [(moment(a), moment(b)) for a, b in self.pauses]

    def targets(self) -> tuple[int, int]:
        """Two targets that are reached in the window."""
        worked = self.calendar.elapsed(moment(self.start), moment(self.first + WINDOW), self.spans)
        a = self.offsets[0] % (worked + 1)
        return a, self.offsets[1] % (worked - a + 1)


@st.composite
def cases(draw):
    zone, year = draw(st.sampled_from(ZONES)), draw(st.integers(1985, 2045))
    around = draw(st.sampled_from(change_dates(zone, year)))
    near = st.integers(-5, 6).map(lambda days: str(around + timedelta(days=days)))
    dated = st.dictionaries(near, interval_lists(), max_size=3)
    data = {
        "timezone": zone,
        "hours": draw(st.dictionaries(st.sampled_from(WEEKDAYS), interval_lists())),
        "holidays": draw(st.lists(near, max_size=3)),
        "overrides": draw(dated),
        "breaks": draw(dated),
    }
    assume(any(data["hours"].values()))
    first = (around.toordinal() - 719163 - 5) * 86_400
    inside = st.integers(0, WINDOW) | st.integers(0, WINDOW // 900).map(lambda n: n * 900)
    pauses = draw(st.lists(st.tuples(inside, inside).map(sorted), max_size=4))
    return Case(
        data=data,
        first=first,
        start=first + draw(inside) * 2 // 3,
        offsets=draw(st.tuples(inside, inside, inside)),
        pauses=tuple((first + a, first + b) for a, b in pauses),
    )


def moment(second) -> datetime:
    return datetime.fromtimestamp(second, UTC)


# --- the laws -------------------------------------------------------------------------------------------------------


def elapsed_until_due_is_the_target(case):
    target, _ = case.targets()
    due = case.calendar.due(moment(case.start), target, case.spans)
    assert case.calendar.elapsed(moment(case.start), due, case.spans) == target


def two_targets_are_one(case):
    calendar, (a, b) = case.calendar, case.targets()
    halfway = calendar.due(moment(case.start), a, case.spans)
    assert calendar.due(halfway, b, case.spans) == calendar.due(moment(case.start), a + b, case.spans)


def elapsed_adds_up(case):
    calendar, ends = case.calendar, sorted([case.start, *(case.first + n for n in case.offsets)])
    parts = [calendar.elapsed(moment(a), moment(b), case.spans) for a, b in pairwise(ends)]
    assert sum(parts) == calendar.elapsed(moment(ends[0]), moment(ends[-1]), case.spans)


def a_pause_never_makes_a_due_earlier(case):
    calendar, (target, _) = case.calendar, case.targets()
    dues = [calendar.due(moment(case.start), target, case.spans[:n]) for n in range(len(case.spans) + 1)]
    assert dues == sorted(dues)


def a_pause_out_of_hours_changes_nothing(case):
    calendar, (target, _) = case.calendar, case.targets()
    open_spans = list(calendar.spans(moment(case.first), moment(case.first + WINDOW)))
    closed = [(a, b) for (_, a), (b, _) in pairwise(open_spans)]
    start = moment(case.start)
    assert calendar.due(start, target, [*case.spans, *closed]) == calendar.due(start, target, case.spans)


def pauses_count_once_in_any_order(case):
    calendar, start, (target, _) = case.calendar, moment(case.start), case.targets()
    again = [*reversed(case.spans), *case.spans]
    assert calendar.due(start, target, again) == calendar.due(start, target, case.spans)


def back_from_the_due_is_an_earlier_due(case):
    calendar, start, (a, b) = case.calendar, moment(case.start), case.targets()
    if a:  # else back may go before the start
        due = calendar.due(start, a + b, case.spans)
        assert calendar.back(due, b, case.spans) == calendar.due(start, a, case.spans)


def answers_do_not_depend_on_earlier_questions(case):
    start, (target, _) = moment(case.start), case.targets()
    asked = case.calendar
    asked.is_open(moment(case.first + case.offsets[2] * 2000))
    asked.is_open(moment(case.first - case.offsets[1] * 400))
    assert asked.due(start, target, case.spans) == case.calendar.due(start, target, case.spans)


def every_second_is_as_painted(case):
    calendar, (target, _) = case.calendar, case.targets()
    painted = Painted(case.data, case.first, WINDOW + 1)
    paused = painted.without(case.pauses)
    start, end = case.start, case.first + case.offsets[2]
    assert calendar.elapsed(moment(start), moment(end), case.spans) == paused.elapsed(start, end)
    assert calendar.due(moment(start), target, case.spans) == moment(paused.due(start, target))
    assert calendar.is_open(moment(end)) == bool(painted.seconds[end - case.first])
    expected = painted.next_open(end)
    if expected is not None:
        assert calendar.next_open(moment(end)) == moment(expected)
    spans = calendar.spans(moment(case.first), moment(case.first + WINDOW + 1), case.spans)
    assert from_spans(spans, case.first, WINDOW + 1) == paused.seconds


def from_spans(spans, first, seconds) -> bytearray:
    found = bytearray(seconds)
    for begin, end in spans:
        a, b = int(begin.timestamp()) - first, int(end.timestamp()) - first
        found[a:b] = b"\x01" * (b - a)
    return found


LAWS = [
    elapsed_until_due_is_the_target,
    two_targets_are_one,
    elapsed_adds_up,
    a_pause_never_makes_a_due_earlier,
    a_pause_out_of_hours_changes_nothing,
    pauses_count_once_in_any_order,
    back_from_the_due_is_an_earlier_due,
    answers_do_not_depend_on_earlier_questions,
    every_second_is_as_painted,
]
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def check_laws(case):
    for law in LAWS:
        law(case)


@settings(patient, max_examples=80)
@given(case=cases())
def test_laws(case):
    check_laws(case)


@pytest.mark.nightly
@settings(patient, max_examples=10_000)
@given(case=cases())
def test_laws_at_length(case):
    check_laws(case)


# --- two years of every second --------------------------------------------------------------------------------------

HARD_HOURS = [
    {
        day: [["00:00", "01:30"], ["02:00", "02:30"], ["02:45", "09:00"], ["23:30", "24:00"]]
        for day in WEEKDAYS
    },
    {day: [["22:00", "02:15"]] for day in WEEKDAYS}
    | {"sun": [["03:00", "02:59:59"]], "mon": [["01:15", "01:45"]]},
    {
        "sun": [["02:30", "03:00"], ["03:00", "23:59:59"]],
        "sat": [["23:00", "02:30"]],
        "fri": [["09:00", "17:00"]],
    },
]


def changes_its_clocks(zone, first, days) -> bool:
    return (
        len({datetime.fromtimestamp(first + n * 86_400, ZoneInfo(zone)).utcoffset() for n in range(days)}) > 1
    )


def two_years(zone, year):
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    return first, 731 * 86_400, changes_its_clocks(zone, first, 731)


def check_two_years(zone, hours, first, seconds):
    data = {"timezone": zone, "hours": hours}
    calendar, painted = parse_calendar(data), Painted(data, first, seconds)
    spans = calendar.spans(moment(first), moment(first + seconds))
    assert from_spans(spans, first, seconds) == painted.seconds
    random = Random(f"{zone} {first}")
    for _ in range(20):
        start = first + random.randrange(seconds)
        end = min(start + random.randrange(WINDOW), first + seconds)
        worked = painted.elapsed(start, end)
        assert calendar.elapsed(moment(start), moment(end)) == worked
        assert calendar.due(moment(start), worked) == moment(painted.due(start, worked))


@pytest.mark.parametrize("hours", HARD_HOURS)
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_two_years_second_by_second(zone, hours):
    first, seconds, _ = two_years(zone, 2026)
    check_two_years(zone, hours, first, seconds)


@pytest.mark.nightly
@pytest.mark.parametrize("zone", sorted(available_timezones() - {"localtime"}))
@pytest.mark.parametrize("year", [2018, 2026])
def test_two_years_second_by_second_in_every_zone_that_changes_its_clocks(zone, year):
    first, seconds, changes = two_years(zone, year)
    if not changes:
        pytest.skip("its clocks do not change in these years")
    for hours in HARD_HOURS:
        check_two_years(zone, hours, first, seconds)

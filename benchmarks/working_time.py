"""Microseconds per `due`, beside a plain loop over days, in the same run.

    python benchmarks/working_time.py

The calendar has two intervals a day, a zone that changes its clocks, and a year of holidays.
"""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.calendar import Calendar, parse_calendar

ZONE = "America/New_York"
INTERVALS = [("09:00", "12:00"), ("13:00", "17:00")]
HOLIDAYS = [date(2026, month, 5 + month) for month in range(1, 13)]
START = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)
TARGETS = {
    "1 hour": 3600,
    "8 hours": 8 * 3600,
    "800 hours": 800 * 3600,
    "10 years of office hours": 10 * 52 * 35 * 3600,
    "10 years around the clock": 3650 * 86_400,
}


def make() -> Calendar:
    return parse_calendar(
        {
            "timezone": ZONE,
            "hours": {"mon-fri": [list(interval) for interval in INTERVALS]},
            "holidays": HOLIDAYS,
        }
    )


def naive_due(start: datetime, target: int) -> datetime:
    """Day after day, until the target is used up."""
    zone = ZoneInfo(ZONE)
    intervals = [(time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in INTERVALS]
    rest = timedelta(seconds=target)
    day = start.astimezone(zone).date()
    while True:
        if day.weekday() < 5 and day not in HOLIDAYS:
            for begin, end in intervals:
                opens = max(datetime.combine(day, begin, zone).astimezone(UTC), start)
                closes = datetime.combine(day, end, zone).astimezone(UTC)
                if opens + rest <= closes:
                    return opens + rest
                rest -= max(closes - opens, timedelta())
        day += timedelta(days=1)


def microseconds(ask: Callable[[], object]) -> float:
    """The best of five rounds of about a twentieth of a second each."""
    ask()
    rounds = []
    for _ in range(5):
        asked, begun = 0, perf_counter()
        while perf_counter() - begun < 0.05:
            for _ in range(10):
                ask()
            asked += 10
        rounds.append((perf_counter() - begun) / asked * 1e6)
    return min(rounds)


def once(ask: Callable[[], object]) -> float:
    begun = perf_counter()
    ask()
    return (perf_counter() - begun) * 1e6


def main() -> None:
    calendar = make()
    print(f"{'target':28}{'due, us':>10}{'a loop, us':>14}{'new calendar, us':>20}")
    for name, target in TARGETS.items():
        if calendar.due(START, target) != naive_due(START, target):
            raise SystemExit(f"{name}: the loop finds another due")
        fast = microseconds(lambda target=target: calendar.due(START, target))  # type: ignore[misc]
        slow = min(once(lambda target=target: naive_due(START, target)) for _ in range(3))  # type: ignore[misc]
        first = min(once(lambda target=target: make().due(START, target)) for _ in range(3))  # type: ignore[misc]
        print(f"{name:28}{fast:10.2f}{slow:14.1f}{first:20.0f}")

    pauses = [(START + timedelta(days=n), START + timedelta(days=n, hours=5)) for n in range(1, 11)]
    end = calendar.due(START, 800 * 3600)
    print(
        f"{'800 hours, ten pauses':28}{microseconds(lambda: calendar.due(START, 800 * 3600, pauses)):10.2f}"
    )
    print(f"{'elapsed, 800 hours':28}{microseconds(lambda: calendar.elapsed(START, end)):10.2f}")

    tracemalloc.start()
    kept = make()
    kept.due(START, TARGETS["8 hours"])
    usual = tracemalloc.get_traced_memory()[0]
    kept.due(START, TARGETS["10 years around the clock"])
    print(
        f"memory of a calendar: {usual / 1024:.0f} kB; once asked for the longest: {tracemalloc.get_traced_memory()[0] / 1024:.0f} kB"
    )


if __name__ == "__main__":
    main()

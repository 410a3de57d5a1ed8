"""Tables of clocks: events, and what is expected of the clocks then.

Times are minutes after nine on a Monday; the calendar is always open unless another one is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.clocks import Clock, compute_clocks
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.policy import DEFAULT_PAUSES, Metric, Policy, Start, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Role, StatusKind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OFFICE = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["09:00", "12:00"], ["13:00", "17:00"]]}})
OPEN, SOLVED, CLOSED = StatusKind.OPEN, StatusKind.SOLVED, StatusKind.CLOSED
WAITING, THIRD_PARTY = StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY
TARGETS = Targets(
    default={
        Metric.FIRST_RESPONSE: 60 * 60,
        Metric.NEXT_RESPONSE: 120 * 60,
        Metric.RESOLUTION: 480 * 60,
    }
)
UPDATES = Targets(default={Metric.UPDATE: 240 * 60})


def minute(minutes):
    return START + timedelta(minutes=minutes)


def opened(by=Role.CUSTOMER, at=0, public=True):
    return TicketEvent("opened", minute(at), EventKind.OPENED, by, public, StatusKind.NEW)


def says(at, by, public=True):
    return TicketEvent(f"said:{by}{at}", minute(at), EventKind.COMMENTED, by, public)


def customer(at, public=True):
    return says(at, Role.CUSTOMER, public)


def agent(at, public=True):
    return says(at, Role.AGENT, public)


def status(at, kind):
    return TicketEvent(f"status:{at}:{kind}", minute(at), EventKind.STATUS, status=kind)


def policy(targets=TARGETS, calendar=ALWAYS, pauses=DEFAULT_PAUSES, starts=Start.OPENING):
    return Policy("p", Condition(), "c", calendar, targets, (), pauses, starts=starts)


@dataclass(frozen=True)
class Is:
    """What a clock is expected to be, in minutes; what is not said is not looked at, except that an unsaid breach is none."""

    state: str
    due: float | None = None
    used: float | None = None
    done: float | None = None
    start: float | None = None
    broken: float | None = None


def check(clock: Clock, wanted: Is):
    def minutes(at):
        return None if at is None else (at - START) / timedelta(minutes=1)

    assert clock.state == wanted.state
    assert minutes(clock.breached_at) == wanted.broken
    assert minutes(clock.done_at) == wanted.done
    if wanted.state == "paused":
        assert clock.due is None
    elif wanted.due is not None:
        assert minutes(clock.due) == wanted.due
    if wanted.used is not None:
        assert clock.used_seconds == wanted.used * 60
    if wanted.start is not None:
        assert minutes(clock.started_at) == wanted.start
    assert clock.left_seconds + clock.used_seconds == clock.target_seconds


def named(clocks):
    return {f"{clock.metric} {clock.cycle}": clock for clock in clocks}


def expect(events, now, wanted: Mapping[str, Is | None], rules=None, priority=None):
    clocks = named(compute_clocks(events, rules or policy(), priority, minute(now)))
    for name, clock in wanted.items():
        if clock is None:
            assert name not in clocks
        else:
            check(clocks[name], clock)

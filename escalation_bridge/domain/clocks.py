"""SLA clocks: a pure function of a ticket's history, the policy and now.

Nothing is counted up. Events that become known late or out of order simply change the history that is computed from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.events import EventKind, TicketEvent, order
from escalation_bridge.domain.policy import Metric, Policy
from escalation_bridge.domain.tickets import Priority, Role, StatusKind

Span = tuple[datetime, datetime]


class ClockState(StrEnum):
    """RUNNING and PAUSED clocks are open; DONE ones ended with an answer or a solution."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise: a metric's clock in one cycle.

    Attributes:
        pauses: Half-open spans that do not count; the last one is open-ended while the clock is paused, and ends now.
        due: The first instant at which the working time used equals the target; None while paused.
        used_seconds: Working time used until it was done, or now.
        breached_at: When the promise was broken; None while it is kept.
    """

    metric: Metric
    cycle: int
    state: ClockState
    policy: str
    calendar: str
    target_seconds: int
    started_at: datetime
    pauses: tuple[Span, ...]
    due: datetime | None
    done_at: datetime | None
    used_seconds: int
    breached_at: datetime | None

    @property
    def left_seconds(self) -> int:
        """Working time left; negative once the target is exceeded."""
        return self.target_seconds - self.used_seconds


@dataclass(frozen=True, slots=True)
class _Run:
    """The bare course of a clock: when it started, paused and ended."""

    metric: Metric
    cycle: int
    started_at: datetime
    done_at: datetime | None = None
    pauses: tuple[Span, ...] = ()
    paused_since: datetime | None = None


def compute_clocks(
    events: Sequence[TicketEvent], policy: Policy | None, priority: Priority | None, now: datetime
) -> tuple[Clock, ...]:
    """All clocks of a ticket, as they stand at `now`; none where nothing is promised."""
    if policy is None:
        return ()
    now = _whole_second(now)
    history = tuple(
        replace(event, at=at) for event in order(events) if (at := _whole_second(event.at)) <= now
    )
    runs = [*_response_runs(history), *_resolution_runs(history, policy), *_update_runs(history, policy)]
    return tuple(
        _clock(run, policy, target, now)
        for run in runs
        if (target := policy.targets.seconds(run.metric, priority)) is not None
    )


def _whole_second(at: datetime) -> datetime:
    """A calendar counts whole seconds; an answer half a second after a due that was cut off itself is not late."""
    return at.replace(microsecond=0)


def _clock(run: _Run, policy: Policy, target: int, now: datetime) -> Clock:
    calendar = policy.calendar
    pauses, until, state = (
        run.pauses,
        run.done_at or now,
        ClockState.DONE if run.done_at else ClockState.RUNNING,
    )
    if run.paused_since is not None:
        state = state if run.done_at else ClockState.PAUSED
        pauses = (*pauses, (run.paused_since, until))
    due = calendar.due(run.started_at, target, run.pauses if state is ClockState.PAUSED else pauses)
    # While it is paused only a due that lay before the pause was missed.
    missed = due < (run.paused_since or until) if state is ClockState.PAUSED else until > due
    return Clock(
        metric=run.metric,
        cycle=run.cycle,
        state=state,
        policy=policy.name,
        calendar=policy.calendar_name,
        target_seconds=target,
        started_at=run.started_at,
        pauses=pauses,
        due=None if state is ClockState.PAUSED else due,
        done_at=run.done_at,
        used_seconds=calendar.elapsed(run.started_at, until, pauses),
        breached_at=due if missed else None,
    )


def _response_run(number: int, at: datetime) -> _Run:
    """The first wait of a customer is for the first response, each further one a cycle of the next response."""
    return _Run(Metric.FIRST_RESPONSE, 1, at) if number == 0 else _Run(Metric.NEXT_RESPONSE, number, at)


def _response_runs(history: Sequence[TicketEvent]) -> Iterator[_Run]:
    """One run for every stretch in which the customer waits for an answer."""
    begun = 0
    running: _Run | None = None
    done = False
    said_when_done: datetime | None = (
        None  # a word after solving ("thanks") counts only if it reopens the ticket
    )
    for event in history:
        if event.kind is EventKind.STATUS and event.status is not None:
            done = event.status.done
            if done and running:
                yield replace(running, done_at=event.at)
                running = None
            elif not done and said_when_done and not running:
                running = _response_run(begun, said_when_done)
                begun += 1
            said_when_done = None
        elif _by_customer(event) and not running:
            if done:
                said_when_done = said_when_done or event.at
            else:
                running = _response_run(begun, event.at)
                begun += 1
        elif _by_agent(event):
            said_when_done = None
            if running:
                yield replace(running, done_at=event.at)
                running = None
    if running:
        yield running


def _resolution_runs(history: Sequence[TicketEvent], policy: Policy) -> Iterator[_Run]:
    """From creation to solution; reopening continues the clock, and the time it was solved is a pause."""
    pausing = policy.pauses.get(Metric.RESOLUTION, frozenset())
    run: _Run | None = None
    for event in history:
        if event.kind is EventKind.OPENED:
            run = _Run(Metric.RESOLUTION, 1, event.at)
        if run and event.status is not None:
            run = _with_status(run, event.status, event.at, pausing)
    if run:
        yield run


def _with_status(run: _Run, status: StatusKind, at: datetime, pausing: frozenset[StatusKind]) -> _Run:
    stops = status in pausing or status.done
    if run.paused_since is not None and not stops:
        run = replace(run, pauses=(*run.pauses, (run.paused_since, at)), paused_since=None)
    elif run.paused_since is None and stops:
        run = replace(run, paused_since=at)
    if not status.done:
        return replace(run, done_at=None)
    return run if run.done_at else replace(run, done_at=at)


def _update_runs(history: Sequence[TicketEvent], policy: Policy) -> Iterator[_Run]:
    """The customer hears something at least so often: every public word of an agent ends a cycle and begins the next."""
    pausing = policy.pauses.get(Metric.UPDATE, frozenset())
    run: _Run | None = None
    status = StatusKind.NEW
    for event in history:
        if event.kind is EventKind.OPENED and event.by is Role.CUSTOMER:
            run = _Run(Metric.UPDATE, 1, event.at)
        elif _by_agent(event) and not status.done:
            if run:
                yield replace(run, done_at=event.at)
            run = _Run(Metric.UPDATE, run.cycle + 1 if run else 1, event.at)
            run = _with_status(run, status, event.at, pausing)
        status = event.status or status
        if run and event.status is not None:
            run = _with_status(run, event.status, event.at, pausing)
    if run:
        yield run


def _by_customer(event: TicketEvent) -> bool:
    return event.by is Role.CUSTOMER and event.public and event.kind in (EventKind.OPENED, EventKind.SAID)


def _by_agent(event: TicketEvent) -> bool:
    return event.by is Role.AGENT and event.public and event.kind is EventKind.SAID

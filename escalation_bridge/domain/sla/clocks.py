"""SLA clocks: a pure function of a ticket's history, the policy and now.

There are no counters. Late or out-of-order events change the history, from which clocks are computed again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.sla.events import EventKind, TicketEvent, order
from escalation_bridge.domain.sla.policy import Metric, Policy, Start, Target, WorkingDays
from escalation_bridge.domain.tickets.tickets import Priority, Role, Severity, StatusKind

Span = tuple[datetime, datetime]


class ClockState(StrEnum):
    """RUNNING and PAUSED clocks are open, DONE ones ended with an answer or a solution.

    NOT_APPLICABLE ones were open when their target was removed: neither met nor missed.
    """

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"

    @property
    def is_open(self) -> bool:
        return self in (ClockState.RUNNING, ClockState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Working time measured against a target.

    Attributes:
        pauses: Half-open spans that do not count; while the clock is paused, the last one ends now.
        due: The due time: the first instant at which the working time used equals the target; None while paused.
        used_seconds: Working time used until it was done, or now.
        breached_at: When the target was missed; None: it is not.
    """

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
class Clock(Measured):
    """A clock: one metric in one cycle.

    Attributes:
        manual: Whether a person set the due time. Then neither pauses nor other targets move it.
        reopened_at: When the ticket was last taken up again after it was done; what was due before stays undone.
        retargeted_at: When its present terms (policy, target, calendar, a due set by hand) were last seen to count, if these
            are not its first ones: what they put into the past is not late before then.
        rules_version: The version of the rules that computed it; None if unknown.
    """

    metric: Metric
    cycle: int
    manual: bool = False
    reopened_at: datetime | None = None
    retargeted_at: datetime | None = None
    rules_version: int | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """The bare course of a clock: when it started, paused and ended."""

    metric: Metric
    cycle: int
    started_at: datetime
    done_at: datetime | None = None
    pauses: tuple[Span, ...] = ()
    paused_since: datetime | None = None
    manual_due: datetime | None = None
    reopened_at: datetime | None = None


def compute_clocks(
    events: Sequence[TicketEvent],
    policy: Policy | None,
    priority: Priority | None,
    now: datetime,
    severity: Severity = Severity.STANDARD,
) -> tuple[Clock, ...]:
    """All clocks of a ticket at `now`; empty without a policy."""
    if policy is None:
        return ()
    now = _whole_second(now)
    history = tuple(
        replace(event, at=at) for event in order(events) if (at := _whole_second(event.at)) <= now
    )
    runs = [
        *_response_runs(history, policy),
        *_resolution_runs(history, policy),
        *_update_runs(history, policy),
    ]
    return tuple(
        _clock(_with_manual_due(run, history), policy, target, now)
        for run in runs
        if (target := policy.targets.promised(run.metric, priority, severity)) is not None
    )


def _with_manual_due(run: _Run, history: Sequence[TicketEvent]) -> _Run:
    """The last word of a person about the due of this cycle, while it was running."""
    set_by_hand = [
        event
        for event in history
        if event.kind is EventKind.DUE_SET
        and event.metric == run.metric
        and event.at >= run.started_at
        and (run.done_at is None or event.at < run.done_at)
    ]
    due = set_by_hand[-1].due if set_by_hand else None
    return replace(run, manual_due=_whole_second(max(due, run.started_at))) if due else run


def retire(
    clocks: tuple[Clock, ...], known: tuple[Clock, ...], promised: frozenset[Metric]
) -> tuple[Clock, ...]:
    """The clocks, and those of `known` whose metric no longer has a target: open ones as not applicable."""
    gone = (clock for clock in known if clock.metric not in promised)
    return clocks + tuple(
        replace(clock, state=ClockState.NOT_APPLICABLE, due=None) if clock.state.is_open else clock
        for clock in gone
    )


def _whole_second(at: datetime) -> datetime:
    """A calendar counts whole seconds; an answer half a second after a due that was cut off itself is not late."""
    return at.replace(microsecond=0)


def _clock(run: _Run, policy: Policy, promised: Target, now: datetime) -> Clock:
    calendar = policy.calendar
    if isinstance(promised, WorkingDays):
        target = calendar.days_long(run.started_at, promised.days) + promised.seconds
    else:
        target = promised
    if run.manual_due is not None:
        target = calendar.elapsed(run.started_at, run.manual_due)
        run = replace(run, pauses=(), paused_since=None)
    pauses, until, state = (
        run.pauses,
        run.done_at or now,
        ClockState.DONE if run.done_at else ClockState.RUNNING,
    )
    if run.paused_since is not None:
        state = state if run.done_at else ClockState.PAUSED
        pauses = (*pauses, (run.paused_since, until))
    due = run.manual_due or calendar.due(
        run.started_at, target, run.pauses if state is ClockState.PAUSED else pauses
    )
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
        manual=run.manual_due is not None,
        reopened_at=run.reopened_at,
    )


def _response_runs(history: Sequence[TicketEvent], policy: Policy) -> Iterator[_Run]:
    """One run for every stretch in which the customer waits: the first for the first response, then cycles of the next."""
    begun = 0
    running: _Run | None = None
    status = StatusKind.NEW
    wrote_when_done: datetime | None = (
        None  # a word after solving ("thanks") counts only if it reopens the ticket
    )
    for event in history:
        waits_since: datetime | None = None
        if event.kind is EventKind.STATUS and event.status is not None:
            status = event.status
            if running:
                running = _with_status(
                    running, status, event.at, policy.pauses.get(running.metric, frozenset())
                )
            elif not status.done:
                waits_since = wrote_when_done
            wrote_when_done = None
        elif (_by_customer(event) or _written_down(event, policy)) and not running:
            waits_since, wrote_when_done = (
                (None, wrote_when_done or event.at) if status.done else (event.at, None)
            )
        elif _by_agent(event):
            wrote_when_done = None
            running = replace(running, done_at=event.at) if running else None
        if running and running.done_at:
            yield running
            running = None
        if waits_since is not None:
            metric = Metric.NEXT_RESPONSE if begun else Metric.FIRST_RESPONSE
            running = _Run(metric, max(begun, 1), waits_since)
            begun += 1
            if waits_since < event.at:
                running = replace(running, reopened_at=event.at)
            running = _with_status(running, status, event.at, policy.pauses.get(metric, frozenset()))
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
        return replace(run, done_at=None, reopened_at=at if run.done_at else run.reopened_at)
    return run if run.done_at else replace(run, done_at=at)


def _update_runs(history: Sequence[TicketEvent], policy: Policy) -> Iterator[_Run]:
    """The maximum time between updates: each public comment of an agent begins a cycle and ends the one before.

    Until the first word `first_response` counts.
    """
    pausing = policy.pauses.get(Metric.UPDATE, frozenset())
    run: _Run | None = None
    status = StatusKind.NEW
    for event in history:
        if _by_agent(event) and not status.done:
            if run:
                yield replace(run, done_at=event.at)
            run = _Run(Metric.UPDATE, run.cycle + 1 if run else 1, event.at)
            run = _with_status(run, status, event.at, pausing)
        status = event.status or status
        if run and event.status is not None:
            run = _with_status(run, event.status, event.at, pausing)
    if run:
        yield run


def _written_down(event: TicketEvent, policy: Policy) -> bool:
    """Whether an agent opened the ticket for a customer who is promised a response from then on."""
    opened = event.kind is EventKind.OPENED and event.by is Role.AGENT and event.public
    return opened and policy.starts is Start.OPENING


def _by_customer(event: TicketEvent) -> bool:
    return (
        event.by is Role.CUSTOMER and event.public and event.kind in (EventKind.OPENED, EventKind.COMMENTED)
    )


def _by_agent(event: TicketEvent) -> bool:
    return event.by is Role.AGENT and event.public and event.kind is EventKind.COMMENTED

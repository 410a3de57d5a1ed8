"""The ladder: what happens on the way to a broken promise, and when."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from escalation_bridge.domain.cases import CaseView, FiredStep, StepOutcome, TimelineEntry
from escalation_bridge.domain.clocks import Clock, ClockState
from escalation_bridge.domain.escalation import plan_escalation
from escalation_bridge.domain.intents import (
    ChangeTicket,
    IntentState,
    KeyedIntent,
    Notify,
    WriteComment,
    step_prefix,
)
from escalation_bridge.domain.messages import MessageRequest
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.policy import (
    Action,
    Escalate,
    LeaveNote,
    Metric,
    Policy,
    RaisePriority,
    SendNotice,
    Step,
)
from escalation_bridge.domain.routes import Route
from escalation_bridge.domain.tickets import Priority, Ticket, TicketChange, Visibility


def step_due(step: Step, clock: Clock, policy: Policy) -> datetime | None:
    """When a step is due; None while its clock does not run. A paused clock freezes its steps."""
    if clock.state is not ClockState.RUNNING:
        return None
    return policy.calendar.due(clock.started_at, step.used_seconds(clock.target_seconds), clock.pauses)


def climb(
    view: CaseView,
    origin: Ticket,
    policy: Policy,
    routes: dict[str, Route],
    clocks: tuple[Clock, ...],
    now: datetime,
) -> Part:
    """Carry out the steps that are due and have not been dealt with; say when the next ones are."""
    fired = {(step.metric, step.cycle, step.step) for step in view.fired}
    part = NOTHING
    for due, step, clock in sorted(_steps(policy, clocks), key=lambda item: item[0]):
        if (step.metric, clock.cycle, step.id) in fired:
            continue
        if due > now:
            part += Part(wake_at=(due,))
        elif now - due > timedelta(seconds=policy.stale_after_seconds):
            part += _missed(step, clock, due, now)
        else:
            part += _fire(view, origin, routes, step, clock, due, now, part.intents)
    return part


def withdraw_overtaken(view: CaseView, origin: Ticket, clocks: tuple[Clock, ...], now: datetime) -> Part:
    """What a ladder decided and could not be sent yet is no longer wanted once its clock has been answered."""
    over = tuple(step_prefix(clock.metric, clock.cycle) for clock in clocks if clock.state is ClockState.DONE)
    overtaken = [
        record
        for record in view.intents.values()
        if record.state is IntentState.PENDING and over and record.key.startswith(over)
    ]
    facts = {"key": origin.key, "status": origin.status.name}
    return Part(
        withdrawn=tuple(record.key for record in overtaken),
        timeline=tuple(
            TimelineEntry(
                now, "withdrawn", {"what": r.intent.kind, "connection": r.intent.connection, **facts}
            )
            for r in overtaken
        ),
    )


def _steps(policy: Policy, clocks: tuple[Clock, ...]) -> Iterator[tuple[datetime, Step, Clock]]:
    for clock in clocks:
        for step in policy.ladder:
            if step.metric is clock.metric and (due := step_due(step, clock, policy)) is not None:
                yield due, step, clock


def _missed(step: Step, clock: Clock, due: datetime, now: datetime) -> Part:
    facts = {"step": step.id, "metric": step.metric, "due": due.isoformat()}
    return Part(
        fired=(FiredStep(step.metric, clock.cycle, step.id, now, StepOutcome.STALE),),
        timeline=(TimelineEntry(now, "step_stale", facts),),
    )


def _fire(
    view: CaseView,
    origin: Ticket,
    routes: dict[str, Route],
    step: Step,
    clock: Clock,
    due: datetime,
    now: datetime,
    decided: tuple[KeyedIntent, ...],
) -> Part:
    late = max(0, int((now - due).total_seconds()))
    facts = {"step": step.id, "metric": step.metric, "percent": str(step.percent), "late_seconds": str(late)}
    part = Part(
        fired=(FiredStep(step.metric, clock.cycle, step.id, now),),
        timeline=(TimelineEntry(now, "step_fired", facts),),
    )
    for position, action in enumerate(step.actions):
        key = f"{step_prefix(step.metric, clock.cycle)}{step.id}:{position}"
        part += _act(view, origin, routes, action, clock, key, now, decided + part.intents)
    return part


def _act(
    view: CaseView,
    origin: Ticket,
    routes: dict[str, Route],
    action: Action,
    clock: Clock,
    key: str,
    now: datetime,
    decided: tuple[KeyedIntent, ...],
) -> Part:
    facts = clock_facts(clock)
    match action:
        case LeaveNote(template):
            message = MessageRequest(template, facts, visibility=Visibility.PRIVATE)
            return Part(intents=(KeyedIntent(key, WriteComment(origin.ref, Visibility.PRIVATE, message)),))
        case RaisePriority(to):
            wanted = to or (origin.priority or Priority.NORMAL).raised()
            if not _higher(wanted, origin.priority):
                return NOTHING
            return Part(intents=(KeyedIntent(key, ChangeTicket(origin.ref, TicketChange(priority=wanted))),))
        case SendNotice(to, template):
            return Part(intents=(KeyedIntent(key, Notify(to, MessageRequest(template, facts))),))
        case Escalate(route):
            route = view.advice.routes.get(key, route)
            return plan_escalation(view, origin, routes, route, clock, key, now, decided)


def _higher(wanted: Priority, present: Priority | None) -> bool:
    ladder = list(Priority)
    return present is None or ladder.index(wanted) > ladder.index(present)


def clock_facts(clock: Clock) -> dict[str, str]:
    """What messages and the timeline may say about a clock."""
    facts = {
        "metric": str(clock.metric),
        "cycle": str(clock.cycle),
        "policy": clock.policy,
        "target_seconds": str(clock.target_seconds),
        "left_seconds": str(clock.left_seconds),
        "started_at": clock.started_at.isoformat(),
    }
    if clock.due is not None:
        facts["due"] = clock.due.isoformat()
    return facts


def note_clock_changes(before: tuple[Clock, ...], after: tuple[Clock, ...], now: datetime) -> Part:
    """The timeline's lines about clocks: started, paused, running again, answered, broken."""
    known: dict[tuple[Metric, int], Clock] = {(clock.metric, clock.cycle): clock for clock in before}
    part = NOTHING
    for clock in after:
        old = known.get((clock.metric, clock.cycle))
        for code, at in _changes(old, clock, now):
            part += Part(timeline=(TimelineEntry(at, code, clock_facts(clock)),))
        if clock.state is ClockState.RUNNING and clock.due is not None and clock.breached_at is None:
            part += Part(wake_at=(clock.due + timedelta(seconds=1),))
    return part


def _changes(old: Clock | None, clock: Clock, now: datetime) -> Iterator[tuple[str, datetime]]:
    if old is None:
        yield "clock_started", clock.started_at
    if clock.breached_at is not None and (old is None or old.breached_at is None):
        yield "clock_breached", clock.breached_at
    before = old.state if old else ClockState.RUNNING
    if clock.state is not before:
        if clock.state is ClockState.DONE and clock.done_at is not None:
            yield ("clock_late" if clock.breached_at else "clock_met"), clock.done_at
        elif clock.state is ClockState.PAUSED:
            yield "clock_paused", now
        else:
            yield "clock_resumed", now

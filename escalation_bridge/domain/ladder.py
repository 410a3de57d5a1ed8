"""The ladder: what happens on the way to a broken promise, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.cases import CaseView, FiredStep, StepOutcome, TimelineEntry
from escalation_bridge.domain.clock_history import clock_facts
from escalation_bridge.domain.clocks import Clock, ClockState
from escalation_bridge.domain.escalation import is_part_of_handing_on, plan_escalation
from escalation_bridge.domain.events import EventKind
from escalation_bridge.domain.intent_records import IntentState, KeyedIntent, cycle_of, step_key
from escalation_bridge.domain.intents import ChangeTicket, Notify, WriteComment
from escalation_bridge.domain.messages import MessageRequest
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.policy import (
    Action,
    Escalate,
    LeaveNote,
    Policy,
    RaisePriority,
    SendNotice,
    Step,
    StepClock,
)
from escalation_bridge.domain.routes import Route
from escalation_bridge.domain.tickets import Priority, Ticket, TicketChange, Visibility

_WORTH_SAYING = 60
"""Seconds of delay from which on a message says that it is late."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One point of one clock: a step, or one of its repetitions.

    Attributes:
        id: The step's id; a repetition adds its number.
    """

    id: str
    step: Step
    clock: Clock
    due: datetime


@dataclass(frozen=True, slots=True)
class Ladder:
    """A case on the ladder of its policy."""

    view: CaseView
    origin: Ticket
    policy: Policy
    routes: dict[str, Route]
    clocks: tuple[Clock, ...]
    now: datetime

    def climb(self) -> Part:
        """Carry out what is due and has not been dealt with; say when the next is."""
        part = NOTHING
        due: list[Rung] = []
        for rung in sorted(self._rungs(), key=lambda rung: (rung.due, rung.id)):
            if self._is_dealt_with(rung):
                continue
            if rung.due > self.now:
                part += Part(wake_at=(rung.due,))
            elif rung.clock.reopened_at is not None and rung.due < rung.clock.reopened_at:
                part += self._dealt_with(rung, StepOutcome.STALE, "step_before_reopening")
            elif self._late(rung) > self.policy.stale_after_seconds:
                part += self._dealt_with(rung, StepOutcome.STALE, "step_stale")
            elif not self._wanted(rung.step):
                part += self._dealt_with(rung, StepOutcome.REFUSED, "step_refused")
            else:
                due.append(rung)
        return part + self._carry_out(due)

    # --- which rungs there are --------------------------------------------------------------------------------------

    def _rungs(self) -> Iterator[Rung]:
        for clock in self.clocks:
            # A paused clock freezes its steps; acknowledging stops the ladders that have begun, and no clock.
            if clock.state is not ClockState.RUNNING or self._is_acknowledged(clock):
                continue
            for step in self.policy.ladder:
                if step.metric is clock.metric:
                    yield from self._of_step(step, clock)

    def _is_acknowledged(self, clock: Clock) -> bool:
        # Who took it on before it was solved is not asked when it is reopened: somebody has to take it on again.
        since = max(clock.started_at, clock.reopened_at or clock.started_at)
        events = self.view.events
        return any(e.kind is EventKind.ACKNOWLEDGED and since <= e.at <= self.now for e in events)

    def _of_step(self, step: Step, clock: Clock) -> Iterator[Rung]:
        due = step_due(step, clock, self.policy)
        yield Rung(step.id, step, clock, due)
        if step.repeat is None:
            return
        for number in range(2, step.repeat.at_most + 1):
            due = _later(step, clock, self.policy, due, step.repeat.every_seconds)
            yield Rung(f"{step.id}#{number}", step, clock, due)
            if due > self.now:
                return

    def _is_dealt_with(self, rung: Rung) -> bool:
        return any(
            not (
                rung.step.refire_on_retarget
                and fired.target_seconds != rung.clock.target_seconds
                and rung.due > fired.at
            )
            for fired in self.view.fired
            if fired.metric is rung.clock.metric
            and fired.started_at >= rung.clock.started_at
            and fired.step.partition("@")[0] == rung.id
        )

    def _wanted(self, step: Step) -> bool:
        return step.condition is None or step.condition(self.origin, self.view.classification)

    # --- what happens on them ---------------------------------------------------------------------------------------

    def _dealt_with(self, rung: Rung, outcome: StepOutcome, code: str) -> Part:
        facts = {
            "step": rung.id,
            "metric": str(rung.clock.metric),
            "percent": str(rung.step.percent),
            "due": rung.due.isoformat(),
            "late_seconds": str(self._late(rung)),
        }
        return Part(
            fired=(
                FiredStep(
                    metric=rung.clock.metric,
                    started_at=rung.clock.started_at,
                    step=self._name(rung),
                    at=self.now,
                    outcome=outcome,
                    target_seconds=rung.clock.target_seconds,
                    policy=self.policy.name,
                    late_seconds=self._late(rung),
                ),
            ),
            timeline=(TimelineEntry(self.now, code, facts),),
        )

    def _name(self, rung: Rung) -> str:
        """A step that fires again after a retarget is another row in the store."""
        known = {(fired.metric, fired.started_at, fired.step) for fired in self.view.fired}
        again = (rung.clock.metric, rung.clock.started_at, rung.id) in known
        return f"{rung.id}@{rung.clock.target_seconds}" if again else rung.id

    def _late(self, rung: Rung) -> int:
        """Seconds since it could have been dealt with; a point that another target just put back is not late."""
        since = max(rung.due, rung.clock.retargeted_at or rung.due)
        return max(0, int((self.now - since).total_seconds()))

    def _carry_out(self, due: list[Rung]) -> Part:
        """Act in order. Of several notes, or notices to the same people, that come at once only the last is written:
        it says how many there were and how late they are.
        """
        part = NOTHING
        last_words = {_words(action): rung for rung in due for action in rung.step.actions if _words(action)}
        for rung in due:
            part += self._dealt_with(rung, StepOutcome.FIRED, "step_fired")
            for position, action in enumerate(rung.step.actions):
                if _words(action) is None or last_words[_words(action)] is rung:
                    key = step_key(rung.clock.metric, rung.clock.started_at, self._name(rung), position)
                    part += self._act(rung, action, key, len(due), part.intents)
        return part

    def _act(
        self, rung: Rung, action: Action, key: str, together: int, decided: tuple[KeyedIntent, ...]
    ) -> Part:
        late = self._late(rung)
        facts = {
            "ticket_key": self.origin.key,
            "ticket_url": self.origin.url,
            "ticket_subject": self.origin.subject,
            **clock_facts(rung.clock),
            "late_seconds": str(late if late >= _WORTH_SAYING else 0),
            "steps": str(together),
        }
        match action:
            case LeaveNote(template):
                message = MessageRequest(template, facts, visibility=Visibility.PRIVATE)
                note = WriteComment(self.origin.ref, Visibility.PRIVATE, message)
                return Part(intents=(KeyedIntent(key, note),))
            case RaisePriority(to):
                wanted = to or (self.origin.priority or Priority.NORMAL).raised()
                if not wanted.is_above(self.origin.priority):
                    return NOTHING
                change = ChangeTicket(self.origin.ref, TicketChange(priority=wanted), raises=True)
                return Part(intents=(KeyedIntent(key, change),))
            case SendNotice(to, template):
                # A notice to people waits for their working hours, unless it is to wake them.
                opening = None if rung.step.page else self.policy.calendar.next_open(self.now)
                notice = Notify(to, MessageRequest(template, facts))
                return Part(intents=(KeyedIntent(key, notice, not_before=opening),))
            case Escalate(route):
                chosen = self.view.advice.routes.get(key, route)
                return plan_escalation(
                    self.view, self.origin, self.routes, chosen, rung.clock, key, self.now, decided
                )


def step_due(step: Step, clock: Clock, policy: Policy) -> datetime:
    """When a step of a running clock is due."""
    if step.clock is StepClock.BUSINESS:
        return policy.calendar.due(clock.started_at, step.used_seconds(clock.target_seconds), clock.pauses)
    share = clock.target_seconds * step.percent // 100
    at = policy.calendar.due(clock.started_at, share, clock.pauses) + timedelta(seconds=step.offset_seconds)
    return max(at, clock.started_at)


def _later(step: Step, clock: Clock, policy: Policy, due: datetime, seconds: int) -> datetime:
    if step.clock is StepClock.CALENDAR:
        return due + timedelta(seconds=seconds)
    return policy.calendar.due(due, seconds, clock.pauses)


def _words(action: Action) -> tuple[str, ...] | None:
    """What two actions share that would say much the same to the same people."""
    match action:
        case LeaveNote():
            return ("note",)
        case SendNotice(to):
            return ("notice", to)
        case _:
            return None


def withdraw_overtaken(view: CaseView, origin: Ticket, clocks: tuple[Clock, ...], now: datetime) -> Part:
    """What a ladder decided and could not be sent yet is no longer wanted once its clock has been answered."""
    overtaken = [
        record
        for record in view.intents.values()
        if record.state is IntentState.PENDING
        and (_is_over(record.key, clocks) or (origin.status.kind.done and is_part_of_handing_on(record.key)))
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


def _is_over(key: str, clocks: tuple[Clock, ...]) -> bool:
    cycle = cycle_of(key)
    if cycle is None:
        return False
    metric, started = cycle
    began = [clock for clock in clocks if clock.metric == metric and clock.started_at.timestamp() <= started]
    return bool(began) and not max(began, key=lambda clock: clock.started_at).state.is_open


def is_enforced(policy: Policy, origin: Ticket) -> bool:
    """Whether a policy's ladder counts for a ticket; on older ones it only shows its clocks."""
    return policy.enforce_from is None or origin.created_at >= policy.enforce_from

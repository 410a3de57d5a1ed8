"""Writes of steps that could not be sent immediately: checked and worded again just before they are sent.

It waited for opening hours, or for a connection that was down. Meanwhile the clock may have been met, paused or moved, somebody
may have taken the case on, the ticket may have been merged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Decision, Rules, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.escalation.hand_over import is_part_of_handing_on
from escalation_bridge.domain.escalation.ladder import is_acknowledged, late_seconds, step_facts
from escalation_bridge.domain.escalation.rungs import Rung, rungs_of_step
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.tickets.tickets import Presence, Ticket

_FRESH = timedelta(seconds=1)
"""What was decided longer ago waited."""
_MAY_END = ("due", "manual")
"""Facts of a step that may be outdated; an action's own facts stay."""


@dataclass(frozen=True, slots=True)
class WaitingSteps:
    """The writes of a case's steps that are still to be sent."""

    view: CaseView
    origin: Ticket
    rules: Rules
    policy: Policy | None
    clocks: tuple[Clock, ...]
    now: datetime

    def review(self) -> Part:
        """Review each of them: withdraw, reword or freeze it; return when to review again."""
        part, frozen = NOTHING, set()
        revised: list[KeyedIntent] = []
        for record in self.view.intents.values():
            if record.state is not IntentState.PENDING:
                continue
            step = keys.Step.read(record.key)
            if step is None:
                if self.origin.status.kind.done and is_part_of_handing_on(record.key):
                    part += self._withdrawn(record, "answered")
                continue
            reason, rung = self._standing(step)
            if reason is None and rung is not None and rung.due > self.now:
                part += Part(wake_at=(rung.due,))
                reason = "frozen"
            if reason == "frozen":
                frozen.add(record.key)
            elif reason is not None:
                part += self._withdrawn(record, reason)
            elif rung is not None:
                revised += self._in_present_words(record, rung)
        return part + Part(revised=tuple(revised), frozen=frozenset(frozen))

    def _standing(self, key: keys.Step) -> tuple[str | None, Rung | None]:
        """Why a write is not wanted, or `frozen`; None and the point of its step if it is still wanted."""
        if self.origin.presence is Presence.MERGED:
            return "merged", None
        clock = _clock_of(key, self.clocks)
        if clock is None or not clock.state.is_open:
            return "answered", None
        if is_acknowledged(self.view, clock, self.now):
            return "acknowledged", None
        # Deleted, marked as spam, hidden, or not to be read just now: that may end.
        unknown = self.origin.ref in self.view.gone or self.origin.ref in self.view.unread
        if unknown or self.origin.presence is not Presence.PRESENT or clock.state is ClockState.PAUSED:
            return "frozen", None
        rung = self._rung(key, clock)
        if rung is not None and rung.due > self.now and not self._is_of_present_policy(key):
            return "moved", None  # the policy that counts now has a ladder of its own
        return None, rung

    def _rung(self, key: keys.Step, clock: Clock) -> Rung | None:
        """The point of a step on the current clock; None: no ladder has the step any longer."""
        if self.policy is None:
            return None
        of_key = self._policy_of(key)
        named = next((each for each in self.rules.policies if each.name == of_key), self.policy)
        name = keys.StepName.read(key.step)
        step = next((each for each in named.ladder if each.id == name.step), None)
        if step is None:
            return None
        rungs = rungs_of_step(step, clock, self.policy.calendar, self.now)
        last = None
        for last in rungs:
            if last.id == name.point:
                return last
        return last  # the repetition itself lies behind one that is ahead

    def _policy_of(self, key: keys.Step) -> str | None:
        if key.policy is not None:
            return key.policy
        return next(
            (
                fired.policy
                for fired in self.view.fired
                if fired.step == key.step
                and fired.metric == key.metric
                and int(fired.started_at.timestamp()) == key.started
            ),
            None,
        )

    def _is_of_present_policy(self, key: keys.Step) -> bool:
        return self.policy is not None and self._policy_of(key) in (self.policy.name, "", None)

    def _in_present_words(self, record: IntentRecord, rung: Rung) -> Iterator[KeyedIntent]:
        """A message that goes now, as it is true now; a notice whose time has come outside working hours waits again."""
        intent, now = record.intent, self.now
        ready = record.next_attempt_at is None or record.next_attempt_at <= now
        message = intent.says
        if message is None or not ready or self.policy is None:
            return
        expected, not_before = rung, record.next_attempt_at
        if intent.waits_for_opening and not rung.step.page:
            opening = self.policy.calendar.next_open(now)
            not_before = opening if opening > now else not_before
            expected = replace(rung, due=self.policy.calendar.next_open(rung.due))
        late = max(late_seconds(expected, now), int(message.facts.get("late_seconds", "0")))
        own = {name: fact for name, fact in message.facts.items() if name not in _MAY_END}
        facts = {**own, **step_facts(self.origin, rung, late, message.facts.get("steps", "1"))}
        words = intent.saying(replace(message, facts=facts))
        if (words, not_before) != (intent, record.next_attempt_at):
            yield KeyedIntent(record.key, words, not_before)

    def _withdrawn(self, record: IntentRecord, reason: str) -> Part:
        facts = {
            "what": record.intent.kind,
            "connection": record.intent.connection or "-",
            "key": self.origin.key,
            "status": self.origin.status.name,
            "reason": reason,
        }
        return Part(withdrawn=(record.key,), timeline=(TimelineEntry(self.now, "withdrawn", facts),))


def acts_on_a_clock(view: CaseView, decision: Decision, now: datetime) -> bool:
    """Whether a decision carries out steps, or sends writes of earlier steps: then the ticket must be fresh."""
    kept_back = {*decision.frozen, *decision.withdrawn}
    later = {keyed.key for keyed in decision.revised if keyed.not_before and keyed.not_before > now}
    return bool(decision.fired) or any(
        record.state is IntentState.PENDING
        and record.key not in kept_back
        and record.key not in later
        and (record.next_attempt_at is None or record.next_attempt_at <= now)
        and now - record.decided_at > _FRESH
        and keys.Step.read(record.key) is not None
        for record in view.intents.values()
    )


def _clock_of(key: keys.Step, clocks: tuple[Clock, ...]) -> Clock | None:
    """The clock of a step; its beginning may have turned out to be earlier than it was known then."""
    began = [c for c in clocks if c.metric == key.metric and c.started_at.timestamp() <= key.started]
    return max(began, key=lambda clock: clock.started_at, default=None)

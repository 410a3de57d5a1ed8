"""The ladder: its steps, and when they fire."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, FiredStep, Rules, StepOutcome, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import with_part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.escalation.action import Acting
from escalation_bridge.domain.escalation.actions import kind_of
from escalation_bridge.domain.escalation.clock_history import clock_facts
from escalation_bridge.domain.escalation.rungs import Rung, rungs_of
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.sla.policy import Action, Policy, Step
from escalation_bridge.domain.sla.standstills import seconds_within
from escalation_bridge.domain.tickets.tickets import Ticket

_WORTH_SAYING = 60
"""The delay in seconds from which a message reports it."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A case on the ladder of its policy.

    Attributes:
        decided: What other rules decided in this look.
    """

    view: CaseView
    origin: Ticket
    policy: Policy
    rules: Rules
    clocks: tuple[Clock, ...]
    now: datetime
    decided: tuple[KeyedIntent, ...] = ()

    def climb(self) -> Part:
        """Carry out the due steps; return when the next one is due."""
        part = NOTHING
        due: list[Rung] = []
        for rung in sorted(self._rungs(), key=lambda rung: (rung.due, rung.id)):
            if self._is_dealt_with(rung):
                continue
            if rung.due > self.now:
                part += Part(wake_at=(rung.due,))
            elif rung.clock.reopened_at is not None and rung.planned < rung.clock.reopened_at:
                part += self._dealt_with(rung, StepOutcome.STALE, "step_before_reopening")
            elif self._missed(rung) > self.policy.stale_after_seconds:
                part += self._dealt_with(rung, StepOutcome.STALE, "step_stale")
            elif not self._wanted(rung.step):
                part += self._dealt_with(rung, StepOutcome.REFUSED, "step_refused")
            else:
                due.append(rung)
        return part + self._carry_out(due)

    # --- which rungs there are --------------------------------------------------------------------------------------

    def _rungs(self) -> Iterator[Rung]:
        for clock in self.clocks:
            # An acknowledgement stops ladders that have begun, and no clock.
            if not is_acknowledged(self.view, clock, self.now):
                yield from rungs_of(self.policy, clock, self.now)

    def _is_dealt_with(self, rung: Rung) -> bool:
        return any(
            not (
                rung.step.refire_on_retarget
                and (fired.target_seconds != rung.clock.target_seconds or rung.clock.manual)
                and rung.due > fired.at
            )
            for fired in self.view.fired
            if fired.policy in (self.policy.name, "")  # steps under another policy do not count here
            and fired.metric is rung.clock.metric
            and fired.started_at >= rung.clock.started_at
            and keys.StepName.read(fired.step).point == rung.id
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
        known = {(each.metric, each.started_at, each.policy, each.step) for each in self.view.fired}
        again = (rung.clock.metric, rung.clock.started_at, self.policy.name, rung.id) in known
        if not again:
            return rung.id
        moved_to = int(rung.due.timestamp()) if rung.clock.manual else rung.clock.target_seconds
        return replace(keys.StepName.read(rung.id), moved_to=moved_to).text

    def _late(self, rung: Rung) -> int:
        return late_seconds(rung, self.now)

    def _missed(self, rung: Rung) -> int:
        """Seconds of its delay that are downtime, or before the case was known. Other delays do not make it stale."""
        late = self._late(rung)
        if self.view.standstills is None:
            return late
        unknown = (datetime.min.replace(tzinfo=UTC), self.view.opened_at)
        return seconds_within((*self.view.standstills, unknown), self.now - timedelta(seconds=late), self.now)

    def _carry_out(self, due: list[Rung]) -> Part:
        """Act in order. Of several simultaneous notes, or notifications to the same people, only the last is
        written: it reports their number and the delay of the first. Each action sees the case after those before it.
        """
        part = NOTHING
        last_words = {
            _reader(action): rung for rung in due for action in rung.step.actions if _reader(action)
        }
        late = max((self._late(rung) for rung in due), default=0)
        for rung in due:
            part += self._dealt_with(rung, StepOutcome.FIRED, "step_fired")
            for position, action in enumerate(rung.step.actions):
                if _reader(action) is None or last_words[_reader(action)] is rung:
                    clock, name = rung.clock, self._name(rung)
                    key = keys.Step.of(clock.metric, clock.started_at, self.policy.name, name, position)
                    facts = step_facts(self.origin, rung, late, str(len(due)))
                    at = Acting(
                        with_part(self.view, part),
                        self.origin,
                        self.policy,
                        self.rules,
                        rung,
                        key.text,
                        facts,
                        (*self.decided, *part.intents),
                        self.now,
                        self.clocks,
                    )
                    part += kind_of(action).act(action, at)
        return part


def step_facts(origin: Ticket, rung: Rung, late: int, together: str) -> dict[str, str]:
    """What the messages of a step may mention.

    Args:
        origin: The customer's ticket.
        rung: The step's point.
        late: Seconds that the message comes late.
        together: The number of steps that it reports.
    """
    return {
        "ticket_key": origin.key,
        "ticket_url": origin.url,
        "ticket_subject": origin.subject,
        **clock_facts(rung.clock),
        "late_seconds": str(late if late >= _WORTH_SAYING else 0),
        "steps": together,
    }


def late_seconds(rung: Rung, now: datetime) -> int:
    """Seconds since it could have been dealt with; a point that other terms just put back is not late."""
    since = max(rung.due, rung.clock.retargeted_at or rung.due)
    return max(0, int((now - since).total_seconds()))


def is_acknowledged(view: CaseView, clock: Clock, now: datetime) -> bool:
    """Whether a person acknowledged the case since a clock began.

    An acknowledgement from before a reopening does not count: the case has to be acknowledged again.
    """
    since = max(clock.started_at, clock.reopened_at or clock.started_at)
    return any(e.kind is EventKind.ACKNOWLEDGED and since <= e.at <= now for e in view.events)


def snoozed_until(view: CaseView, now: datetime) -> datetime | None:
    """Until when a person put the ladder off; None: it goes on."""
    snoozes = [event for event in view.events if event.kind is EventKind.SNOOZED and event.at <= now]
    until = snoozes[-1].due if snoozes else None
    return until if until is not None and until > now else None


def _reader(action: Action) -> tuple[str, ...] | None:
    """The recipient of an action's message: two with the same recipient are duplicates."""
    return kind_of(action).reader(action)


def is_enforced(policy: Policy, origin: Ticket) -> bool:
    """Whether a policy's ladder applies to a ticket; older ones only have clocks."""
    return policy.enforce_from is None or origin.created_at >= policy.enforce_from

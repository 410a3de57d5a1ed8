"""Decide a case on fresh tickets: what a decision rests on is read before it is recorded.

A webhook may be lost, and an answer may be seconds old.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Decision, Rules, TimelineEntry
from escalation_bridge.domain.close_solved import is_closing
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.ask_extensions import with_answers, with_escalation_advice
from escalation_bridge.engine.gather.gather import Gathered, read_again
from escalation_bridge.engine.gather.other_customers import read_siblings
from escalation_bridge.engine.gather.vendor_clocks import SeenClocks
from escalation_bridge.engine.storm_caps import Capped, closing_waits
from escalation_bridge.store.cases.case_troubles import CaseTrouble
from escalation_bridge.store.queue.claims import Claim

_MOST_REREADINGS = 3
"""Fresh reads may require further ones; after so many the case waits."""
_STILL_FRESH = timedelta(seconds=5)
"""A ticket that was read in an earlier round of the same claim stays fresh for this long: webhooks mark it stale
anyway.
"""


@dataclass(slots=True)
class CaseMemory:
    """The cache of a case while it is claimed.

    Attributes:
        read_at: When each ticket was read.
        view: The case after the last round; None: it has to be loaded.
        trouble: Its earlier failure.
        native: The vendor's clocks, if a read returned them.
        survey_read: Whether the helpdesk's survey was read.
    """

    read_at: dict[TicketRef, datetime] = field(default_factory=dict)
    view: CaseView | None = None
    trouble: CaseTrouble | None = None
    native: SeenClocks | None = None
    survey_read: bool = False

    def note(self, read: Collection[TicketRef], now: datetime) -> None:
        self.read_at |= dict.fromkeys(read, now)

    def fresh(self, now: datetime) -> set[TicketRef]:
        """The tickets that need no fresh read."""
        return {ref for ref, at in self.read_at.items() if now - at <= _STILL_FRESH}


@dataclass(frozen=True, slots=True)
class FreshDecisions:
    """Decides one case in one round.

    Attributes:
        lease: How long each write keeps the lease.
        memory: The cache of the case.
        gathered: The tickets that were read in this round; further reads are added.
    """

    bridge: Bridge
    claim: Claim
    lease: timedelta
    memory: CaseMemory
    gathered: Gathered

    def decide(self, view: CaseView) -> tuple[CaseView, Decision, tuple[TimelineEntry, ...]]:
        """Decide on fresh tickets where required, with extensions' answers.

        Returns:
            The case, the decision, and the steps that would have fired without the fresh read.
        """
        cancelled: tuple[TimelineEntry, ...] = ()
        bridge, rules = self.bridge, self.bridge.rules_under(view.rules_version)
        decision = decide(view, rules, bridge.now())
        waits = self._closing_waits(rules, decision)
        if waits is not None:  # before its ticket is read for nothing
            view = replace(view, turn_at=waits.until)
            decision = decide(view, rules, bridge.now())
        for _ in range(_MOST_REREADINGS):
            if not self._not_fresh(view, decision):
                view, decision = with_escalation_advice(bridge, view, decision)
            wanted = self._not_fresh(view, decision)
            if not wanted:
                return view, decision, cancelled
            earlier, view = decision, self._with_fresh(view, wanted)
            decision = decide(view, rules, bridge.now())
            if view.origin in wanted & self.gathered.read:
                cancelled += _cancelled_steps(earlier, decision, bridge.now())
        # The required tickets change with every decision: the rest waits for the next round.
        view = replace(view, unread=view.unread | self._not_fresh(view, decision))
        view, decision = with_escalation_advice(bridge, view, decide(view, rules, bridge.now()))
        return view, decision, cancelled

    def _closing_waits(self, rules: Rules, decision: Decision) -> Capped | None:
        if not is_closing(rules, decision.intents):
            return None
        with self.bridge.database.read() as transaction:
            return closing_waits(transaction, rules, decision, self.bridge.now())

    def _with_fresh(self, view: CaseView, wanted: Collection[TicketRef]) -> CaseView:
        """Read the tickets that a decision requires fresh. Decisions on unreadable ones wait; the others continue."""
        unread, siblings = view.unread, view.siblings
        again = read_again(self.bridge, self.claim, view, wanted, self.lease)
        self.gathered.add(again.read, again.retry_in)
        self.memory.note(again.read, self.bridge.now())
        self.memory.native = again.native or self.memory.native
        if again.is_news:
            view = with_answers(self.bridge, again.view)
        others = read_siblings(self.bridge, view, siblings, wanted)
        self.gathered.add(others.read, others.retry_in)
        return replace(view, siblings=others.siblings, unread=unread | (set(wanted) - self.gathered.read))

    def _not_fresh(self, view: CaseView, decision: Decision) -> frozenset[TicketRef]:
        """The tickets that a decision requires and that were not read in this round.

        A ticket at a removed connection can never be read again: its last snapshot counts.
        """
        wanted = decision.rests_on - self.gathered.read - view.unread
        return frozenset(ref for ref in wanted if ref.connection in self.bridge.helpdesks)


def _cancelled_steps(earlier: Decision, decision: Decision, now: datetime) -> tuple[TimelineEntry, ...]:
    kept = {(step.metric, step.started_at, step.policy, step.step) for step in decision.fired}
    return tuple(
        TimelineEntry(now, "step_cancelled", {"step": step.step, "metric": str(step.metric)})
        for step in earlier.fired
        if (step.metric, step.started_at, step.policy, step.step) not in kept
    )

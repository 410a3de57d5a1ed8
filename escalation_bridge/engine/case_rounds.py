"""Process claimed cases: gather, decide, record, deliver, until nothing is left to do now.

Database access is batched over many cases; requests to vendors are made one after the other.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Decision, TimelineEntry
from escalation_bridge.domain.case.closing import CLOSE_SOLVED
from escalation_bridge.domain.case.satisfaction import SATISFACTION
from escalation_bridge.domain.customers.rating_question import escalation_to_rate
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.escalation.waiting_steps import acts_on_a_clock
from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.ask_extensions import with_answers, with_team_advice, with_workload
from escalation_bridge.engine.deliver.deliver import Delivery
from escalation_bridge.engine.fresh_decisions import CaseMemory, FreshDecisions
from escalation_bridge.engine.gather.gather import Gathered, gather
from escalation_bridge.engine.gather.satisfaction import read_satisfaction
from escalation_bridge.engine.gather.vendor_clocks import look_at_native_clocks
from escalation_bridge.engine.incidents.arrival import keep_incident
from escalation_bridge.engine.storm_caps import Capped, capped, could_be_capped
from escalation_bridge.engine.wake_others import wake_those_left
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.cases import case_file, case_troubles, case_views, stored_links
from escalation_bridge.store.queue.claims import Claim, LeaseLost, Release, held_of, hold_lease, release_cases
from escalation_bridge.store.queue.wakes import PLANNED

_log = structlog.get_logger(__name__)

_MOST_ROUNDS = 20
"""A case that is not settled after so many rounds lets others go first."""
_TROUBLE_WAIT = timedelta(seconds=30)
_FRESH = timedelta(seconds=1)
"""A step is not recorded on an older read: another case in the batch may have waited for its vendor."""
RECORD_SECONDS = 0.05
"""The maximum delay of decisions that are recorded in one batch: vendors may answer slowly."""


def work_on(bridge: Bridge, claims: Sequence[Claim], lease: timedelta, stopping: Callable[[], bool]) -> None:
    """Process cases, and release them with their next wakes.

    An unexpected error puts only its own case off.

    Args:
        bridge: The bridge.
        claims: The cases, all claimed together.
        lease: How long each step keeps the lease.
        stopping: Returns whether the process is stopping.
    """
    left = list(claims)
    memories: dict[int, CaseMemory] = {}
    for _ in range(_MOST_ROUNDS):
        if not left:
            return
        left = _Round(bridge, lease, stopping, memories=memories).work_on(left)
    at = bridge.now() + timedelta(seconds=1)
    with bridge.database.write() as transaction:
        release_cases(transaction, [Release(claim, at, "more to do") for claim in left])


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decided case, with the result of reading its tickets."""

    claim: Claim
    view: CaseView
    decision: Decision
    gathered: Gathered
    at: datetime

    @property
    def is_news(self) -> bool:
        """Whether the decision changes stored data."""
        view, decision = self.view, self.decision
        written = (
            *(decision.intents, decision.links, decision.fired, decision.timeline),
            *(decision.withdrawn, decision.retried, decision.happened, decision.revised),
            *(decision.escalations, decision.absences),
            decision.corrections,
        )
        return any(written) or (decision.state, decision.clocks, decision.promised) != (
            view.state,
            view.clocks,
            view.promised,
        )


@dataclass
class _Round:
    """One round over some cases.

    Attributes:
        decided: Not recorded yet.
        again: For another round, because something was settled.
        releases: Released at the end.
        mended: Cases with earlier failures that were processed.
        memories: The caches of cases between rounds.
    """

    bridge: Bridge
    lease: timedelta
    stopping: Callable[[], bool]
    decided: list[_Decided] = field(default_factory=list)
    again: list[Claim] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    recorded_at: float = field(default_factory=time.monotonic)
    mended: set[int] = field(default_factory=set)
    memories: dict[int, CaseMemory] = field(default_factory=dict)

    def work_on(self, claims: Sequence[Claim]) -> list[Claim]:
        """Process cases in one round; return those that need another one immediately."""
        try:
            stale = self._load([claim.case_id for claim in claims])
        except Exception as error:  # noqa: BLE001 - as below: one that cannot be read must not keep the others from being read
            return self._one_by_one(claims, error)
        for claim in claims:
            memory = self.memories[claim.case_id]
            view, memory.view = memory.view, None
            if self.stopping():
                self._release(claim, self.bridge.now(), "the worker stopped")
            elif memory.trouble and memory.trouble.dropped_at:
                self._release(claim, None, "dropped")
            elif view is not None:  # else it was removed meanwhile
                with self._guarding(claim):
                    self._look_at(claim, view, stale.get(claim.case_id, {}))
            if time.monotonic() - self.recorded_at > RECORD_SECONDS:
                self._carry_out()
        self._carry_out()
        self._give_back()
        return self.again

    def _load(self, case_ids: Sequence[int]) -> dict[int, dict[TicketRef, tuple[ChangeEvidence, ...]]]:
        """Load the cases that are not cached; return which of their tickets are stale."""
        for case_id in case_ids:
            self.memories.setdefault(case_id, CaseMemory())
        ids = [case_id for case_id in case_ids if self.memories[case_id].view is None]
        if not ids:
            return {}
        with self.bridge.database.read() as transaction:
            views = case_views.load_cases(transaction, ids)
            stale = case_views.stale_of_cases(transaction, ids)
            troubles = case_troubles.troubles_of(transaction, ids)
        for case_id in ids:
            self.memories[case_id].view = views.get(case_id)
            self.memories[case_id].trouble = troubles.get(case_id)
        return stale

    def _give_back(self) -> None:
        if not self.releases and not self.mended:
            return
        try:
            with self.bridge.database.write() as transaction:
                release_cases(transaction, self.releases)
                case_troubles.forget_troubles(transaction, self.mended)
        except Exception:  # noqa: BLE001 - as in `_guarding`
            for release in self.releases:  # one failing release must not block the others
                try:
                    with self.bridge.database.write() as transaction:
                        release_cases(transaction, [release])
                except Exception:  # noqa: BLE001 - it is given back when its lease runs out
                    _log.exception("case.not_given_back", case=release.claim.case_id)

    def _one_by_one(self, claims: Sequence[Claim], error: Exception) -> list[Claim]:
        if len(claims) > 1:
            _log.warning("cases.one_by_one", error=type(error).__name__)
            return [
                left
                for claim in claims
                for left in _Round(self.bridge, self.lease, self.stopping, memories=self.memories).work_on(
                    [claim]
                )
            ]
        for claim in claims:
            self._put_off(claim, error)
        self._give_back()
        return []

    @contextmanager
    def _guarding(self, claim: Claim) -> Iterator[None]:
        """The last isolation between one case and all others."""
        try:
            yield
        except LeaseLost as error:
            _log.warning("case.lease_lost", case=claim.case_id, error=str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this case's; logged with its traceback
            self._put_off(claim, error)

    def _put_off(self, claim: Claim, error: Exception) -> None:
        """Put a case off after an unexpected error; set it aside if it keeps failing."""
        _log.error("case.failed", case=claim.case_id, exc_info=error)
        until = self.bridge.now() + _TROUBLE_WAIT
        try:
            until = self._count_failure(claim, error) or until
        except Exception:  # noqa: BLE001 - it is put off all the same, and counted the next time
            _log.exception("case.failure_not_counted", case=claim.case_id)
        self._release(claim, until, "after trouble")

    def _count_failure(self, claim: Claim, error: Exception) -> datetime | None:
        """The time of the next try; None if the case is not at fault."""
        if isinstance(error, StoreUnavailable):
            return None
        now, reason = self.bridge.now(), f"{type(error).__name__}: {error}"
        with self.bridge.database.write() as transaction:
            hold_lease(transaction, claim, now, self.lease)
            trouble = case_troubles.note_failure(transaction, claim.case_id, reason, now)
        if trouble.set_aside_at == now:
            _log.error("case.set_aside", case=claim.case_id, failures=trouble.failures)
        return trouble.next_try

    def _release(self, claim: Claim, at: datetime | None, reason: str) -> None:
        self.releases.append(Release(claim, at, reason))

    # --- gather and decide ------------------------------------------------------------------------------------------

    def _look_at(
        self, claim: Claim, view: CaseView, stale: Mapping[TicketRef, Sequence[ChangeEvidence]]
    ) -> None:
        memory = self.memories[claim.case_id]
        gathered = gather(self.bridge, claim, view, self._to_be_read(claim, view, stale), self.lease)
        # Only new comments of the customer's ticket were read, but quotes need all of them, see `read_again`.
        memory.note(gathered.read - {view.origin}, self.bridge.now())
        memory.native = gathered.native or memory.native
        gathered.read |= memory.fresh(self.bridge.now())
        view = with_answers(self.bridge, gathered.view)
        if _is_far_end(view):
            with self.bridge.database.write() as transaction:
                if not stored_links.is_linked(transaction, claim.case_id):  # else it was linked concurrently
                    case_file.forget_case(transaction, claim.case_id)
            self._release(claim, self.bridge.now(), "linked meanwhile")
            return
        view = keep_incident(self.bridge, claim, view, self.lease)
        view = self._with_survey(claim, view)
        fresh = FreshDecisions(self.bridge, claim, self.lease, memory, gathered)
        view, decision, cancelled = fresh.decide(view)
        rules = self.bridge.rules_under(view.rules_version)
        if decision.assigns:
            self._carry_out()  # what others were just given counts
            view = with_workload(self.bridge, view)
            decision = decide(view, rules, self.bridge.now())
            advised = with_team_advice(self.bridge, view, decision)
            if advised is not view:
                view, decision = advised, decide(advised, rules, self.bridge.now())
        may_wait = could_be_capped(rules, decision)
        if may_wait:
            self._carry_out()  # earlier decisions count
            with self.bridge.database.read() as transaction:
                waits = capped(transaction, self.bridge, rules, decision)
            if waits is not None:  # its steps wait for the cap; everything else continues
                if decision.fired:
                    self._note_cap(claim, waits)
                view = replace(view, turn_at=waits.until)
                decision = decide(view, rules, self.bridge.now())
        decision = replace(decision, timeline=decision.timeline + cancelled)
        self.decided.append(_Decided(claim, view, decision, gathered, self.bridge.now()))
        if may_wait or decision.assigns:
            self._carry_out()  # alone, so that the next one sees it

    def _with_survey(self, claim: Claim, view: CaseView) -> CaseView:
        """The case with an answer to the helpdesk's survey, which is read once per claim."""
        memory = self.memories[claim.case_id]
        if memory.survey_read:
            return view
        memory.survey_read = escalation_to_rate(view) is not None
        return read_satisfaction(self.bridge, claim, view, self.lease)

    def _to_be_read(
        self, claim: Claim, view: CaseView, stale: Mapping[TicketRef, Sequence[ChangeEvidence]]
    ) -> list[TicketRef]:
        """The stale tickets, without those whose webhooks were only echoes of the bridge's own writes."""
        echoed = [
            ref
            for ref, evidence in stale.items()
            if evidence and all(_is_echo(view, ref, one) for one in evidence)
        ]
        if echoed:
            with self.bridge.database.write() as transaction:
                hold_lease(transaction, claim, self.bridge.now(), self.lease)
                for ref in echoed:
                    case_file.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)
        return [ref for ref in stale if ref not in echoed]

    def _note_cap(self, claim: Claim, waits: Capped) -> None:
        """Note once in the history that the case waits for the cap."""
        facts = {"policy": waits.policy, "until": waits.until.isoformat()}
        now = self.bridge.now()
        with self.bridge.database.write() as transaction:
            hold_lease(transaction, claim, now, self.lease)
            known = case_views.load_timeline(transaction, claim.case_id)
            noted = next((entry for entry in reversed(known) if entry.code == "capped"), None)
            if noted is None or datetime.fromisoformat(noted.facts["until"]) <= now:
                case_file.save_timeline(transaction, claim.case_id, [TimelineEntry(now, "capped", facts)])

    # --- record and deliver -----------------------------------------------------------------------------------------

    def _carry_out(self) -> None:
        """Record the decisions, then deliver the writes."""
        decided, self.decided = self.decided, []
        now = self.bridge.now()
        recorded = self._record(decided, now)
        for one in decided:
            if one.claim.case_id in recorded:
                with self._guarding(one.claim):
                    self._deliver(one, recorded[one.claim.case_id])
        self.recorded_at = time.monotonic()

    def _record(self, decided: Sequence[_Decided], now: datetime) -> dict[int, CaseView]:
        """Record decisions; return the recorded cases with their current state."""
        news = [one for one in decided if one.is_news]
        recorded = {one.claim.case_id: one.view for one in decided if not one.is_news}
        try:
            recorded |= self._record_together(news, now)
        except Exception as error:  # noqa: BLE001 - as in `_guarding`
            if len(news) > 1 and not isinstance(error, StoreUnavailable):
                # One failing case must not block the others.
                for one in news:
                    recorded |= self._record([one], now)
            else:
                for one in news:
                    self._put_off(one.claim, error)
        return recorded

    def _record_together(self, news: Sequence[_Decided], now: datetime) -> dict[int, CaseView]:
        if not news:
            return {}
        standing: list[_Decided] = []
        again: list[Claim] = []
        with self.bridge.database.write() as transaction:
            held = held_of(transaction, [one.claim for one in news], now, self.lease)
            for one in news:
                if one.claim.case_id not in held:
                    _log.warning("case.lease_lost", case=one.claim.case_id)
                elif _must_be_news(one, now) and (
                    held[one.claim.case_id] != one.claim.wake_count or now - one.at > _FRESH
                ):
                    # The case was woken since it was claimed, or time passed: the very answer may have arrived that
                    # stops the clock, or makes an update to the customer or a closing needless.
                    again.append(replace(one.claim, wake_count=held[one.claim.case_id]))
                elif self._may_not_fire_any_more(transaction, one):
                    again.append(one.claim)
                else:
                    standing.append(one)
            decisions = [(one.view, one.decision) for one in standing]
            recorded = case_file.save_decisions(transaction, decisions, self.bridge.id, now)
        self.again += again
        wake_those_left(self.bridge, [one.decision for one in standing])
        for one in standing:
            for entry in one.decision.timeline:
                self.bridge.extensions.case_changed(one.claim.case_id, entry)
        return recorded

    def _may_not_fire_any_more(self, transaction: sa.Connection, one: _Decided) -> bool:
        """Whether others have used up the cap meanwhile. The check locks out concurrent steps."""
        rules = self.bridge.rules_under(one.view.rules_version)
        if not could_be_capped(rules, one.decision):
            return False
        case_file.lock_fired_steps(transaction)
        return capped(transaction, self.bridge, rules, one.decision) is not None

    def _deliver(self, one: _Decided, view: CaseView) -> None:
        """Deliver a case's writes and set its next wake."""
        claim, bridge = one.claim, self.bridge
        delivery = Delivery(bridge, claim, self.lease, self.stopping, one.decision.frozen)
        with working(Urgency.PROMISE):
            settled = delivery.deliver_all(view) or bool(one.decision.withdrawn)
        if self.stopping():
            self._release(claim, bridge.now(), "the worker stopped")
        elif settled:
            self.again.append(claim)
            # With an ended link, the store deletes its ticket; what could not be read is still stale there.
            ended = any(link.ended is not None for link in one.decision.links)
            known = None if ended or one.gathered.retry_in is not None else delivery.known
            # Stale tickets whose retry is due are determined again.
            self.memories[claim.case_id].view = known and replace(known, unread=frozenset(), turn_at=None)
        else:
            clocks = one.decision.clocks
            native = self.memories[claim.case_id].native
            dues_at = look_at_native_clocks(bridge, claim, self.lease, one.view, clocks, native)
            read_again_at = _after(bridge.now(), one.gathered.retry_in)
            looks = (one.decision.next_wake, delivery.retry_at, read_again_at, dues_at)
            self._release(claim, min((at for at in looks if at), default=None), PLANNED)
            if self.memories[claim.case_id].trouble is not None:
                self.mended.add(claim.case_id)


def _must_be_news(one: _Decided, now: datetime) -> bool:
    """Whether a decision does something that an answer makes needless: then it must rest on the newest news."""
    writes = (keyed.intent for keyed in (*one.decision.intents, *one.decision.revised))
    closes_or_asks = any(keyed.rule in (CLOSE_SOLVED, SATISFACTION) for keyed in one.decision.intents)
    acts = closes_or_asks or acts_on_a_clock(one.view, one.decision, now)
    return acts or any(write.waits_for_answers for write in writes)


def _is_far_end(view: CaseView) -> bool:
    """Whether the bridge created the ticket: then it belongs to another case, and opens none, unless somebody
    linked it further.
    """
    origin = view.tickets.get(view.origin)
    return origin is not None and origin.bridge_key is not None and not view.links


def _is_echo(view: CaseView, ref: TicketRef, evidence: ChangeEvidence) -> bool:
    own = {comment for ticket, comment in view.own_comments if ticket == ref}
    return evidence.is_echo(view.tickets.get(ref), own)


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)

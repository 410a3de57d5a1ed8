"""Working on one claimed case: gather, decide, record, deliver, until nothing is left to do now."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.cases import CaseView, Decision, TimelineEntry
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.intents import CreateTicket
from escalation_bridge.engine.caps import Capped, capped
from escalation_bridge.engine.consult import with_escalation_advice, with_link_advice
from escalation_bridge.engine.delivery import Delivery
from escalation_bridge.engine.gather import Gathered, gather
from escalation_bridge.engine.native import look_at_native_clocks
from escalation_bridge.store import casefile
from escalation_bridge.store.wakes import Claim, LeaseLost, hold_lease, release_case

_log = structlog.get_logger(__name__)

_MOST_ROUNDS = 20
"""A case that is still not settled after so many rounds lets others go first."""
_TROUBLE_WAIT = timedelta(seconds=30)


def work_on(bridge: Bridge, claim: Claim, lease: timedelta, stopping: Callable[[], bool]) -> None:
    """Do all that is to be done about a case now, and give it back with its next wake.

    An error that nobody foresaw puts only this case off.
    """
    wake_at: datetime | None = bridge.now() + _TROUBLE_WAIT
    reason = "after trouble"
    try:
        wake_at, reason = _work(bridge, claim, lease, stopping)
    except LeaseLost as error:
        _log.warning("case.lease_lost", case=claim.case_id, error=str(error))
        return
    except Exception:  # noqa: BLE001 - the last line of defence between one case and all others; logged with its traceback
        _log.exception("case.failed", case=claim.case_id)
    with bridge.database.write() as transaction:
        release_case(transaction, claim, wake_at, reason)


def _work(
    bridge: Bridge, claim: Claim, lease: timedelta, stopping: Callable[[], bool]
) -> tuple[datetime | None, str]:
    """Work in rounds; return when to look again, and why."""
    for _ in range(_MOST_ROUNDS):
        with bridge.database.read() as transaction:
            stale = casefile.stale_tickets(transaction, claim.case_id)
        gathered = gather(bridge, claim, stale, lease)
        view = _load(bridge, claim)
        if _is_far_end(view):
            _drop(bridge, claim)
            return None, ""
        view, decision = _decide(bridge, claim, lease, view, gathered)
        rules = bridge.rules_under(view.rules_version)
        waits = capped(bridge, rules, decision)
        if waits is not None:  # its steps wait for their turn; everything else goes on
            _note_cap(bridge, claim, waits)
            view = replace(view, turn_at=waits.until)
            decision = decide(view, rules, bridge.now())
        _record(bridge, claim, lease, view, decision)

        delivery = Delivery(bridge, claim, lease, stopping)
        settled = delivery.deliver_all(_load(bridge, claim)) or bool(decision.withdrawn)
        if stopping():
            return bridge.now(), "the worker stopped"
        if not settled:
            look_at_native_clocks(bridge, claim, lease, view, decision.clocks)
            read_again_at = _after(bridge.now(), gathered.retry_in)
            looks = (decision.next_wake, delivery.retry_at, read_again_at)
            return min((at for at in looks if at), default=None), "planned"
    return bridge.now() + timedelta(seconds=1), "more to do"


def _decide(
    bridge: Bridge, claim: Claim, lease: timedelta, view: CaseView, gathered: Gathered
) -> tuple[CaseView, Decision]:
    """Decide, on tickets that are fresh where it matters and with the extensions asked where they have a say."""
    rules = bridge.rules_under(view.rules_version)
    decision = decide(view, rules, bridge.now())
    if decision.fired and view.origin not in gathered.read:
        # Just before acting on a clock the ticket is read again: an answer may have come seconds ago.
        gathered.add(gather(bridge, claim, [view.origin], lease, whole=True))
        earlier, view = decision, _load(bridge, claim)
        if view.origin not in gathered.read:
            # Its steps wait until it can be read; what has nothing to do with it goes on.
            view = replace(view, unread=frozenset({view.origin}))
        decision = decide(view, rules, bridge.now())
        if view.origin in gathered.read:
            decision = _with_cancelled_steps(earlier, decision, bridge.now())
    while any(
        isinstance(keyed.intent, CreateTicket) and keyed.key not in view.advice.routes
        for keyed in decision.intents
    ):  # an answer may call another escalation into being, about which nobody has been asked
        view = with_escalation_advice(bridge, view, decision)
        decision = decide(view, rules, bridge.now())
    return view, decision


def _is_far_end(view: CaseView) -> bool:
    """Whether the bridge created the ticket: then it belongs to another case, and opens none."""
    origin = view.tickets.get(view.origin)
    return origin is not None and origin.bridge_key is not None


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _load(bridge: Bridge, claim: Claim) -> CaseView:
    with bridge.database.read() as transaction:
        view = casefile.load_case(transaction, claim.case_id)
    return with_link_advice(bridge, view)


def _record(bridge: Bridge, claim: Claim, lease: timedelta, view: CaseView, decision: Decision) -> None:
    now = bridge.now()
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, now, lease)
        casefile.save_decision(transaction, view, decision, bridge.id, now)
    for entry in decision.timeline:
        bridge.extensions.case_changed(claim.case_id, entry)


def _note_cap(bridge: Bridge, claim: Claim, waits: Capped) -> None:
    """Say once in the history that the case waits for its turn."""
    facts = {"policy": waits.policy, "until": waits.until.isoformat()}
    with bridge.database.write() as transaction:
        known = casefile.load_timeline(transaction, claim.case_id)
        if not known or known[-1].code != "capped":
            entry = TimelineEntry(bridge.now(), "capped", facts)
            casefile.save_timeline(transaction, claim.case_id, [entry])


def _with_cancelled_steps(earlier: Decision, decision: Decision, now: datetime) -> Decision:
    """Say in the history which steps would have fired had the ticket not been read again."""
    kept = {(step.metric, step.started_at, step.step) for step in decision.fired}
    cancelled = tuple(
        TimelineEntry(now, "step_cancelled", {"step": step.step, "metric": str(step.metric)})
        for step in earlier.fired
        if (step.metric, step.started_at, step.step) not in kept
    )
    return replace(decision, timeline=decision.timeline + cancelled)


def _drop(bridge: Bridge, claim: Claim) -> None:
    with bridge.database.write() as transaction:
        casefile.forget_case(transaction, claim.case_id)

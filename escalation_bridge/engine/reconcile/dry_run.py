"""What the worker would do about a case if it read some of its tickets now. Nothing is kept of it, and nothing is written anywhere."""

from collections.abc import Collection
from dataclasses import dataclass

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Decision
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.sync.comments.rereading import read_from, reread
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.ask_extensions import with_answers, with_escalation_advice
from escalation_bridge.engine.gather.gather import edits_since, fetch, who_said
from escalation_bridge.engine.gather.snapshots import write_down
from escalation_bridge.errors import TicketNotFound
from escalation_bridge.plugin.accounts import TicketReading
from escalation_bridge.store.cases import case_file, case_views, stored_comments


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A case as it would be known, and what would be decided about it first."""

    view: CaseView
    decision: Decision


def rehearse(bridge: Bridge, case_id: int, refs: Collection[TicketRef]) -> Rehearsal:
    """Read tickets of a case, decide, and forget.

    Raises:
        VendorError: One of them cannot be read.
    """
    with bridge.database.read() as transaction:
        before = case_views.load_case(transaction, case_id)
    view = with_answers(bridge, _as_it_would_be_known(bridge, before, refs))
    decision = decide(view, bridge.rules_under(view.rules_version), bridge.now())
    return Rehearsal(*with_escalation_advice(bridge, view, decision))


def _as_it_would_be_known(bridge: Bridge, before: CaseView, refs: Collection[TicketRef]) -> CaseView:
    readings = {ref: _read(bridge, before, ref) for ref in refs}
    with bridge.database.write() as transaction:
        # Written down as ever, so that it means what it always means, and taken back.
        attempt = transaction.begin_nested()
        for ref, reading in readings.items():
            if reading is None:
                case_file.save_gone(transaction, before.id, ref, "")
                continue
            said = reread(before, ref, reading.comments, edits_since(bridge, ref), bridge.now())
            write_down(
                bridge,
                transaction,
                before,
                reading.ticket,
                who_said(transaction, before, reading.ticket, said),
            )
            stored_comments.save_rereading(transaction, before.id, ref, said, bridge.now())
        view = case_views.load_case(transaction, before.id)
        attempt.rollback()
    return view


def _read(bridge: Bridge, before: CaseView, ref: TicketRef) -> TicketReading | None:
    try:
        return fetch(bridge, ref, read_from(before, ref, edits_since(bridge, ref)))
    except TicketNotFound:
        return None

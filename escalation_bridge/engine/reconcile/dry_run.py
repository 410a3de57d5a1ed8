"""What the worker would do about a case if it read some of its tickets now. Nothing is stored or written."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.after_reading import after_reading
from escalation_bridge.domain.case.cases import CaseView, Decision
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.sync.comments.rereading import read_from, reread
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.ask_extensions import with_answers, with_escalation_advice
from escalation_bridge.engine.gather.gather import edits_since, fetch, news_in
from escalation_bridge.errors import TicketNotFound
from escalation_bridge.plugin.accounts import TicketReading
from escalation_bridge.store.cases import case_views


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A case after the reads, and its first decision."""

    view: CaseView
    decision: Decision


def rehearse(bridge: Bridge, case_id: int, refs: Collection[TicketRef]) -> Rehearsal:
    """Read tickets of a case, decide, and discard the result.

    Raises:
        VendorError: One of them cannot be read.
    """
    with bridge.database.read() as transaction:
        before = case_views.load_case(transaction, case_id)
    view = with_answers(bridge, _as_it_would_be_known(bridge, before, refs))
    decision = decide(view, bridge.rules_under(view.rules_version), bridge.now())
    return Rehearsal(*with_escalation_advice(bridge, view, decision))


def _as_it_would_be_known(bridge: Bridge, before: CaseView, refs: Collection[TicketRef]) -> CaseView:
    view = before
    for ref in refs:
        reading = _read(bridge, view, ref)
        if reading is None:
            view = replace(view, gone={**view.gone, ref: ""})
            continue
        comments = reread(view, ref, reading.comments, edits_since(bridge, ref), bridge.now())
        view = after_reading(view, news_in(bridge, view, reading, comments))
    return view


def _read(bridge: Bridge, before: CaseView, ref: TicketRef) -> TicketReading | None:
    try:
        return fetch(bridge, ref, read_from(before, ref, edits_since(bridge, ref)))
    except TicketNotFound:
        return None

"""Show the severity of a case as a label of its tickets.

It is put there once per change of the severity. An agent who takes it away afterwards has the last word.
"""

from collections.abc import Iterator, Mapping

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.fields.tags import folded_tag
from escalation_bridge.domain.tickets.tickets import Severity, StatusKind, Ticket, TicketChange


def show_severity(view: CaseView, labels: Mapping[Severity, str]) -> Part:
    """Put the label of the severity on the tickets of the case, and take the other one away."""
    if not labels or not view.classification.version:
        return Part()
    return Part(intents=tuple(_changes(view, labels)))


def _changes(view: CaseView, labels: Mapping[Severity, str]) -> Iterator[KeyedIntent]:
    severity, version = view.classification.severity, view.classification.version
    for ref in dict.fromkeys((view.origin, *(link.linked for link in view.links))):
        ticket = view.tickets.get(ref)
        key = keys.SeverityLabel(ref, version).text
        if ticket is None or key in view.intents or view.absence(ref) or ref in view.unread:
            continue
        change = _change(ticket, labels, severity)
        if change is not None and ticket.status.kind is not StatusKind.CLOSED:
            yield KeyedIntent(key, ChangeTicket(ref, change))


def _change(ticket: Ticket, labels: Mapping[Severity, str], severity: Severity) -> TicketChange | None:
    present = {folded_tag(tag): tag for tag in ticket.tags}
    wanted = labels.get(severity)
    missing = (wanted,) if wanted is not None and folded_tag(wanted) not in present else ()
    others = {folded_tag(label) for each, label in labels.items() if each is not severity}
    if wanted is not None:
        others.discard(folded_tag(wanted))
    outdated = tuple(tag for folded, tag in present.items() if folded in others)
    return TicketChange(add_tags=missing, remove_tags=outdated) if missing or outdated else None

"""Change the fields and the status of a ticket."""

from dataclasses import replace

from escalation_bridge.domain import after_writing
from escalation_bridge.domain.case.write_records import IntentRecord, Receipt
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.tickets.tickets import Ticket
from escalation_bridge.engine.deliver.work import HistoryEntry, Kind, Result, Work
from escalation_bridge.plugged.helpdesk import Helpdesk


def _change(work: Work, intent: ChangeTicket) -> Result:
    known = work.view.tickets[intent.ticket]
    if intent.raises and not _raises(intent, known):
        receipt = Receipt(intent.ticket, detail="as high already")
        return Result(receipt, ticket=known, entry=_history_entry(work, intent, known))
    expected = _as_left(work.helpdesk, work.record, intent, known)
    work.mark_sent(None)
    changed = work.helpdesk.update_ticket(intent.ticket.id, intent.change, expected)
    receipt = Receipt(intent.ticket, detail=f"{changed.key}, {changed.status.name}")
    consequence = after_writing.after_change(work.view, work.record, changed, work.bridge.rules.routes)
    return Result(
        receipt, ticket=changed, consequence=consequence, entry=_history_entry(work, intent, changed)
    )


def _raises(intent: ChangeTicket, present: Ticket) -> bool:
    return intent.change.priority is not None and intent.change.priority.is_above(present.priority)


def _history_entry(work: Work, intent: ChangeTicket, changed: Ticket) -> HistoryEntry:
    labels = after_writing.field_labels(work.view, intent, work.bridge.rules.routes)
    changes_made = after_writing.described_changes(intent.change, changed, labels)
    changes = ", ".join(f"{name} {value}" for name, value in changes_made)
    return HistoryEntry("ticket_changed", {"key": changed.key, "changes": changes})


def _as_left(helpdesk: Helpdesk, record: IntentRecord, intent: ChangeTicket, known: Ticket) -> Ticket:
    """The ticket as an earlier attempt may have left it: an intermediate status is not somebody's change."""
    if not record.attempts or intent.change.status is None or not helpdesk.can("is_own_status"):
        return known
    present = helpdesk.fetch_ticket(known.ref.id)
    if present.status.id == known.status.id or not helpdesk.is_own_status(known.ref.id, present.status.id):
        return known
    return replace(known, status=present.status)


CHANGE_TICKET = Kind(ChangeTicket, _change)

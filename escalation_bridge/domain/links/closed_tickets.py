"""Permanently closed tickets: they accept no writes, which are not retried.

No vendor reports permanent closure in advance, so the first refused write shows it. A
refusal for another reason, such as a permission, does not.
"""

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import StatusKind, TicketRef, Visibility


def is_closed_for_good(view: CaseView, ref: TicketRef) -> bool:
    """Whether a ticket is closed and has refused a write. A reopened one accepts writes again."""
    ticket = view.tickets.get(ref)
    return (
        ticket is not None
        and ticket.status.kind is StatusKind.CLOSED
        and any(
            record.state is IntentState.FAILED
            and record.receipt is not None
            and record.receipt.closed
            and record.intent.shows_closed
            and record.intent.written_to == ref
            for record in view.intents.values()
        )
    )


def note_closed_ticket(view: CaseView, link: Link) -> Part:
    """Notify the other ticket's agents, once, that nothing reaches the closed one."""
    part = NOTHING
    for side in Side:
        closed, reader = link.ticket(side), link.ticket(side.other)
        if (
            not is_closed_for_good(view, closed)
            or view.absence(reader) is not None
            or is_closed_for_good(view, reader)
        ):
            continue
        ticket = view.tickets[closed]
        facts = {"key": ticket.key, "url": ticket.url}
        message = MessageRequest("closed_for_good", facts, visibility=Visibility.PRIVATE)
        note = WriteComment(reader, Visibility.PRIVATE, message)
        part += Part(intents=(KeyedIntent(keys.Closed(link.id, side).text, note),))
    return part

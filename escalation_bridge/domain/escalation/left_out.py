"""Fields that a linked ticket was created without: reported once to both teams."""

from collections.abc import Iterator

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Ticket, Visibility

DESCRIPTION = "description"


def note_left_out(view: CaseView, link: Link, linked: Ticket) -> Iterator[KeyedIntent]:
    """The notes, and the text of the escalation as a private comment where the ticket has no description."""
    record = view.intents.get(link.id)
    if record is None or record.receipt is None or not isinstance(record.intent, CreateTicket):
        return
    left_out = record.receipt.left_out
    if not left_out:
        return
    if any(each.field == DESCRIPTION for each in left_out):
        text = WriteComment(linked.ref, Visibility.PRIVATE, record.intent.description)
        yield KeyedIntent(keys.Describe(link.id).text, text)
    facts = {
        "linked_key": linked.key,
        "linked_url": linked.url,
        "linked_vendor": view.vendors.get(linked.ref.connection, linked.ref.connection),
        "fields": "\n".join(f"{each.name}: {each.reason}" for each in left_out),
    }
    message = MessageRequest("fields_left_out", facts, visibility=Visibility.PRIVATE)
    for ref in (link.origin, link.linked):
        yield KeyedIntent(keys.LeftOut(link.id, ref).text, WriteComment(ref, Visibility.PRIVATE, message))

"""The question whether a problem could be reproduced: yes goes to development, no to a more senior support level."""

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.tickets.conditions import texts_of
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef, Visibility

_YES = ("yes", "true", "ya", "1", "bisa")
_NO = ("no", "false", "tidak", "0")


def reproducible(view: CaseView, origin: Ticket, directory: Directory) -> bool | None:
    """The answer: an agent's, else that of the configured field; None: nobody has answered."""
    answers = [event for event in view.events if event.kind is EventKind.REPRODUCED]
    if answers:
        return answers[-1].choice[0] == "yes"
    field = directory.reproduced_field.get(origin.ref.connection)
    value = origin.custom_fields.get(field) if field is not None else None
    written = next(texts_of(value), "").casefold()
    if written in _YES:
        return True
    return False if written in _NO else None


def ask_whether_reproduced(key: str, ticket: TicketRef, by: str = "") -> Part:
    """Ask the agent in the ticket, by an internal note.

    Args:
        key: Of the note.
        ticket: Where to ask.
        by: Who asked for the escalation; empty: the bridge.
    """
    message = MessageRequest("could_you_reproduce", {"by": by}, visibility=Visibility.PRIVATE)
    return Part(intents=(KeyedIntent(key, WriteComment(ticket, Visibility.PRIVATE, message)),))


def was_asked(view: CaseView) -> bool:
    """Whether the question was asked in this case, so that the answer escalates."""
    says = (record.intent.says for record in view.intents.values())
    return any(message is not None and message.template == "could_you_reproduce" for message in says)

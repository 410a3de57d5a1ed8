"""`note`: an internal note for the agents who hold the ticket."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.action import Acting, ActionKind, name_of
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


@dataclass(frozen=True, slots=True)
class LeaveNote(Action):
    """An internal note for the agents who hold the ticket."""

    template: str


def _act(action: LeaveNote, at: Acting) -> Part:
    message = MessageRequest(action.template, at.facts, visibility=Visibility.PRIVATE)
    note = WriteComment(at.origin.ref, Visibility.PRIVATE, message)
    return Part(intents=(KeyedIntent(at.key, note),))


NOTE = ActionKind(
    word="note",
    help="An internal note: the name of a message, such as sla_warning or sla_breached.",
    make=LeaveNote,
    of=LeaveNote,
    act=_act,
    names=name_of("message"),
    reader=lambda _: ("note",),
)

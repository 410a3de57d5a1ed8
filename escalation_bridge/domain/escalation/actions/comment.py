"""`comment`: an internal note in the admin's own words."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


@dataclass(frozen=True, slots=True)
class WriteOwnWords(Action):
    """An internal note in the admin's own words."""

    text: str


def _act(action: WriteOwnWords, at: Acting) -> Part:
    facts = {**at.facts, "text": action.text}
    message = MessageRequest("own_words", facts, visibility=Visibility.PRIVATE)
    note = WriteComment(at.origin.ref, Visibility.PRIVATE, message)
    return Part(intents=(KeyedIntent(at.key, note),))


COMMENT = ActionKind(
    word="comment",
    help="An internal note with this text.",
    make=WriteOwnWords,
    of=WriteOwnWords,
    act=_act,
)

"""`tags`: add tags to the ticket."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import TicketChange


@dataclass(frozen=True, slots=True)
class AddTags(Action):
    """Add tags."""

    tags: tuple[str, ...]


def _act(action: AddTags, at: Acting) -> Part:
    change = ChangeTicket(at.origin.ref, TicketChange(add_tags=action.tags))
    return Part(intents=(KeyedIntent(at.key, change),))


TAGS = ActionKind(
    word="tags",
    help="Add these tags.",
    make=AddTags,
    of=AddTags,
    act=_act,
    takes=tuple[str, ...],
)

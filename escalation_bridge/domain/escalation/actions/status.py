"""`status`: set the status of the ticket."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import TicketChange


@dataclass(frozen=True, slots=True)
class SetStatus(Action):
    """Set the status of the ticket."""

    to: str


def _act(action: SetStatus, at: Acting) -> Part:
    change = ChangeTicket(at.origin.ref, TicketChange(status=action.to))
    return Part(intents=(KeyedIntent(at.key, change),))


STATUS = ActionKind(
    word="status",
    help="Set this status, by its name, id or kind.",
    make=SetStatus,
    of=SetStatus,
    act=_act,
)

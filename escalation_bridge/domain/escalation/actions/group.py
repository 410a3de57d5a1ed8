"""`group`: move the ticket to a group of its helpdesk."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import TicketChange


@dataclass(frozen=True, slots=True)
class MoveToGroup(Action):
    """Move the ticket to a group of agents."""

    to: str


def _act(action: MoveToGroup, at: Acting) -> Part:
    change = ChangeTicket(at.origin.ref, TicketChange(group=action.to))
    return Part(intents=(KeyedIntent(at.key, change),))


GROUP = ActionKind(
    word="group",
    help="Move the ticket to this group of its helpdesk, by name or id. A team is named by `escalate: {to: ...}`.",
    make=MoveToGroup,
    of=MoveToGroup,
    act=_act,
)

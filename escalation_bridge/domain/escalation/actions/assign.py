"""`assign`: give the ticket to an agent of its helpdesk."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import TicketChange


@dataclass(frozen=True, slots=True)
class AssignTicket(Action):
    """Give the ticket to an agent."""

    to: str


def _act(action: AssignTicket, at: Acting) -> Part:
    change = ChangeTicket(at.origin.ref, TicketChange(assignee=action.to))
    return Part(intents=(KeyedIntent(at.key, change),))


ASSIGN = ActionKind(
    word="assign",
    help="Give the ticket to this agent, by e-mail address or id. A team is named by `escalate: {to: ...}`.",
    make=AssignTicket,
    of=AssignTicket,
    act=_act,
)

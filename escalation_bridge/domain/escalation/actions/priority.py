"""`priority`: raise the ticket's priority, never lower it."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import Priority, TicketChange

_RAISE = "raise"


@dataclass(frozen=True, slots=True)
class RaisePriority(Action):
    """To `to`, or to the next higher one; a priority is never lowered."""

    to: Priority | None = None


def _act(action: RaisePriority, at: Acting) -> Part:
    wanted = action.to or (at.origin.priority or Priority.NORMAL).raised()
    if not wanted.is_above(at.origin.priority):
        return NOTHING
    change = ChangeTicket(at.origin.ref, TicketChange(priority=wanted), raises=True)
    return Part(intents=(KeyedIntent(at.key, change),))


PRIORITY = ActionKind(
    word="priority",
    help="`raise` to the next higher one, or to the one named. It is never lowered.",
    make=lambda text: RaisePriority(None if text == _RAISE else Priority(text)),
    of=RaisePriority,
    act=_act,
    values=(_RAISE, *(priority.value for priority in Priority)),
)

"""`/bridge deescalate`: give the ticket back to those who had it before."""

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.escalations import Escalation, Outcome
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another, near_links
from escalation_bridge.domain.escalation.escalating import Situation, nobody
from escalation_bridge.domain.escalation.following import closed
from escalation_bridge.domain.escalation.own_writes import is_being_moved
from escalation_bridge.domain.tickets.tickets import UNASSIGNED, TicketChange


def _obey(asked: Asked) -> Part:
    """End the escalation. In a linked ticket of several customers each case ends its own, and one of them answers."""
    view, command = asked.view, asked.command
    left = leave_to_another(view, command)
    at = asked.situation
    present = at.present
    if present is None:
        return left or answer(command, "command_not_escalated")
    reason = "\n".join(part for part in (" ".join(command.words), command.more) if part)
    if not reason and at.directory.teams:
        return left or answer(command, "command_reason_missing", line=f"/bridge {command.verb}")
    if left is not None and present.route not in {link.route for link in near_links(view, command)}:
        return left
    done = closed(at, present, Outcome.DEESCALATED, command.by, reason)
    back = _back(at, present, done.escalations[-1])
    if left is not None:
        return done + back + left
    links = [link for link in view.links if link.route == present.route]
    keys_of_links = [view.tickets[link.linked].key for link in links if link.linked in view.tickets]
    reply = answer(
        command,
        "command_deescalated",
        team=at.directory.title_of(present.from_team) if present.from_team and back.intents else "",
        keys=", ".join(keys_of_links),
    )
    return done + back + reply


def _back(at: Situation, present: Escalation, ended: Escalation) -> Part:
    """Move the ticket back to the place of the team that had it before, into its queue.

    It is moved as well if nobody knows yet whether it has left: the answer of the helpdesk may have been lost.
    """
    before = at.directory.teams.get(present.from_team or "")
    place = before.place_at(at.origin.ref.connection) if before is not None else None
    is_moving = is_being_moved(at.view, present)
    if place is None or (place.holds(at.origin) and not is_moving):
        return NOTHING
    key = keys.OfEscalation(present.number, len(ended.changes) - 1, "back").text
    change = place.change.joined(TicketChange(assignee=UNASSIGNED if is_moving else nobody(at.origin)))
    return Part(intents=(KeyedIntent(key, ChangeTicket(at.origin.ref, change)),))


DEESCALATE = Verb(("deescalate", "de-escalate", "deeskalasi", "kembalikan"), _obey)

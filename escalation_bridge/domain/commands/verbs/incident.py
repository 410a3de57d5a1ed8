"""`/bridge incident`: take the ticket out of its incident, or put it into one."""

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.incidents import MoveIncident, Moving
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.links.by_hand import unlink
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

_MOVES = {
    "leave": Moving.LEAVE,
    "keluar": Moving.LEAVE,
    "join": Moving.JOIN,
    "gabung": Moving.JOIN,
}


def _obey(asked: Asked) -> Part:
    view, command = asked.view, asked.command
    if (left := leave_to_another(view, command)) is not None:
        return left
    moving = _MOVES.get(command.words[0].casefold()) if command.words else None
    if moving is Moving.LEAVE:
        return _leave(asked)
    if moving is Moving.JOIN and len(command.words) > 1:
        move = MoveIncident(view.origin, moving, command.words[1], command.by)
        return Part(intents=(KeyedIntent(command.key, move),))
    incident = view.incident
    return answer(
        command,
        "command_incident",
        incident=incident.name if incident else "",
        subject=incident.subject if incident else "",
        tickets=str(incident.tickets) if incident else "",
        shared=", ".join(incident.shared) if incident else "",
    )


def _leave(asked: Asked) -> Part:
    """Take the ticket out, and remove its link to the incident's linked ticket."""
    view, command, incident = asked.view, asked.command, asked.view.incident
    if incident is None:
        return answer(command, "command_incident", incident="", subject="", tickets="", shared="")
    move = MoveIncident(view.origin, Moving.LEAVE, incident.name, command.by)
    key = keys.OfIncident(incident.id, incident.time, "leave").text
    part = answer(command, "command_incident_left", incident=incident.name)
    part += Part(intents=(KeyedIntent(key, move),))
    link = next((link for link in view.links if link.linked == incident.linked), None)
    return part + unlink(view, link, command.by, asked.now) if link is not None else part


def note_refused_moves(view: CaseView) -> Part:
    """Answer who named an incident into which the ticket could not be put."""
    part = NOTHING
    for record in view.intents.values():
        intent, receipt = record.intent, record.receipt
        if not isinstance(intent, MoveIncident) or receipt is None or not receipt.detail:
            continue
        facts = {"by": intent.by, "words": intent.incident, "reason": receipt.detail}
        message = MessageRequest("command_incident_refused", facts, visibility=Visibility.PRIVATE)
        note = WriteComment(intent.ticket, Visibility.PRIVATE, message)
        part += Part(intents=(KeyedIntent(keys.Refused(record.key).text, note),))
    return part


INCIDENT = Verb(("incident", "insiden"), _obey)

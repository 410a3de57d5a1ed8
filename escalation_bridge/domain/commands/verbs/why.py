"""`/bridge why`: what happened to the case, and why."""

from collections.abc import Iterator

from escalation_bridge.domain.case.escalations import Change, Escalation
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer_with, leave_to_another
from escalation_bridge.domain.tickets.messages import Health, MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

_MOST_LINES = 12


def _obey(asked: Asked) -> Part:
    view, command = asked.view, asked.command
    if (left := leave_to_another(view, command)) is not None:
        return left
    graded = view.classification
    facts = {
        "by": command.by,
        "severity": str(graded.severity),
        "severity_reason": graded.reason,
        "severity_rules": ",".join(graded.rules),
        "severity_by": graded.by,
        "escalated": "yes" if view.escalations else "",
    }
    lines = [line for each in view.escalations for line in _lines(asked, each)]
    message = MessageRequest(
        "command_why", facts, visibility=Visibility.PRIVATE, health=tuple(lines[-_MOST_LINES:])
    )
    return answer_with(command, message)


def _lines(asked: Asked, escalation: Escalation) -> Iterator[Health]:
    for change in escalation.changes:
        yield _line(asked, change)


def _line(asked: Asked, change: Change) -> Health:
    directory = asked.rules.directory
    facts = {
        "at": change.at.isoformat(),
        "team": directory.title_of(change.owner.team),
        "person": directory.name_of(change.owner.person),
        "by": change.by,
        "cause": str(change.cause),
        "outcome": change.facts.get("outcome", ""),
        "reason": change.facts.get("reason", ""),
    }
    return Health(f"escalation_{change.what}", facts)


WHY = Verb(("why", "kenapa", "mengapa"), _obey)

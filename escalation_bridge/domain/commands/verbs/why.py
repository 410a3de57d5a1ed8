"""`/bridge why`: what happened to the case, and why."""

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer_with, leave_to_another
from escalation_bridge.domain.escalation.history import history_lines
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


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
    lines = history_lines(asked.rules.directory, view.escalations)
    return answer_with(
        command, MessageRequest("command_why", facts, visibility=Visibility.PRIVATE, health=lines)
    )


WHY = Verb(("why", "kenapa", "mengapa"), _obey)

"""`/bridge severity`: an agent corrects the severity; no later guess changes it."""

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.tickets.classification import corrected
from escalation_bridge.domain.tickets.tickets import Severity

_WORDS = {
    "emergency": Severity.EMERGENCY,
    "darurat": Severity.EMERGENCY,
    "standard": Severity.STANDARD,
    "biasa": Severity.STANDARD,
    "standar": Severity.STANDARD,
}


def _obey(asked: Asked) -> Part:
    view, command, now = asked.view, asked.command, asked.now
    severity = _WORDS.get(command.words[0].casefold().strip(".,:;!")) if command.words else None
    present = view.classification
    if severity is None:
        return leave_to_another(view, command) or answer(
            command, "command_severity_how", severity=str(present.severity)
        )
    reason = " ".join(command.words[1:])
    correction = corrected(present, severity, command.by, reason, command.key, now)
    facts = {
        "by": command.by,
        "before": str(present.severity),
        "severity": str(severity),
        "reason": reason,
    }
    entry = TimelineEntry(now, "severity_corrected", facts)
    done = Part(corrections=(correction,), timeline=(entry,))
    return done + (
        leave_to_another(view, command) or answer(command, "command_severity_set", severity=str(severity))
    )


SEVERITY = Verb(("severity", "keparahan"), _obey)

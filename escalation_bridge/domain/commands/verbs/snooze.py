"""`/bridge snooze`: put the ladder off for a while; the clocks go on."""

from datetime import timedelta

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.commands.spans import parse_span
from escalation_bridge.domain.sla.events import snoozed


def _obey(asked: Asked) -> Part:
    command, now = asked.command, asked.now
    longest = asked.rules.directory.discipline.snooze_at_most
    span = parse_span(command.words)
    if span is None or span > timedelta(seconds=longest):
        return leave_to_another(asked.view, command) or answer(
            command,
            "command_snooze_how",
            longest=str(longest),
            words=" ".join(command.words),
            verb=command.verb,
        )
    until = now + span
    done = Part(
        happened=(snoozed(until, command.by, now),),
        timeline=(TimelineEntry(now, "snoozed", {"by": command.by, "until": until.isoformat()}),),
    )
    reply = leave_to_another(asked.view, command) or answer(
        command, "command_snoozed", until=until.isoformat()
    )
    return done + reply


SNOOZE = Verb(("snooze", "tunda"), _obey)

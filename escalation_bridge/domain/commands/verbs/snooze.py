"""`/bridge snooze`: put the ladder off for a while; the clocks go on."""

from datetime import timedelta

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.commands.spans import parse_until
from escalation_bridge.domain.sla.events import snoozed


def _obey(asked: Asked) -> Part:
    command, now = asked.command, asked.now
    directory, longest = asked.rules.directory, asked.rules.directory.discipline.snooze_at_most
    present = directory.teams.get(asked.situation.present_team or "")
    timezone = asked.timezone([present] if present is not None else [])
    until = parse_until(command.words, now, timezone)
    if until is None or until - now > timedelta(seconds=longest):
        return leave_to_another(asked.view, command) or answer(
            command,
            "command_snooze_how",
            longest=str(longest),
            words=" ".join(command.words),
            too_long="yes" if until is not None else "",
            verb=command.verb,
        )
    done = Part(
        happened=(snoozed(until, command.by, now),),
        timeline=(TimelineEntry(now, "snoozed", {"by": command.by, "until": until.isoformat()}),),
    )
    reply = leave_to_another(asked.view, command) or answer(
        command, "command_snoozed", until=until.isoformat(), timezone=timezone
    )
    return done + reply


SNOOZE = Verb(("snooze", "tunda"), _obey)

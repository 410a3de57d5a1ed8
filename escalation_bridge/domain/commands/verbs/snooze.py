"""`/bridge snooze`: put the ladder off for a while; the clocks go on."""

from datetime import datetime, timedelta

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.commands.spans import parse_until
from escalation_bridge.domain.sla.events import snoozed


def wanted_end(asked: Asked) -> datetime | None:
    """The end that a command names, which may be too late; None: it names none."""
    return parse_until(asked.command.words, asked.now, _timezone(asked))


def _timezone(asked: Asked) -> str:
    present = asked.rules.directory.teams.get(asked.situation.present_team or "")
    return asked.timezone([present] if present is not None else [])


def _obey(asked: Asked) -> Part:
    command, now = asked.command, asked.now
    longest = asked.rules.directory.discipline.snooze_at_most
    until = wanted_end(asked)
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
        command, "command_snoozed", until=until.isoformat(), timezone=_timezone(asked)
    )
    return done + reply


SNOOZE = Verb(("snooze", "tunda"), _obey)

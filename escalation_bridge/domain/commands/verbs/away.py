"""`/bridge away`: nothing is assigned to the author until then; `/bridge away off` ends it."""

from datetime import timedelta

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.permission import author_of
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.commands.spans import parse_until
from escalation_bridge.domain.teams.absence import Absence

_BACK = ("off", "back", "kembali", "selesai")
_LONGEST = timedelta(days=366)


def _obey(asked: Asked) -> Part:
    command, now, directory = asked.command, asked.now, asked.rules.directory
    if (left := leave_to_another(asked.view, command)) is not None:
        return left
    member = author_of(asked)
    if member is None or command.author is None:
        return answer(command, "command_away_unknown")
    words = [word.casefold() for word in command.words]
    if words and words[0] in _BACK:
        back = Absence(member.email, now, now)
        return Part(absences=(back,)) + answer(command, "command_back")
    teams = directory.teams_of(command.author, command.ticket.connection)
    timezone = asked.timezone(teams)
    until = parse_until(words, now, timezone)
    if until is None or until <= now or until - now > _LONGEST:
        return answer(command, "command_away_how", words=" ".join(command.words), verb=command.verb)
    away = Absence(member.email, until, now)
    return Part(absences=(away,)) + answer(
        command, "command_away", until=until.isoformat(), timezone=timezone
    )


AWAY = Verb(("away", "absen", "cuti", "izin"), _obey)

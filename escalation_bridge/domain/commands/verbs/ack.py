"""`/bridge ack`: somebody has taken the case on; its ladder stops, its clocks go on."""

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.permission import author_of
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.escalation.escalating import as_assigned
from escalation_bridge.domain.sla.events import acknowledged


def _obey(asked: Asked) -> Part:
    command, now = asked.command, asked.now
    done = Part(
        happened=(acknowledged(command.by, now),),
        timeline=(TimelineEntry(now, "acknowledged", {"by": command.by}),),
    )
    done += _as_owner(asked)
    owned = "yes" if done.escalations else ""
    return done + (
        leave_to_another(asked.view, command) or answer(command, "command_acknowledged", owned=owned)
    )


def _as_owner(asked: Asked) -> Part:
    """Who acknowledges an escalation that nobody has, and is in its team, has it from then on."""
    at = asked.situation
    present, member = at.present, author_of(asked)
    if present is None or member is None or present.owner.person is not None:
        return NOTHING
    team = at.directory.teams.get(present.owner.team)
    if team is None or team.member_called(member.email) is None:
        return NOTHING
    return as_assigned(at, present, member, asked.command.by)


ACK = Verb(("ack", "acknowledge", "terima"), _obey)

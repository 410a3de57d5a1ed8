"""`/bridge who`: who has the case, and who is there now."""

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another


def _obey(asked: Asked) -> Part:
    command, directory = asked.command, asked.rules.directory
    if (left := leave_to_another(asked.view, command)) is not None:
        return left
    present, name = asked.situation.present, asked.situation.present_team
    team = directory.teams.get(name) if name is not None else None
    on_call = team.rota.on_call(asked.now) if team is not None and team.rota is not None else ()
    assignee = asked.origin.assignee.name if asked.origin.assignee is not None else ""
    following = directory.next_of(name) if team is not None else None
    return answer(
        command,
        "command_who",
        team=directory.title_of(name) if name is not None else "",
        person=directory.name_of(present.owner.person) if present is not None else "",
        assignee=assignee,
        since=present.owned_since.isoformat() if present is not None else "",
        escalated="yes" if present is not None else "",
        on_call=", ".join(directory.name_of(each) for each in on_call),
        known="yes" if team is not None else "",
        open="yes" if team is not None and team.calendar.next_open(asked.now) <= asked.now else "",
        following=following.title if following is not None else "",
    )


WHO = Verb(("who", "siapa"), _obey)

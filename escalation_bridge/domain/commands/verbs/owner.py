"""`/bridge owner`: who has the escalation, or who is to have it."""

from collections.abc import Iterator
from difflib import get_close_matches

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.permission import author_of
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.escalation.escalating import as_assigned
from escalation_bridge.domain.teams.team import Member

_ME = ("me", "saya", "aku")


def _obey(asked: Asked) -> Part:
    command = asked.command
    if (left := leave_to_another(asked.view, command)) is not None:
        return left
    at = asked.situation
    present = at.present
    if present is None:
        return answer(command, "command_not_escalated")
    team = at.directory.teams.get(present.owner.team)
    name = " ".join(command.words)
    members = tuple(team.members) if team is not None else ()
    if not name:
        return answer(
            command,
            "command_owner",
            team=at.directory.title_of(present.owner.team),
            person=at.directory.name_of(present.owner.person),
        )
    named = team.member_named(name) if team is not None else None
    member = author_of(asked) if name.casefold() in _ME else named
    if member is None or team is None or team.member_called(member.email) is None:
        return answer(
            command,
            "command_owner_unknown",
            name=name,
            near=", ".join(_near(members, name)),
            team=at.directory.title_of(present.owner.team),
            members=", ".join(each.name for each in members),
        )
    if member.email == present.owner.person:
        return answer(command, "command_owner_already", person=member.name)
    done = as_assigned(at, present, member, command.by)
    return done + answer(command, "command_owner_set", person=member.name, team=team.title)


def _near(members: tuple[Member, ...], name: str) -> Iterator[str]:
    by_folded = {each.name.casefold(): each.name for each in members}
    yield from (by_folded[found] for found in get_close_matches(name.casefold(), by_folded, n=2))


OWNER = Verb(("owner", "pemilik"), _obey)

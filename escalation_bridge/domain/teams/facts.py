"""Facts about teams from accounts and calendars, and the directory with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.rota_calendar import CalendarEvent, turns
from escalation_bridge.domain.teams.team import Member, Team
from escalation_bridge.domain.tickets.tickets import Person


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Somebody in a group of agents.

    Attributes:
        person: With the e-mail address where the account shows it.
        away: Whether the helpdesk says that the person is away now; None: it does not say.
    """

    person: Person
    away: bool | None = None


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """What is known about a team from outside of the configuration.

    Attributes:
        members: The members of its groups, by connection.
        events: The events of its rota's calendar around the present.
    """

    members: Mapping[str, tuple[GroupMember, ...]] = field(default_factory=dict)
    events: tuple[CalendarEvent, ...] = ()


Facts = Mapping[str, TeamFacts]
"""By team."""

RoleLeads = Mapping[str, tuple[Person, ...]]
"""By connection: who has a role there that makes a lead."""


def with_facts(directory: Directory, facts: Facts, role_leads: RoleLeads | None = None) -> Directory:
    """The directory with the facts in it.

    Configured members stay, with all that is configured about them. People without an address that anybody could be
    known by are left out. Somebody who is away according to a helpdesk is away in all teams.
    """
    teams = {
        name: _with_members(team, facts[name]) if name in facts else team
        for name, team in directory.teams.items()
    }
    away = {each.email for team in teams.values() for each in team.members if each.is_away}
    merged = {name: _with_absences(team, away) for name, team in teams.items()}
    return replace(
        directory,
        teams={name: _with_turns(team, facts.get(name)) for name, team in merged.items()},
        role_leads=role_leads or {},
    )


def unidentified(team: Team, connection: str, listed: tuple[GroupMember, ...]) -> int:
    """How many people of a group cannot be members: no address is shown, and nobody is configured for them."""
    return sum(
        1
        for each in listed
        if not _address(each.person) and _known(team.members, each.person, connection) is None
    )


def _with_members(team: Team, facts: TeamFacts) -> Team:
    members = list(team.members)
    for connection, listed in facts.members.items():
        for each in listed:
            known = _known(members, each.person, connection)
            if known is not None:
                members[known] = _seen(members[known], each, connection)
            elif address := _address(each.person):
                name = each.person.name or address
                members.append(_seen(Member(address, name), each, connection))
    return replace(team, members=tuple(members))


def _known(members: Sequence[Member], person: Person, connection: str) -> int | None:
    """The position of the member who a helpdesk's person is."""
    return next((at for at, each in enumerate(members) if each.is_person(person, connection)), None)


def _seen(member: Member, listed: GroupMember, connection: str) -> Member:
    """A member with the facts of a helpdesk; its id counts where none is configured."""
    accounts = {connection: listed.person.id, **member.accounts}
    return replace(member, accounts=accounts, is_away=member.is_away or listed.away is True)


def _address(person: Person) -> str:
    return (person.email or "").strip().casefold()


def _with_absences(team: Team, away: set[str]) -> Team:
    if not any(each.email in away and not each.is_away for each in team.members):
        return team
    members = tuple(replace(each, is_away=True) if each.email in away else each for each in team.members)
    return replace(team, members=members)


def _with_turns(team: Team, facts: TeamFacts | None) -> Team:
    if team.rota is None or facts is None:
        return team
    return replace(team, rota=replace(team.rota, turns=turns(facts.events, team.members)))

"""Who takes an escalation over: the team, or one after it that has somebody, and who of its members."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.team import Assignment, Member, Team

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Unavailable(StrEnum):
    """Why a team has nobody now."""

    OFF_WORK = "off_work"
    NOBODY_ON_CALL = "nobody_on_call"
    ALL_AWAY = "all_away"
    FULL = "full"
    NO_PLACE = "no_place"


@dataclass(frozen=True, slots=True)
class Workload:
    """What teams and people have, over all cases.

    Attributes:
        teams: The weight of open escalations, by team.
        people: The same, by e-mail address.
        last: When somebody last got one, by e-mail address.
        away: Until when somebody is away, by e-mail address; a missing end is far away.
        knows: Who last had an escalation of this customer; None: nobody.
    """

    teams: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, datetime] = field(default_factory=dict)
    away: Mapping[str, datetime] = field(default_factory=dict)
    knows: str | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What an escalation asks of a person.

    Attributes:
        weight: Its weight for capacities.
        skills: What the person should know.
        language: The customer's language; None: unknown.
        connection: The customer's helpdesk.
        routes: The routes that begin there.
    """

    weight: int = 1
    skills: frozenset[str] = frozenset()
    language: str | None = None
    connection: str = ""
    routes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A team that was passed over."""

    team: str
    why: Unavailable


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who takes it over.

    Attributes:
        team: The team.
        person: Who of it; None: the team takes it from its queue.
        skipped: Teams before it that have nobody now.
        nobody: Whether nobody is there anywhere: the last resort got it all the same.
    """

    team: Team
    person: Member | None
    skipped: tuple[Skipped, ...] = ()
    nobody: bool = False


def choose(directory: Directory, team: str, needs: Needs, workload: Workload, now: datetime) -> Chosen | None:
    """Choose the first team from `team` on that has somebody now, and the person.

    Returns:
        None: there is no such team.
    """
    if team not in directory.teams:
        return None
    skipped: list[Skipped] = []
    for candidate in _in_turn(directory, team):
        why, people = _available(candidate, needs, workload, now)
        if why is None:
            return Chosen(candidate, _person(candidate, people, needs, workload), tuple(skipped))
        skipped.append(Skipped(candidate.name, why))
    last = directory.teams.get(directory.last_resort, directory.teams[team])
    return Chosen(last, None, tuple(skipped), nobody=True)


def _in_turn(directory: Directory, team: str) -> Iterator[Team]:
    """The team, those after it, and the last resort."""
    seen: set[str] = set()
    for each in (directory.teams[team], *directory.way_from(team)):
        seen.add(each.name)
        yield each
    last = directory.teams.get(directory.last_resort)
    if last is not None and last.name not in seen:
        yield last


def _available(
    team: Team, needs: Needs, workload: Workload, now: datetime
) -> tuple[Unavailable | None, list[Member]]:
    """Why a team has nobody now, or who of its members can take it."""
    if team.place_at(needs.connection) is None and needs.routes.isdisjoint(team.routes):
        return Unavailable.NO_PLACE, []
    on_call = team.rota.on_call(now) if team.rota is not None else ()
    is_open = team.calendar.next_open(now) <= now
    if not is_open and not on_call:
        return (Unavailable.NOBODY_ON_CALL if team.rota is not None else Unavailable.OFF_WORK), []
    if team.assignment is Assignment.ON_CALL and not on_call:
        return Unavailable.NOBODY_ON_CALL, []
    if team.capacity is not None and workload.teams.get(team.name, 0) + needs.weight > team.capacity:
        return Unavailable.FULL, []
    if not team.members:
        return None, []
    by_rota = team.assignment is Assignment.ON_CALL or not is_open
    members = [each for each in team.members if not by_rota or each.email in on_call]
    here = [each for each in members if not each.is_away and workload.away.get(each.email, _LONG_AGO) <= now]
    if not here:
        return Unavailable.ALL_AWAY, []
    free = [each for each in here if _has_room(each, needs, workload)]
    return (None, free) if free else (Unavailable.FULL, [])


def _has_room(member: Member, needs: Needs, workload: Workload) -> bool:
    taken = workload.people.get(member.email, 0)
    return member.capacity is None or taken + needs.weight <= member.capacity


def _person(team: Team, people: list[Member], needs: Needs, workload: Workload) -> Member | None:
    """Who of a team's free members gets it: who fits best, then by the team's order."""
    if team.assignment is Assignment.NOBODY or not people:
        return None

    def rank(member: Member) -> tuple[object, ...]:
        last, load = workload.last.get(member.email, _LONG_AGO), workload.people.get(member.email, 0)
        least_loaded = team.assignment is Assignment.LEAST_LOADED
        order = (load, last, member.email) if least_loaded else (last, load, member.email)
        speaks = needs.language is None or needs.language in member.languages
        return (-len(needs.skills & member.skills), not speaks, workload.knows != member.email, *order)

    return min(people, key=rank)

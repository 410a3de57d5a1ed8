"""Teams and rules that refer to nothing, or that could never work."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from escalation_bridge.config.teams.names import check_commands, check_names
from escalation_bridge.config.teams.settings import (
    EscalationSettings,
    RotaSettings,
    RoutingRuleSettings,
    TeamSettings,
)
from escalation_bridge.configfile import Document, Review
from escalation_bridge.configfile import Path as Place
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.team import Assignment


@dataclass(frozen=True, slots=True)
class Known:
    """The names that teams refer to.

    Attributes:
        connections: The connections.
        calendars: The calendars.
        routes: The routes, each with the connection where it begins.
    """

    connections: tuple[str, ...]
    calendars: tuple[str, ...]
    routes: Mapping[str, str]


def check_teams(
    document: Document,
    review: Review,
    known: Known,
    teams: Mapping[str, TeamSettings | None],
    escalation: EscalationSettings | None,
) -> None:
    """Check the names in teams and rules, and what could never work."""
    levels = tuple(str(document.value(level)) for level in document.below(("levels",)))
    names = tuple(teams)
    for name, team in teams.items():
        if team is not None:
            _check_team(review, ("teams", name), team, known, names, levels)
    used = {team.level for team in teams.values() if team is not None}
    for number, level in enumerate(levels):
        if None not in teams.values() and level not in used:
            review.report(("levels", number), f"no team has the level {level}; give it to one, or remove it")
    _check_ends(review, teams)
    check_names(review, teams, levels, known.connections)
    if escalation is not None:
        _check_rules(document, review, escalation, teams, known.connections)
        check_commands(review, escalation, teams, levels, tuple(known.routes), known.connections)


def _check_team(
    review: Review,
    at: Place,
    team: TeamSettings,
    known: Known,
    teams: tuple[str, ...],
    levels: tuple[str, ...],
) -> None:
    if team.calendar not in known.calendars:
        review.report_unknown((*at, "calendar"), "calendar", known.calendars, section="calendars")
    if team.level is not None and team.level not in levels:
        review.report_unknown((*at, "level"), "level", levels, section="levels")
    if team.next is not None and team.next not in teams:
        review.report_unknown((*at, "next"), "team", teams)
    seen: set[str] = set()
    for number, place in enumerate(team.places):
        here = (*at, "places", number)
        if place.connection not in known.connections:
            review.report_unknown(
                (*here, "connection"), "connection", known.connections, section="connections"
            )
        if place.connection in seen:
            review.report((*here, "connection"), f"the team has a place at {place.connection} already")
        seen.add(place.connection)
        if not (place.group or place.tags or place.fields):
            review.report(here, "nothing tells which tickets are there: write group, tags or fields")
        if place.members_from_group and place.group is None:
            review.report(
                (*here, "members_from_group"), "the place has no group: write `group`, or leave this out"
            )
    for number, route in enumerate(team.routes):
        if route not in known.routes:
            review.report_unknown((*at, "routes", number), "route", tuple(known.routes), section="routes")
    if not team.places and not team.routes:
        review.report(
            at, "the team has no place: write places or routes, or it can never get a ticket", of_key=True
        )
    for connection in team.required_fields:
        if connection not in known.connections:
            review.report_unknown(
                (*at, "required_fields", connection),
                "connection",
                known.connections,
                of_key=True,
                section="connections",
            )
    _check_people(review, at, team)


def check_readable_groups(document: Document, review: Review, unreadable: Collection[str]) -> None:
    """Refuse to read members where no plugin can.

    Args:
        document: The file.
        review: Gets the findings.
        unreadable: The connections whose plugin reads no members of groups.
    """
    for team in document.below(("teams",)):
        for place in document.below((*team, "places")):
            connection = document.value((*place, "connection"))
            if document.value((*place, "members_from_group")) is True and connection in unreadable:
                review.report(
                    (*place, "members_from_group"),
                    f"the plugin of {connection} reads no members of groups: list them under `members`",
                )


def check_readable_roles(document: Document, review: Review, unreadable: Collection[str]) -> None:
    """Refuse roles of helpdesks where no plugin can read them.

    Args:
        document: The file.
        review: Gets the findings.
        unreadable: The connections whose plugin reads no roles.
    """
    for at in document.below(("escalation", "lead_roles")):
        if at[-1] in unreadable:
            review.report(
                at, f"the plugin of {at[-1]} reads no roles: write `lead: true` at the members", of_key=True
            )


def _check_people(review: Review, at: Place, team: TeamSettings) -> None:
    members = {member.email for member in team.members}
    from_groups = any(place.members_from_group for place in team.places)
    if team.assign is not Assignment.NOBODY and not team.members and not from_groups:
        review.report((*at, "assign"), "the team has no members to whom something could be assigned")
    if team.assign is Assignment.ON_CALL and team.rota is None:
        review.report((*at, "assign"), "nobody is ever on call: the team has no rota")
    for where, person in _people_of(team.rota):
        if members and not from_groups and person not in members:
            review.report((*at, "rota", *where), f"{person} is no member of the team")
    rota = team.rota
    for number, override in enumerate(rota.overrides if rota else ()):
        here = (*at, "rota", "overrides", number)
        if override.start.tzinfo is None or override.end.tzinfo is None:
            review.report(here, "write both instants with their offset, such as 2026-12-31T09:00:00+07:00")
        elif override.end <= override.start:
            review.report((*here, "end"), "it ends before it starts")
    for number, shift in enumerate(rota.shifts if rota else ()):
        if shift.until is not None and shift.until <= shift.start:
            review.report((*at, "rota", "shifts", number, "until"), "it ends before it starts")


def _people_of(rota: RotaSettings | None) -> Iterator[tuple[Place, str]]:
    if rota is None:
        return
    for number, shift in enumerate(rota.shifts):
        for position, person in enumerate(shift.people):
            yield ("shifts", number, "people", position), person
    for number, override in enumerate(rota.overrides):
        yield ("overrides", number, "person"), override.person


def _check_ends(review: Review, teams: Mapping[str, TeamSettings | None]) -> None:
    """Refuse a circle of next teams: the search for somebody would never reach another one."""
    for name in teams:
        way = [name]
        team = teams[name]
        while team is not None and team.next in teams:
            if team.next == name:
                review.report(
                    ("teams", name, "next"),
                    f"a circle: {' → '.join([*way, name])}; leave out `next` somewhere",
                )
                break
            if team.next in way:
                break
            way.append(str(team.next))
            team = teams[str(team.next)]


def _check_rules(
    document: Document,
    review: Review,
    escalation: EscalationSettings,
    teams: Mapping[str, TeamSettings | None],
    connections: tuple[str, ...],
) -> None:
    at: Place = ("escalation",)
    names = tuple(teams)
    if teams and escalation.last_resort is None:
        where: Place = at if document.node(at) is not None else ("teams",)
        review.report(
            where, "write escalation: last_resort, the team that gets what nobody else can take", of_key=True
        )
    for connection in escalation.lead_roles:
        if connection not in connections:
            review.report_unknown(
                (*at, "lead_roles", connection), "connection", connections, of_key=True, section="connections"
            )
    for key in ("last_resort", "leads"):
        team = getattr(escalation, key)
        if team is not None and team not in names:
            review.report_unknown((*at, key), "team", names, section="teams")
    seen: set[str] = set()
    everything: str | None = None
    for number, rule in enumerate(escalation.rules):
        here = (*at, "rules", number)
        if rule.to not in names:
            review.report_unknown((*here, "to"), "team", names, section="teams")
        if rule.name in seen:
            review.report((*here, "name"), f"another rule is called {rule.name} already")
        seen.add(rule.name)
        if everything is not None:
            review.report(
                (*here, "name"),
                f"the rule {rule.name} never applies: {everything} above it fits every ticket",
            )
        if rule.reproducible is None and not cast("Mapping[str, object]", rule.when):
            everything = everything or rule.name
        _check_skills(review, here, rule, teams.get(rule.to))


def _check_skills(review: Review, at: Place, rule: RoutingRuleSettings, team: TeamSettings | None) -> None:
    known = {skill for member in (team.members if team else ()) for skill in member.skills}
    for number, skill in enumerate(rule.skills):
        if team is not None and team.members and skill not in known:
            review.report((*at, "skills", number), f"nobody in {rule.to} has the skill {skill}")


def ends_of_rotas(directory: Directory, now: datetime) -> Iterator[tuple[str, datetime]]:
    """The teams whose rota ends, each with the instant from which nobody is on call."""
    for team in directory.teams.values():
        shifts = team.rota.shifts if team.rota is not None and team.rota.calendar is None else ()
        ends = [
            datetime.combine(shift.until, shift.at, ZoneInfo(shift.timezone))
            for shift in shifts
            if shift.until is not None
        ]
        if ends and len(ends) == len(shifts) and max(ends) > now:
            yield team.name, max(ends)

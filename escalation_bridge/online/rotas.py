"""Check the people and calendars of rotas against the members of teams."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from escalation_bridge.config.teams.rota_calendars import UnreadableCalendar, occurrences
from escalation_bridge.configfile import Path, Review
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.facts import Facts, TeamFacts, unidentified, with_facts
from escalation_bridge.domain.teams.rota import Rota, RotaCalendar
from escalation_bridge.domain.teams.rota_calendar import strangers
from escalation_bridge.domain.teams.team import Team
from escalation_bridge.online.team_sources import SourceUnreadable, read_calendar

_AHEAD = timedelta(days=90)
_MOST_NAMES = 5


def check_rotas(directory: Directory, facts: Facts, warnings: Review, now: datetime, *, online: bool) -> None:
    """Check all rotas. Addresses of calendars are fetched only online.

    Args:
        directory: The configured teams.
        facts: Facts from the accounts; empty offline.
        warnings: Gets the findings.
        now: The present.
        online: Whether the accounts were asked.
    """
    merged = with_facts(directory, facts)
    for name, configured in directory.teams.items():
        team, known = merged.teams[name], facts.get(name, TeamFacts())
        for connection, members in known.members.items():
            if count := unidentified(configured, connection, members):
                warnings.report(
                    ("teams", name, "members"),
                    f"{count} of the group at {connection} have no address that is shown, and are no members. Name them under "
                    f"`members`, with `accounts: {{{connection}: ...}}`",
                    of_key=True,
                )
        # Without the members of its groups, anybody might be a member.
        is_known = known.members.keys() >= {
            each.connection for each in team.places if each.members_from_group
        }
        if team.rota is None:
            continue
        if is_known and any(each.members_from_group for each in team.places):
            _check_people(name, team, team.rota, warnings)
        if team.rota.calendar is not None and (online or team.rota.calendar.text):
            _check_calendar(team, team.rota.calendar, warnings, now, is_known=is_known)


def _check_people(name: str, team: Team, rota: Rota, warnings: Review) -> None:
    for at, person in _people_of(rota):
        if team.member_called(person) is None:
            warnings.report(
                ("teams", name, "rota", *at),
                f"{person} is neither under `members` nor in a group of the team",
            )


def _people_of(rota: Rota) -> Iterator[tuple[Path, str]]:
    for number, shift in enumerate(rota.shifts):
        for position, person in enumerate(shift.people):
            yield ("shifts", number, "people", position), person
    for number, override in enumerate(rota.overrides):
        yield ("overrides", number, "person"), override.person


def _check_calendar(
    team: Team, source: RotaCalendar, warnings: Review, now: datetime, *, is_known: bool
) -> None:
    # No path of the file: what a calendar names is no secret, and below its own path everything that a reference holds is.
    at = ("teams", team.name, "rota", "calendar", "events")
    try:
        parsed = read_calendar(source)
        events = occurrences(parsed, source, now, now + _AHEAD)
    except (SourceUnreadable, UnreadableCalendar) as error:
        warnings.report(at, f"the calendar cannot be read: {error}", of_key=True)
        return
    for problem in parsed.problems[:_MOST_NAMES]:
        warnings.report(at, f"{problem}; it is left out", of_key=True)
    if not events:
        warnings.report(
            at,
            f"the calendar has no event in the next {_AHEAD.days} days: nobody is on call by it",
            of_key=True,
        )
    names = strangers(events, team.members) if is_known else ()
    if names:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        warnings.report(
            at,
            f"the calendar names {', '.join(names[:_MOST_NAMES])}{more}, who are no members of the team: nobody is on call for "
            "these events. Write the address or the full name of a member",
            of_key=True,
        )

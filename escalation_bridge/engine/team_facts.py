"""Keep the facts about teams current: members, absences and leads from the accounts, turns from calendars.

They are read in a thread of their own, so that no case waits for them. The last facts count until they are read again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.config.teams.rota_calendars import (
    ParsedCalendar,
    UnreadableCalendar,
    occurrences,
    period,
)
from escalation_bridge.domain.teams.facts import GroupMember, TeamFacts
from escalation_bridge.domain.teams.rota import RotaCalendar
from escalation_bridge.domain.teams.rota_calendar import CalendarEvent
from escalation_bridge.domain.teams.team import Place, Team
from escalation_bridge.domain.tickets.tickets import Person
from escalation_bridge.engine.background import BackgroundTask
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.online.team_sources import SourceUnreadable, read_calendar, read_members, read_role
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.connections.team_sources import (
    SourceTrouble,
    keep_source_troubles,
    load_source_troubles,
)

_log = structlog.get_logger(__name__)

_EVERY = timedelta(minutes=15)
_AFTER_TROUBLE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Trouble:
    team: str
    source: str
    message: str


class FactsReader(BackgroundTask):
    """Reads the facts about all teams now and then.

    Args:
        bridge: The bridge, whose rules get the facts.
    """

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("team facts")
        self._bridge = bridge
        self._members: dict[tuple[str, str], tuple[GroupMember, ...]] = {}
        self._roles: dict[tuple[str, str], tuple[Person, ...]] = {}
        self._calendars: dict[str, ParsedCalendar] = {}
        self._troubles: list[_Trouble] = []

    def run_once(self) -> timedelta:
        """Read everything; return the pause before the next time."""
        self.refresh()
        return _AFTER_TROUBLE if self._troubles else _EVERY

    def refresh(self) -> None:
        """Read everything once. A source that fails keeps its last facts, and does not affect others."""
        now = self._bridge.now()
        self._troubles = []
        facts: dict[str, TeamFacts] = {}
        with working(Urgency.BACKFILL):
            for team in self._bridge.rules.directory.teams.values():
                if self._stopping.is_set():
                    return
                known = TeamFacts(dict(self._members_of(team)), self._events_of(team, now))
                if known != TeamFacts():
                    facts[team.name] = known
            role_leads = self._role_leads()
        self._bridge.known_facts.learn(facts, role_leads)
        self._note_troubles(now)
        _log.debug("teams.read", teams=len(facts), troubles=len(self._troubles))

    def _members_of(self, team: Team) -> Iterator[tuple[str, tuple[GroupMember, ...]]]:
        for place, group in _groups(team):
            key = (team.name, place.connection)
            try:
                self._members[key] = read_members(self._bridge.helpdesks.get(place.connection), group)
            except SourceUnreadable as error:
                self._failed(team, f"the members of the group {group} at {place.connection}", error)
            if key in self._members:
                yield place.connection, self._members[key]

    def _role_leads(self) -> dict[str, tuple[Person, ...]]:
        """Who is a lead by a role, by connection."""
        return {
            connection: tuple(
                dict.fromkeys(each for role in roles for each in self._having(connection, role))
            )
            for connection, roles in self._bridge.rules.directory.lead_roles.items()
        }

    def _having(self, connection: str, role: str) -> tuple[Person, ...]:
        key = (connection, role)
        try:
            self._roles[key] = read_role(self._bridge.helpdesks.get(connection), role)
        except SourceUnreadable as error:
            self._failed(None, f"who has the role {role} at {connection}", error)
        return self._roles.get(key, ())

    def _events_of(self, team: Team, now: datetime) -> tuple[CalendarEvent, ...]:
        source = team.rota.calendar if team.rota is not None else None
        if source is None:
            return ()
        try:
            self._read_calendar(team, source)
        except SourceUnreadable as error:
            self._failed(team, "the calendar of the rota", error)
        try:
            known = self._calendars.get(team.name)
            return occurrences(known, source, *period(now)) if known is not None else ()
        except UnreadableCalendar as error:
            self._failed(team, "the calendar of the rota", error)
            return ()

    def _read_calendar(self, team: Team, source: RotaCalendar) -> None:
        if source.text and team.name in self._calendars:
            return  # a file is read at the start
        self._calendars[team.name] = parsed = read_calendar(source)
        if parsed.problems:
            self._failed(
                team, "some events of the rota's calendar", SourceUnreadable("; ".join(parsed.problems[:3]))
            )

    def _failed(self, team: Team | None, source: str, error: Exception) -> None:
        name = team.name if team is not None else ""
        self._troubles.append(_Trouble(name, source, str(error)))
        _log.warning("teams.source_failed", team=name, source=source, error=str(error))

    def _note_troubles(self, now: datetime) -> None:
        try:
            with self._bridge.database.read() as transaction:
                before = load_source_troubles(transaction)
            since = {(each.team, each.source): each.since for each in before}
            present = tuple(
                SourceTrouble(each.team, each.source, since.get((each.team, each.source), now), each.message)
                for each in self._troubles
            )
            if present != before:
                with self._bridge.database.write() as transaction:
                    keep_source_troubles(transaction, present)
        except StoreUnavailable as error:
            _log.error("teams.store_unavailable", error=str(error))


def _groups(team: Team) -> Iterator[tuple[Place, str]]:
    """The places whose group's members are members of the team, with the group."""
    for place in team.places:
        if place.members_from_group and place.group is not None:
            yield place, place.group

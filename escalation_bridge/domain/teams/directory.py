"""All teams and levels, and to which of them an escalation goes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time

from escalation_bridge.domain.teams.permissions import Permissions
from escalation_bridge.domain.teams.procedures import Procedure
from escalation_bridge.domain.teams.reach import Reach
from escalation_bridge.domain.teams.team import Member, Team
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Person, Severity, Ticket


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """Which team takes over which tickets.

    Attributes:
        name: For explanations.
        match: For which tickets.
        reproducible: Only after this answer to the question whether it could be reproduced; None: whatever it was.
        to: The team.
        skills: What the person should know.
    """

    name: str
    match: Condition
    to: str
    reproducible: bool | None = None
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a button of the helpdesk does: it sets a tag or a field, and the bridge obeys as if it were a command.

    Attributes:
        name: For explanations.
        match: When it counts as pressed.
        words: The command, without `/bridge`.
        summary_field: The field with the summary, by the vendor's id; None: there is none.
        remove_tags: Tags that are removed once it was obeyed, so that it can be pressed again.
    """

    name: str
    match: Condition
    words: str
    summary_field: str | None = None
    remove_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discipline:
    """Limits of escalations.

    Attributes:
        most_transfers: After so many transfers an escalation goes to a lead.
        raise_after_days: An escalation that is open for so many days is raised.
        snooze_at_most: The maximum seconds of a snooze.
        summary_required: Whether an escalation by hand needs a summary.
    """

    most_transfers: int = 3
    raise_after_days: int = 30
    snooze_at_most: int = 24 * 3600
    summary_required: bool = True


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """How notices outside of tickets go out.

    Attributes:
        everybody: How members are reached who have no ways of their own.
        page_every: Seconds between the repetitions of a page.
        page_times: After so many unanswered pages the next person is paged.
        gather: Seconds after a notice in which further ones for the same person wait, to be one message.
        digest_at: When digests are sent.
        timezone: The time zone of `digest_at`, for people without quiet hours of their own.
    """

    everybody: Reach = field(default_factory=Reach)
    page_every: int = 5 * 60
    page_times: int = 3
    gather: int = 5 * 60
    digest_at: time = time(8)
    timezone: str = "UTC"


WEIGHTS: Mapping[Severity, int] = {Severity.EMERGENCY: 3, Severity.STANDARD: 1}
"""How much an open escalation counts towards capacities."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The support organisation.

    Attributes:
        teams: By name.
        levels: From the lowest to the highest.
        last_resort: The team that gets what nobody else can take; empty only where there are no teams.
        leads: The team to which an escalation goes that was transferred too often, and whose members are leads; None: the last
            resort gets it, and no team's members are.
        rules: Which team takes over which tickets; the first that fits counts.
        triggers: Buttons of the helpdesks.
        alert: Who is paged about what cannot wait: nobody is there, or an escalation was handed on too often; None: nobody.
        reproduced_field: The field for whether it could be reproduced, by connection; elsewhere agents are asked.
        notices: How notices outside of tickets go out.
        lead_roles: The roles of the helpdesks that make somebody a lead, by connection.
        role_leads: Who has one of these roles, by connection, as the helpdesks last reported.
        channels: The names of the channels.
        procedures: The standard procedures; the first that fits counts.
    """

    teams: Mapping[str, Team] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    last_resort: str = ""
    leads: str | None = None
    rules: tuple[RoutingRule, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    discipline: Discipline = Discipline()
    permissions: Permissions = field(default_factory=Permissions)
    reproduced_field: Mapping[str, str] = field(default_factory=dict)
    alert: str | None = None
    notices: NoticeRules = field(default_factory=NoticeRules)
    lead_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    role_leads: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    channels: frozenset[str] = frozenset()
    procedures: tuple[Procedure, ...] = ()

    # --- teams ----------------------------------------------------------------------------------------------------

    def team_called(self, word: str) -> Team | None:
        """The team of that name or title."""
        wanted = word.casefold()
        for team in self.teams.values():
            if wanted in (team.name.casefold(), team.title.casefold()):
                return team
        return None

    def team_of_route(self, route: str) -> Team | None:
        """The team to which a route leads."""
        return next((team for team in self.teams.values() if route in team.routes), None)

    def team_holding(self, ticket: Ticket) -> Team | None:
        """The team at whose place a ticket is."""
        for team in self.teams.values():
            if any(place.holds(ticket) for place in team.places):
                return team
        return None

    def title_of(self, team: str) -> str:
        """What people call a team; one that is not configured has its name only."""
        found = self.teams.get(team)
        return found.title if found is not None else team

    def level_of(self, team: str | None) -> str | None:
        """The level of a team."""
        found = self.teams.get(team) if team is not None else None
        return found.level if found is not None else None

    def is_higher(self, team: str, other: str | None) -> bool:
        """Whether a team's level is above that of another one; False where one of them has none."""
        level, from_level = self.level_of(team), self.level_of(other)
        if level not in self.levels or from_level not in self.levels:
            return False
        return self.levels.index(level) > self.levels.index(from_level)

    # --- the way of an escalation ---------------------------------------------------------------------------------

    def next_of(self, team: str | None) -> Team | None:
        """The team after another one; for work that no team has, the first one of the lowest level that has a team."""
        if team is not None and team in self.teams:
            following = self.teams[team].next
            return self.teams.get(following) if following is not None else None
        for level in self.levels:
            found = next((each for each in self.teams.values() if each.level == level), None)
            if found is not None:
                return found
        return None

    def of_level(self, level: str, above: str | None) -> Team | None:
        """A level's team: on the way from the present team if there is one, else the level's first."""
        for team in self.way_from(above):
            if (team.level or "").casefold() == level.casefold():
                return team
        teams = self.teams.values()
        return next((team for team in teams if (team.level or "").casefold() == level.casefold()), None)

    def way_from(self, team: str | None) -> Iterator[Team]:
        """The teams after another one, in order, each once."""
        seen = {team}
        following = self.next_of(team)
        while following is not None and following.name not in seen:
            yield following
            seen.add(following.name)
            following = self.next_of(following.name)

    def routed(
        self, ticket: Ticket, classification: Classification, reproducible: bool | None
    ) -> RoutingRule | None:
        """The first rule that fits a ticket."""
        for rule in self.rules:
            known = rule.reproducible is None or rule.reproducible is reproducible
            if known and rule.match(ticket, classification):
                return rule
        return None

    def needs_reproduction(self, ticket: Ticket, classification: Classification) -> bool:
        """Whether the first rule that could fit a ticket depends on the answer to whether it could be reproduced."""
        first = next((rule for rule in self.rules if rule.match(ticket, classification)), None)
        return first is not None and first.reproducible is not None

    # --- people ---------------------------------------------------------------------------------------------------

    def member(self, person: Person, connection: str) -> Member | None:
        """The member who a helpdesk's person is; see `member_called`."""
        return self._known(lambda team: team.member(person, connection))

    def member_called(self, email: str) -> Member | None:
        """The member with an e-mail address; a lead of one team is one everywhere, as is everybody in the team of leads."""
        return self._known(lambda team: team.member_called(email))

    def _known(self, found_in: Callable[[Team], Member | None]) -> Member | None:
        """Somebody as the team knows the person that says most."""
        known = {team.name: found_in(team) for team in self.teams.values()}
        among_leads = known.get(self.leads) if self.leads is not None else None
        if among_leads is not None:
            return replace(among_leads, is_lead=True)
        found = [member for member in known.values() if member is not None]
        return next((member for member in found if member.is_lead), found[0] if found else None)

    def is_role_lead(self, person: Person, connection: str) -> bool:
        """Whether a helpdesk's person has a role there that makes a lead."""
        return any(each.id == person.id for each in self.role_leads.get(connection, ()))

    def teams_of(self, person: Person, connection: str) -> tuple[Team, ...]:
        """The teams in which a helpdesk's person is."""
        return tuple(team for team in self.teams.values() if team.member(person, connection) is not None)

    def reach_of(self, member: Member) -> Reach:
        """How a member gets notices; who is in several teams need have ways in one of them only."""
        known = (member, *(team.member_called(member.email) for team in self.teams.values()))
        own = (each.reach for each in known if each is not None and each.reach is not None)
        return next(own, self.notices.everybody)

    def name_of(self, email: str | None) -> str:
        """What people call somebody, from the e-mail address."""
        if email is None:
            return ""
        found = self.member_called(email)
        return found.name if found is not None else email


NOBODY = Directory()
"""Without teams: escalations go along routes only."""

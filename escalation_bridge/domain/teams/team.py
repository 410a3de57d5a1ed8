"""A team: its place in the helpdesks, its members, when it works, and who comes after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from escalation_bridge.domain.routes.package_rule import COMMON, PackageRule
from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.teams.reach import Reach
from escalation_bridge.domain.teams.rota import Rota
from escalation_bridge.domain.tickets.conditions import texts_of
from escalation_bridge.domain.tickets.tickets import Person, Ticket, TicketChange


class Assignment(StrEnum):
    """Who of a team gets an escalation.

    NOBODY: the team takes it from its queue. ROUND_ROBIN: whose last one is longest ago. LEAST_LOADED: who has the least open
    ones, weighted by severity. ON_CALL: who is on the rota now.
    """

    NOBODY = "nobody"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    ON_CALL = "on_call"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a team.

    Attributes:
        email: The address; it identifies the person in all helpdesks that show it.
        name: For people; the address if none is configured.
        skills: Words that routing rules may ask for.
        languages: As codes: en, id.
        is_lead: Leads may act on every team's tickets.
        capacity: The maximum weight of open escalations; None: unlimited.
        accounts: The person's id or name at connections that hide e-mail addresses, by connection. Freshdesk shows agents'
            addresses to administrators only (https://developers.freshdesk.com/api/#agents).
        is_away: Whether a helpdesk says that the person is away now.
        reach: How the person gets notices; None: as `Directory.notices` says for everybody.
    """

    email: str
    name: str
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    is_lead: bool = False
    capacity: int | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    is_away: bool = False
    reach: Reach | None = None

    def is_person(self, person: Person, connection: str) -> bool:
        """Whether a helpdesk's person is this member: by the id that is configured for it, else by e-mail.

        A configured name counts only for people whose address the helpdesk hides: everybody can change the own name.
        """
        own = self.accounts.get(connection)
        if own is not None and own.casefold() == person.id.casefold():
            return True
        if person.email is not None:
            return person.email.casefold() == self.email.casefold()
        return own is not None and own.casefold() == person.name.casefold()

    def account_at(self, connection: str) -> str:
        """What names the person as an assignee of a connection."""
        return self.accounts.get(connection, self.email)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a team's tickets are at one connection.

    Attributes:
        group: The group of agents, by name or id; None: the helpdesk has none, or another field names the team.
        tags: Tags that its tickets get.
        fields: The values of fields by which its queue filters, by the fields' ids: a choice by its name, or as the vendor has it.
        status: The status of a ticket that is handed to it; None: it stays.
        members_from_group: Whether the members of the group are members of the team.
        package: What the team reads about an escalation.
    """

    connection: str
    group: str | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    status: str | None = None
    members_from_group: bool = False
    package: PackageRule = COMMON

    @property
    def change(self) -> TicketChange:
        """What moves a ticket there."""
        return TicketChange(status=self.status, group=self.group, add_tags=self.tags, fields=self.fields)

    def holds(self, ticket: Ticket) -> bool:
        """Whether a ticket is there: in its group, or without a group with all its values."""
        if ticket.ref.connection != self.connection:
            return False
        if self.group is not None:
            group = ticket.group
            name = self.group.casefold()
            return group is not None and name in (group.id.casefold(), group.name.casefold())
        has_fields = all(
            set(texts_of(value)) <= set(texts_of(ticket.custom_fields.get(name)))
            for name, value in self.fields.items()
        )
        has_tags = set(self.tags) <= set(ticket.tags)
        return bool(self.fields or self.tags) and has_fields and has_tags


@dataclass(frozen=True, slots=True)
class Team:
    """A team of one level.

    Attributes:
        name: Its name in the configuration, in commands, and in the store.
        title: What people call it.
        level: Its level; None: outside of the levels, such as a department.
        places: Where its tickets are, at most one per connection.
        routes: The routes that lead to it.
        members: Its members; empty: only the helpdesk knows them.
        calendar_name: The name of its calendar.
        calendar: When it works.
        capacity: The maximum weight of open escalations; None: unlimited.
        assignment: Who of it gets an escalation.
        rota: Who is on call; None: nobody is.
        next: The team to which an escalation goes on from here.
        reach: How the team gets notices, such as a room of a chat; without ways, its people get them.
        requires: What it needs to know: `summary`, `tried`, `reproduced`.
        required_fields: Custom fields that have to be filled in, by connection: label by the vendor's id.
    """

    name: str
    title: str
    level: str | None
    places: tuple[Place, ...]
    routes: tuple[str, ...]
    members: tuple[Member, ...]
    calendar_name: str
    calendar: Calendar
    capacity: int | None = None
    assignment: Assignment = Assignment.NOBODY
    rota: Rota | None = None
    next: str | None = None
    reach: Reach = field(default_factory=Reach)
    requires: tuple[str, ...] = ()
    required_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def place_at(self, connection: str) -> Place | None:
        """Its place at a connection."""
        return next((place for place in self.places if place.connection == connection), None)

    def member(self, person: Person, connection: str) -> Member | None:
        """The member who a helpdesk's person is."""
        return next((each for each in self.members if each.is_person(person, connection)), None)

    def member_named(self, name: str) -> Member | None:
        """The one member who is called so: by address, name, or a part of the name that only one has."""
        wanted = name.casefold().lstrip("@")
        exact = [each for each in self.members if wanted in (each.email.casefold(), each.name.casefold())]
        parts = [each for each in self.members if wanted in each.name.casefold().split()]
        found = exact or parts
        return found[0] if len(found) == 1 else None

    def member_called(self, email: str) -> Member | None:
        """The member with an e-mail address."""
        return next((each for each in self.members if each.email.casefold() == email.casefold()), None)

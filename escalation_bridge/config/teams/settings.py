"""The models of teams, and of the rules of escalations."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from escalation_bridge.config.conditions import When
from escalation_bridge.config.notices import DayHoursSettings, WaySettings
from escalation_bridge.config.routes import PackageSettings
from escalation_bridge.config.teams.rota_calendars import UnreadableCalendar, parse_rota_calendar
from escalation_bridge.config.values import Name, TimeOfDay, Window, Word, Zone
from escalation_bridge.domain.teams.permissions import Circle
from escalation_bridge.domain.teams.team import Assignment
from escalation_bridge.plugin.http.addresses import UnclearAddress, parse_address
from escalation_bridge.plugin.settings import Resolved, Settings


def _address(text: str) -> str:
    local, at, domain = text.strip().partition("@")
    if not (local and at and domain) or " " in text.strip():
        raise PydanticCustomError("address", "allowed: an e-mail address such as sari@example.com")
    return text.strip().casefold()


def _calendar_source(value: object) -> str:
    """The text of a file, or an address. A reference may hold either: addresses of calendars are often secret."""
    text = str(value).strip()
    if text.casefold().startswith(("https://", "http://")):
        return _calendar_address(text)
    if not isinstance(value, Resolved):
        raise PydanticCustomError(
            "calendar_source", "allowed: an iCalendar file such as file:rota.ics, or an https:// address"
        )
    try:
        parsed = parse_rota_calendar(value)
    except UnreadableCalendar as error:
        raise PydanticCustomError("calendar", "{reason}", {"reason": str(error)}) from None
    if parsed.problems:
        raise PydanticCustomError(
            "calendar", "{reason}", {"reason": "; ".join(parsed.problems[:_MOST_PROBLEMS])}
        )
    return str(value)


def _calendar_address(text: str) -> str:
    try:
        address = parse_address(text)
    except UnclearAddress as error:
        raise PydanticCustomError(
            "calendar_address", "no plain address: {reason}", {"reason": str(error)}
        ) from None
    if not address.is_secure:
        raise PydanticCustomError(
            "calendar_address", "must begin with https:// (http:// is only allowed for this machine itself)"
        )
    return text


Address = Annotated[str, AfterValidator(_address)]


CalendarSource = Annotated[
    str,
    BeforeValidator(_calendar_source, json_schema_input_type=str),
    Field(examples=["file:rota.ics", "${ROTA_URL}", "https://calendar.example.com/rota.ics"]),
]
"""The text of an iCalendar file, or the address of one."""
_MOST_PROBLEMS = 5
"""How many problems of a calendar are listed."""


class PlaceSettings(Settings):
    """Where a team's tickets are at one connection."""

    connection: str
    """The connection."""
    group: Word | None = None
    """The group of agents, by name or id, where the helpdesk has groups."""
    tags: tuple[Word, ...] = ()
    """Tags that its tickets get."""
    fields: Mapping[str, Any] = Field(default_factory=dict)
    """The values of fields by which its queue filters, in the helpdesk's own terms."""
    status: Word | None = None
    """The status of a ticket that is handed to it. If omitted, it stays."""
    members_from_group: bool = False
    """Whether the members of the group are members of the team. The worker reads them every 15 minutes."""
    package: PackageSettings = PackageSettings()
    """What the team reads about an escalation, in an internal note."""


class MemberSettings(Settings):
    """A member of a team."""

    email: Address
    """The e-mail address; it identifies the person in all helpdesks that show it."""
    name: str | None = None
    """The name for people. If omitted: the address."""
    skills: tuple[Word, ...] = ()
    """Words that routing rules may ask for."""
    languages: tuple[Word, ...] = ()
    """Codes of the languages: en, id."""
    lead: bool = False
    """Leads may act on every team's tickets."""
    capacity: int | None = Field(default=None, ge=1)
    """The maximum weight of open escalations; an emergency weighs 3."""
    accounts: Mapping[str, Word] = Field(default_factory=dict)
    """The person's id or name at connections that hide e-mail addresses, by connection."""
    notify: tuple[WaySettings, ...] | None = None
    """How the person gets notices. If omitted: as `notices: everybody` says."""
    quiet: DayHoursSettings | None = None
    """When the person gets only what pages. If omitted: as `notices` says."""


class ShiftSettings(Settings):
    """People take turns."""

    people: tuple[Address, ...] = Field(min_length=1)
    """E-mail addresses, in the order of their turns."""
    start: date
    """The date of the first hand-over."""
    days: int = Field(default=7, ge=1, le=366)
    """The length of a turn in days."""
    at: TimeOfDay = Field(default="09:00", validate_default=True)
    """The time of day of the hand-over."""
    timezone: Zone
    """The time zone of `at` and `hours`."""
    hours: tuple[TimeOfDay, TimeOfDay] | None = None
    """On call between these times only; a span over midnight is allowed. If omitted: around the clock."""
    until: date | None = None
    """The date on which the rota ends."""


class OverrideSettings(Settings):
    """Somebody is on call in place of the rota."""

    start: datetime
    end: datetime
    person: Address


class RotaCalendarSettings(Settings):
    """A calendar whose events are turns. An event is the turn of the members that it names."""

    source: CalendarSource
    """An iCalendar file (file:rota.ics), which is read at the start, or an https address, which is read every 15 minutes."""
    timezone: Zone | None = None
    """The zone of whole days, and of times without one. If omitted: the calendar's own, else that of the team's calendar."""


class RotaSettings(Settings):
    """Who is on call. Several shifts in different time zones follow the sun."""

    shifts: tuple[ShiftSettings, ...] = ()
    overrides: tuple[OverrideSettings, ...] = ()
    """They come before the shifts."""
    calendar: RotaCalendarSettings | None = None
    """A calendar with further turns."""


class TeamSettings(Settings):
    """A team that takes escalations over."""

    title: str | None = None
    """What people call it. If omitted: its name."""
    level: str | None = None
    """Its level, one of `levels`. If omitted, it is outside of them, such as a department."""
    places: tuple[PlaceSettings, ...] = ()
    """Where its tickets are, at most one place per connection."""
    routes: tuple[str, ...] = ()
    """The routes that lead to it."""
    members: tuple[MemberSettings, ...] = ()
    """Its members. If omitted, the helpdesk alone knows them."""
    calendar: str = "always"
    """The name of a calendar: when it works."""
    capacity: int | None = Field(default=None, ge=1)
    """The maximum weight of its open escalations; an emergency weighs 3."""
    assign: Assignment = Assignment.NOBODY
    """Who of it gets an escalation: nobody (its queue), round_robin, least_loaded or on_call."""
    rota: RotaSettings | None = None
    """Who is on call."""
    next: str | None = None
    """The team to which an escalation goes on from here."""
    notify: tuple[WaySettings, ...] = ()
    """How the team gets notices, such as a room of a chat. If omitted, its people get them: who is on call, else leads, else all."""
    requires: tuple[Literal["summary", "tried", "reproduced"], ...] = ()
    """What it needs to know: summary, tried, reproduced. An escalation by hand without it is answered with what is missing."""
    required_fields: Mapping[str, Mapping[Word, str]] = Field(default_factory=dict)
    """Custom fields that have to be filled in, by connection: the label by the field's id."""


class RoutingRuleSettings(Settings):
    """Which team takes over which tickets."""

    name: Name
    when: When = Field(default_factory=dict)
    """Which tickets, written like a policy's `when`."""
    reproducible: Literal["yes", "no"] | None = None
    """Only after this answer to the question whether it could be reproduced."""
    to: str
    """The team."""
    skills: tuple[Word, ...] = ()
    """What the person should know."""


class TriggerSettings(Settings):
    """A button of the helpdesk: a macro, scenario or automation sets a tag or a field, and the bridge obeys."""

    name: Name
    when: When
    """When it counts as pressed."""
    command: Annotated[str, Field(min_length=1)]
    """The command without /bridge, such as `escalate payments`."""
    summary_field: Word | None = None
    """The id of the field that has the summary."""
    remove_tags: tuple[Word, ...] = ()
    """Tags that are removed once it was obeyed, so that it can be pressed again."""


class EscalationSettings(Settings):
    """Rules for all escalations."""

    last_resort: str | None = None
    """The team that gets what nobody else can take. Required if there are teams."""
    leads: str | None = None
    """The team to which an escalation goes that was transferred too often. Its members are leads. If omitted: the last resort."""
    rules: tuple[RoutingRuleSettings, ...] = ()
    """Which team takes over which tickets; the first rule that fits a ticket counts."""
    triggers: tuple[TriggerSettings, ...] = ()
    """Buttons of the helpdesks."""
    may: Mapping[str, Circle] = Field(default_factory=dict)
    """Who may use a command: anybody (who may write internal notes), members (of any team), team (that has the ticket) or
    leads.
    """
    lead_roles: Mapping[str, tuple[Word, ...]] = Field(default_factory=dict)
    """The roles of a helpdesk that make somebody a lead, by connection, such as `[admin, Team lead]`. The worker reads every 15
    minutes who has them.
    """
    most_transfers: int = Field(default=3, ge=1)
    """After so many transfers an escalation goes to the leads."""
    raise_after_days: int = Field(default=30, ge=1)
    """An escalation that is open for so many days goes to the next level."""
    snooze_at_most: Window = Field(default="24h", validate_default=True)
    """The longest snooze."""
    require_summary: bool = True
    """Whether `/bridge escalate` needs a summary."""
    alert: str | None = None
    """Who is paged when nobody is there or an escalation was handed on too often: a team, a member, a channel, or a name that an
    extension serves.
    """
    reproduced_field: Mapping[str, Word] = Field(default_factory=dict)
    """The id of the field for whether it could be reproduced, by connection. Elsewhere agents are asked."""

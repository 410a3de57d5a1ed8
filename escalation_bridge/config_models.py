"""What an admin writes: the models of the configuration file, apart from the connections, whose models the plugins bring."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self, TypeGuard

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.config_conditions import Values, When
from escalation_bridge.config_fields import FieldsSync
from escalation_bridge.domain.calendar import HORIZON_FIRST, HORIZON_LAST
from escalation_bridge.domain.policy import Metric, StepClock
from escalation_bridge.domain.routes import Ask, DoneWhen, DraftReply, Keep, Side, Take, TooLate
from escalation_bridge.domain.tickets import Priority, StatusKind, Visibility
from escalation_bridge.settings import Settings

_UNITS = {"s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(?:\d+[smh]\s*)+")
_LONGEST_WINDOW = 720 * 3600
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT = re.compile(r"(?:(?P<percent>\d{1,4})\s*%|due\s*(?:(?P<sign>[+-])\s*(?P<offset>(?:\d+[smh]\s*)+))?)")


def _duration(value: object) -> object:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smh])", value))
    raise PydanticCustomError(
        "duration",
        "allowed: a duration in working time: 90s, 15m, 8h, 1h 30m (a day is as long as the calendar says)",
    )


def _window(value: object) -> object:
    """How long after something happened, in all time; 0 and `none`: not at all."""
    if value is None or value == "none" or (value == 0 and not isinstance(value, bool)):
        return 0
    if isinstance(value, str) and _DURATION.fullmatch(value):
        seconds = _duration(value)
        if isinstance(seconds, int) and seconds <= _LONGEST_WINDOW:
            return seconds
    raise PydanticCustomError("window", "allowed: a duration up to 720h such as 24h or 90m, or none")


def _moment(value: object) -> object:
    match = _AT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError(
            "moment", "allowed: a share of the target such as 80%, or due, due - 10m, due + 30m"
        )
    return value


def _is_date(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def _since(value: object) -> date:
    try:
        since = date.fromisoformat(value) if _is_date(value) else datetime.fromisoformat(str(value))
    except ValueError:
        since = None
    day = since.date() if isinstance(since, datetime) else since
    has_zone = not isinstance(since, datetime) or since.tzinfo is not None
    if day is not None and HORIZON_FIRST < day < HORIZON_LAST and has_zone:
        return since.astimezone(UTC) if isinstance(since, datetime) else day
    raise PydanticCustomError(
        "since",
        "allowed: a date such as 2026-12-31, or an instant with its offset such as 2026-12-31T09:00:00+07:00, "
        f"between {HORIZON_FIRST} and {HORIZON_LAST}",
    )


def _not_all_the_time(seconds: int) -> int:
    if seconds < 60:
        raise PydanticCustomError("interval", "allowed: 1m or longer")
    return seconds


Duration = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(description="Working time: 90s, 15m, 8h, 1h 30m", examples=["15m", "8h"]),
]
Window = Annotated[
    int,
    BeforeValidator(_window, json_schema_input_type=str | int | None),
    Field(description="All time: 90m, 24h; 0 or none: not at all", examples=["24h", "none"]),
]
Moment = Annotated[str, BeforeValidator(_moment), Field(examples=["80%", "due", "due - 10m", "due + 30m"])]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""A name the admin gives: lower case letters, digits, - and _."""

Since = Annotated[
    date,
    PlainValidator(_since, json_schema_input_type=str),
    Field(examples=["2026-12-31", "2026-12-31T09:00:00+07:00"]),
]
"""A date, or (`datetime`) an instant in UTC."""

FileKind = Annotated[
    str, Field(pattern=r"^(\.[^\s/*]*[^\s/*.]|[\w.+-]+/(\*|[\w.+-]+))$", examples=[".exe", "video/*"])
]
"""The ending of a file's name, or a content type."""

Language = Literal["en", "id"]


def parse_moment(moment: str) -> tuple[int, int]:
    """What a step's `at` means: percent of the target, and seconds after that."""
    match = _AT.fullmatch(moment.strip())
    if match is None:
        raise ValueError(moment)
    if match["percent"] is not None:
        return int(match["percent"]), 0
    offset = sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smh])", match["offset"] or ""))
    return 100, -offset if match["sign"] == "-" else offset


class BridgeSettings(Settings):
    """The bridge itself."""

    database: str = "sqlite:///bridge.db"
    """Where it remembers: `sqlite:///path/to/bridge.db`, or `postgresql+psycopg://user@host/name`."""
    language: Language = "en"
    """The language of what it writes into tickets: en or id. A connection may have another."""
    listen: str = Field(default="127.0.0.1:8080", pattern=r"^[^\s:]+:\d{1,5}$")
    """Where the receiver listens, host:port. Put a TLS proxy in front of it."""
    public_url: str | None = None
    """Under which address the vendors reach the receiver."""
    worker_threads: int = Field(default=4, ge=1, le=64)
    """How many cases are worked on at the same time."""
    catch_up_per_minute: int = Field(default=60, ge=1)
    """How many ladder steps are made up for within a minute after a standstill."""
    reconcile_minutes: int = Field(default=5, ge=0, le=1440)
    """How often the bridge looks by itself for changes that no webhook told of; 0: only when `reconcile` is called."""
    extensions: tuple[str, ...] = ()
    """Which of the installed extensions decide, object and listen."""
    block_plugins: tuple[str, ...] = ()
    """Plugins that are not loaded although they are installed."""


class StepAction(Settings):
    """One thing that a step does: exactly one of these."""

    note: str | None = None
    """An internal note: the name of a message, such as sla_warning or sla_breached."""
    priority: Literal["raise"] | Priority | None = None
    """`raise` to the next higher one, or to the one named. It is never lowered."""
    escalate: str | None = None
    """Hand the case on along this route."""
    notify: str | None = None
    """A notice to these people, through an extension that serves them."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_action",
                "one action needs exactly one of note, priority, escalate, notify; write a list item for each",
            )
        return self


class RepeatSettings(Settings):
    """How a step comes again."""

    every: Annotated[Duration, AfterValidator(_not_all_the_time)]
    """How long after the time before, in the step's `clock`."""
    at_most: int = Field(ge=2, le=100)
    """How many times in all, the first included."""


class LadderStep(Settings):
    """What happens at one point of a clock, at most once per cycle."""

    id: Name
    """Its name in explanations; steps keep their identity by it."""
    metric: Metric
    """Which clock: first_response, next_response, resolution or update."""
    at: Moment
    """When: a share of the target (80%), or due, due - 10m, due + 30m."""
    clock: StepClock = StepClock.BUSINESS
    """What the offset from due, and a repetition, are counted in: business (working time) or calendar (all time)."""
    condition: When | None = Field(default=None, alias="if")
    """What must hold at that time; written like a policy's `when`. Left out: always."""
    do: tuple[StepAction, ...] = Field(min_length=1)
    """What, in this order."""
    repeat: RepeatSettings | None = None
    """Whether it comes again while nobody answers or acknowledges. Only at or after due. Left out: it does not."""
    page: bool = False
    """Whether notices go out at any hour. Otherwise they wait for the working hours."""
    refire_on_retarget: bool = False
    """Whether it happens again when another target puts its time ahead once more."""


class TargetSettings(Settings):
    """How long each metric may take, by severity and by priority; where both name a metric, severity counts."""

    default: Mapping[Metric, Duration] = Field(default_factory=dict)
    """For what is not named below, and for tickets without a priority."""
    low: Mapping[Metric, Duration] = Field(default_factory=dict)
    normal: Mapping[Metric, Duration] = Field(default_factory=dict)
    high: Mapping[Metric, Duration] = Field(default_factory=dict)
    urgent: Mapping[Metric, Duration] = Field(default_factory=dict)
    emergency: Mapping[Metric, Duration] = Field(default_factory=dict)
    """For cases that are classified as emergencies, whatever their priority."""
    standard: Mapping[Metric, Duration] = Field(default_factory=dict)
    """For all other cases, whatever their priority."""

    def metrics(self) -> set[Metric]:
        """What anything is promised about."""
        return {metric for name in type(self).model_fields for metric in getattr(self, name)}


class PolicySettings(Settings):
    """What is promised to whom. The first policy whose `when` fits a ticket counts."""

    name: Name
    when: When = Field(default_factory=dict)
    """Which tickets: fields with the values of which they must have one, or all, any, none. Left out: all tickets."""
    calendar: str = "always"
    """The name of a calendar, or `always`."""
    targets: TargetSettings
    ladder: tuple[LadderStep, ...] = ()
    pause_while: Mapping[Metric, tuple[StatusKind, ...]] = Field(default_factory=dict)
    """In which kinds of status a clock pauses. By default resolution and update pause while the customer is waited for."""
    stale_after: Duration = Field(default="24h", validate_default=True)
    """A step that is found later than this, after a standstill for instance, is logged and not carried out."""
    enforce_from: Since | None = None
    """Tickets opened before this have clocks and no ladder. A date begins at 00:00 in the calendar's time zone."""
    hourly_cap: int | None = Field(default=None, ge=1)
    """How many steps of this policy are carried out within an hour at most, over all cases."""
    effective_from: Since | None = None
    """Only tickets opened from then on fall under it. A date begins at 00:00 in the calendar's time zone."""


class ContractSettings(Settings):
    """A customer's own terms: what differs from the policy that fits the customer's ticket."""

    name: Name
    organisations: Values | None = None
    """Whose, by name or id at the helpdesk."""
    when: When | None = None
    """Whose, by any other condition; beside `organisations`, which of their tickets."""
    calendar: str | None = None
    """The name of a calendar. Left out: the policy's."""
    targets: TargetSettings = TargetSettings()
    """What is given here counts before anything that the policy says about the same metric."""
    effective_from: Since | None = None
    """Only tickets opened from then on fall under it. A date begins at 00:00 in the contract's calendar, without one in UTC."""

    @model_validator(mode="after")
    def _says_whose_and_what(self) -> Self:
        if not self.organisations and not self.when:
            raise PydanticCustomError("whose", "a contract needs organisations, or a condition under when")
        if self.calendar is None and not self.targets.metrics():
            raise PydanticCustomError("no_terms", "a contract needs a calendar or targets of its own")
        return self


class ReopenSettings(Settings):
    """What happens when one of two tickets that are both done is taken up again."""

    linked_status: str | None = None
    """The linked ticket's status when the customer's is reopened. Left out: as `to_linked` says."""
    origin_status: str | None = None
    """The customer's ticket's status when the linked one is reopened. Left out: as `to_origin` says."""
    within_days: int | None = Field(default=None, ge=1, le=3650)
    """How long after it was done a ticket is taken up again together with the other one. Left out: always."""
    too_late: TooLate = TooLate.NOTE
    """After that: `note` tells the agents, `new_ticket` creates another linked ticket, for a customer's ticket that is reopened."""
    at_most: int = Field(default=5, ge=1, le=100)
    """How often within a day the bridge reopens a ticket of a link, before the link is held and a person has to look."""


class StatusSync(Settings):
    """How a status on one side shows on the other.

    Keys are a status's name or id at its vendor, or a kind (new, open, waiting_customer, waiting_third_party, solved,
    closed). Values are words of the other vendor, `keep` to change nothing, or `ask` to change nothing and ask the agents
    of the other ticket by an internal note. What is not listed holds the link.
    """

    owner: Side | None = None
    """Whose status wins when both changed at once: origin or linked. Left out: a person chooses."""
    to_linked: Mapping[str, str] = Field(default_factory=dict)
    to_origin: Mapping[str, str] = Field(default_factory=dict)
    one_way: tuple[str, ...] = ()
    """Keys of either map that are meant to come back as another status: `config check` refuses all others."""
    reopen: ReopenSettings = ReopenSettings()
    """What happens when a ticket that was done is taken up again."""


class CommentSync(Settings):
    """Which comments are carried over, and who may read them there."""

    take: Take
    """none, public (what customers can read) or all."""
    write: Visibility = Visibility.PRIVATE
    """private or public. Public reaches the customer; what is private where it was said stays private all the same."""


class CommentsSync(Settings):
    """Both directions; by default customers' words go to the linked ticket, and everything comes back as internal notes."""

    to_linked: CommentSync = CommentSync(take=Take.PUBLIC)
    to_origin: CommentSync = CommentSync(take=Take.ALL)
    follow_edits: Window = Field(default="24h", validate_default=True)
    """For how long after a comment was written its edits are carried over, and that it was taken back. 0 or none: never."""
    trim_quotes: bool = True
    """Whether what mail programs add below an answer, the message that it answers and a signature, is left out."""


class AttachmentsSync(Settings):
    """Which files go along with the comments that are carried over, either way; the others are named in the other ticket."""

    max_mb: int = Field(default=10, ge=1, le=500)
    """How large a file may be, in units of 1024 x 1024 bytes."""
    refuse: tuple[FileKind, ...] = ()
    """What is not passed on: endings of names such as .exe, content types such as application/zip or video/*."""


class LegSettings(Settings):
    """What the team behind the linked tickets promises for the time in which it holds the ball."""

    target: Duration
    """Working time in all, over every time it has the ticket."""
    calendar: str = "always"
    """The team's own working hours."""


class WriteBudgetSettings(Settings):
    """How much the bridge changes over one link before somebody has to look: another robot may answer every change."""

    changes: int = Field(default=10, ge=1, le=1000)
    """How many changes of fields within `minutes`; of fresh comments three times as many."""
    minutes: int = Field(default=5, ge=1, le=1440)
    quiet_minutes: int = Field(default=30, ge=1, le=10080)
    """After how long without any change in either ticket it goes on by itself."""


class RouteSettings(Settings):
    """A way from one connection's tickets to another's."""

    origin: str = Field(alias="from")
    """The connection where customers' tickets are."""
    linked: str = Field(alias="to")
    """The connection where linked tickets are created."""
    create: Mapping[str, Any] = Field(default_factory=dict)
    """What every linked ticket carries, in that vendor's terms: see the plugin's README."""
    labels: tuple[str, ...] = ()
    """Labels or tags of the linked ticket."""
    priorities: Mapping[Priority, Priority] = Field(default_factory=dict)
    """Which priority the linked ticket gets; one that is not named stays as it is."""
    handed_on_status: str | None = None
    """The customer's ticket's status from the hand-over on."""
    tell_customer: bool = False
    """Whether the customer is told, publicly, that a specialist has taken over."""
    leg: LegSettings | None = None
    """The operational target of the linked ticket's team; when it is missed, they are told in their own ticket."""
    done_when: DoneWhen = DoneWhen.ALL
    """Of several linked tickets of one customer's ticket: whether all or any of them have to be done before it is handed back."""
    draft_reply: DraftReply = DraftReply.SHARED
    """Whether a reply to the customer is suggested in an internal note, never sent, when the linked ticket is done: shared (where
    several customers wait for it), always or never."""
    raise_priority: bool = True
    """Whether a linked ticket for which several customers wait gets the highest of their priorities. It is never lowered."""
    status: StatusSync = StatusSync()
    fields: FieldsSync = FieldsSync()
    """Which further fields are kept in step: priority, severity, assignee, tags, custom."""
    comments: CommentsSync = CommentsSync()
    write_budget: WriteBudgetSettings = WriteBudgetSettings()
    """When a link is held because too much is written over it."""
    attachments: bool | AttachmentsSync = True
    """Whether files go along with the comments that are carried over; with limits: a mapping of them."""


class ConfigurationFile(Settings):
    """Escalation Bridge's configuration."""

    bridge: BridgeSettings = BridgeSettings()
    connections: Mapping[Name, Any]
    """The accounts, by the names that you give them."""
    calendars: Mapping[Name, Any] = Field(default_factory=dict)
    """Working hours, by name. `always` is there already."""
    policies: tuple[PolicySettings, ...] = ()
    """What is promised; the first one that fits a ticket counts."""
    contracts: tuple[ContractSettings, ...] = ()
    """Customers' own terms; the first one that fits a ticket counts."""
    routes: Mapping[Name, RouteSettings] = Field(default_factory=dict)
    """Where cases are handed on."""


KEEP, ASK = str(Keep.KEEP), str(Ask.ASK)

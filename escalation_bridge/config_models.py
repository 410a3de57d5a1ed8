"""What an admin writes: the models of the configuration file, apart from the connections, whose models the plugins bring."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.domain.policy import MATCHABLE, Metric
from escalation_bridge.domain.routes import Keep, Side, Take
from escalation_bridge.domain.tickets import Priority, StatusKind, Visibility
from escalation_bridge.settings import Settings

_UNITS = {"s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(?:\d+[smh]\s*)+")
_AT = re.compile(r"(?:(?P<percent>\d{1,4})\s*%|due\s*(?:(?P<sign>[+-])\s*(?P<offset>(?:\d+[smh]\s*)+))?)")


def _duration(value: object) -> object:
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smh])", value))
    raise PydanticCustomError(
        "duration",
        "allowed: a duration in working time: 90s, 15m, 8h, 1h 30m (a day is as long as the calendar says)",
    )


def _moment(value: object) -> object:
    match = _AT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError(
            "moment", "allowed: a share of the target such as 80%, or due, due - 10m, due + 30m"
        )
    return value


Duration = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=str),
    Field(description="Working time: 90s, 15m, 8h, 1h 30m", examples=["15m", "8h"]),
]
Moment = Annotated[str, BeforeValidator(_moment), Field(examples=["80%", "due", "due - 10m", "due + 30m"])]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""A name the admin gives: lower case letters, digits, - and _."""

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


class LadderStep(Settings):
    """What happens at one point of a clock, at most once per cycle."""

    id: Name
    """Its name in explanations; steps keep their identity by it."""
    metric: Metric
    """Which clock: first_response, next_response, resolution or update."""
    at: Moment
    """When: a share of the target (80%), or due, due - 10m, due + 30m."""
    do: tuple[StepAction, ...] = Field(min_length=1)
    """What, in this order."""


class TargetSettings(Settings):
    """How long each metric may take, by priority."""

    default: Mapping[Metric, Duration] = Field(default_factory=dict)
    """For priorities that are not named, and for tickets without one."""
    low: Mapping[Metric, Duration] = Field(default_factory=dict)
    normal: Mapping[Metric, Duration] = Field(default_factory=dict)
    high: Mapping[Metric, Duration] = Field(default_factory=dict)
    urgent: Mapping[Metric, Duration] = Field(default_factory=dict)


class PolicySettings(Settings):
    """What is promised to whom. The first policy whose `when` fits a ticket counts."""

    name: Name
    when: Mapping[Literal[MATCHABLE], tuple[str, ...]] = Field(default_factory=dict)  # type: ignore[valid-type]
    """Which tickets: each field named must have one of the values given. Left out: all tickets."""
    calendar: str = "always"
    """The name of a calendar, or `always`."""
    targets: TargetSettings
    ladder: tuple[LadderStep, ...] = ()
    pause_while: Mapping[Metric, tuple[StatusKind, ...]] = Field(default_factory=dict)
    """In which kinds of status a clock pauses. By default resolution and update pause while the customer is waited for."""
    stale_after: Duration = Field(default="24h", validate_default=True)
    """A step that is found later than this, after a standstill for instance, is logged and not carried out."""


class StatusSync(Settings):
    """How a status on one side shows on the other.

    Keys are a status's name or id at its vendor, or a kind (new, open, waiting_customer, waiting_third_party, solved,
    closed). Values are words of the other vendor, or `keep` to change nothing. What is not listed holds the link.
    """

    owner: Side | None = None
    """Whose status wins when both changed at once: origin or linked. Left out: a person chooses."""
    to_linked: Mapping[str, str] = Field(default_factory=dict)
    to_origin: Mapping[str, str] = Field(default_factory=dict)


class CommentSync(Settings):
    """Which comments are carried over, and who may read them there."""

    take: Take
    """none, public (what customers can read) or all."""
    write: Visibility = Visibility.PRIVATE
    """private or public. Public reaches the customer."""


class CommentsSync(Settings):
    """Both directions; by default customers' words go to the linked ticket, and everything comes back as internal notes."""

    to_linked: CommentSync = CommentSync(take=Take.PUBLIC)
    to_origin: CommentSync = CommentSync(take=Take.ALL)


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
    status: StatusSync = StatusSync()
    comments: CommentsSync = CommentsSync()


class ConfigurationFile(Settings):
    """Escalation Bridge's configuration."""

    bridge: BridgeSettings = BridgeSettings()
    connections: Mapping[Name, Any]
    """The accounts, by the names that you give them."""
    calendars: Mapping[Name, Any] = Field(default_factory=dict)
    """Working hours, by name. `always` is there already."""
    policies: tuple[PolicySettings, ...] = ()
    """What is promised; the first one that fits a ticket counts."""
    routes: Mapping[Name, RouteSettings] = Field(default_factory=dict)
    """Where cases are handed on."""


KEEP = str(Keep.KEEP)

"""What an admin writes: the models of the configuration file, apart from the connections, whose models the plugins bring."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.config.conditions import Values, When
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.values import Duration, Language, Moment, Name, Since, TargetTime
from escalation_bridge.domain.escalation.action import ActionKind
from escalation_bridge.domain.escalation.actions import BY_WORD as ACTIONS
from escalation_bridge.domain.sla.policy import Metric, Start, StepClock
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.plugin.settings import Settings


def _not_all_the_time(seconds: int) -> int:
    if seconds < 60:
        raise PydanticCustomError("interval", "allowed: 1m or longer")
    return seconds


class BridgeSettings(Settings):
    """The bridge itself."""

    database: str = "sqlite:///bridge.db"
    """Where it remembers: `sqlite:///path/to/bridge.db`, from the folder of this file if the path is relative, or
    `postgresql+psycopg://user@host/name`."""
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


class ActionSettings(Settings):
    """One thing that a step does: exactly one of these."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            words = ", ".join(ACTIONS)
            raise PydanticCustomError(
                "one_action",
                "one action needs exactly one of {words}; write a list item for each",
                {"words": words},
            )
        return self

    @property
    def written(self) -> tuple[str, str]:
        """The kind of action, and what is written after it."""
        ((word, text),) = self.model_dump(exclude_none=True).items()
        return word, text


def _field_of(kind: ActionKind) -> Any:
    text = Literal[kind.values] if kind.values else str
    return (text | None, Field(None, description=kind.help))


StepAction: Any = create_model(
    "StepAction",
    __base__=ActionSettings,
    __doc__=ActionSettings.__doc__,
    **{word: _field_of(kind) for word, kind in ACTIONS.items()},
)
"""With a field for each kind of action that there is."""


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

    default: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    """For what is not named below, and for tickets without a priority."""
    low: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    normal: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    high: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    urgent: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    emergency: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    """For cases that are classified as emergencies, whatever their priority."""
    standard: Mapping[Metric, TargetTime] = Field(default_factory=dict)
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
    starts: Start = Start.OPENING
    """When the first response to a ticket is due that an agent wrote down for a customer (phone, counter, forwarded mail):
    from its `opening`, or from when the `customer` first writes in it. The helpdesks' own metrics start at its opening."""


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

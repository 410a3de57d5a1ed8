"""The models of the configuration file. The models of connections are the plugins' own."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.config.closing import ClosingSettings
from escalation_bridge.config.conditions import Values, When
from escalation_bridge.config.incidents import IncidentSettings
from escalation_bridge.config.notices import ChannelSettings, NoticeSettings
from escalation_bridge.config.procedures import ProcedureSettings
from escalation_bridge.config.review import ReviewSettings
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.satisfaction import SatisfactionSettings
from escalation_bridge.config.teams.settings import EscalationSettings, TeamSettings
from escalation_bridge.config.texts import TextSettings
from escalation_bridge.config.triage import TriageSettings
from escalation_bridge.config.values import Duration, Language, Moment, Name, Since, TargetTime, Word
from escalation_bridge.domain.customers.hours import zone_named
from escalation_bridge.domain.escalation.action import ActionKind
from escalation_bridge.domain.escalation.actions import BY_WORD as ACTIONS
from escalation_bridge.domain.sla.customer_updates import Occasion, Sending
from escalation_bridge.domain.sla.policy import Metric, Start, StepClock
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.plugin.settings import Settings


def _minimum_interval(seconds: int) -> int:
    if seconds < 60:
        raise PydanticCustomError("interval", "allowed: 1m or longer")
    return seconds


class BridgeSettings(Settings):
    """The bridge itself."""

    database: str = "sqlite:///bridge.db"
    """The database: `sqlite:///path/to/bridge.db`, relative to the folder of this file, or
    `postgresql+psycopg://user@host/name`.
    """
    language: Language = "en"
    """The language of texts in tickets: en or id. A connection may override it."""
    listen: str = Field(default="127.0.0.1:8080", pattern=r"^[^\s:]+:\d{1,5}$")
    """Where the receiver listens, host:port. Put a TLS proxy in front of it."""
    public_url: str | None = None
    """The public address of the receiver."""
    worker_threads: int = Field(default=4, ge=1, le=64)
    """How many cases are processed at the same time."""
    catch_up_per_minute: int = Field(default=60, ge=1)
    """How many overdue ladder steps are carried out per minute after a downtime."""
    reconcile_minutes: int = Field(default=5, ge=0, le=1440)
    """Minutes between reconciliations, which find changes without a webhook; 0: only when `reconcile` is called."""
    extensions: tuple[str, ...] = ()
    """The enabled extensions."""
    block_plugins: tuple[str, ...] = ()
    """Installed plugins that are not loaded."""


class ActionSettings(Settings):
    """One action of a step: exactly one of these."""

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
    def written(self) -> tuple[str, Any]:
        """The kind of action, and its value."""
        (word,) = (word for word in ACTIONS if getattr(self, word) is not None)
        return word, getattr(self, word)


def _field_of(kind: ActionKind) -> Any:
    taken = Literal[kind.values] if kind.values else kind.takes

    def check(value: object) -> object:
        problem = kind.problem(value)
        if problem:
            raise PydanticCustomError("action", "{problem}", {"problem": problem})
        return value

    return (Annotated[taken | None, BeforeValidator(check)], Field(None, description=kind.help))


StepAction: Any = create_model(
    "StepAction",
    __base__=ActionSettings,
    __doc__=ActionSettings.__doc__,
    **{word: _field_of(kind) for word, kind in ACTIONS.items()},
)
"""With a field for each kind of action."""


class RepeatSettings(Settings):
    """How a step is repeated."""

    every: Annotated[Duration, AfterValidator(_minimum_interval)]
    """The interval, in the step's `clock`."""
    at_most: int = Field(ge=2, le=100)
    """The maximum number of times, including the first."""


class LadderStep(Settings):
    """What happens at one point of a clock, at most once per cycle."""

    id: Name
    """Its id in explanations; it identifies the step."""
    metric: Metric
    """Which clock: first_response, next_response, resolution or update."""
    at: Moment
    """When: a share of the target (80%), or due, due - 10m, due + 30m."""
    clock: StepClock = StepClock.BUSINESS
    """What the offset from due, and a repetition, count: business (working time) or calendar (all time)."""
    condition: When | None = Field(default=None, alias="if")
    """A condition at that time, written like a policy's `when`. If omitted: always."""
    do: tuple[StepAction, ...] = Field(min_length=1)
    """The actions, in this order."""
    repeat: RepeatSettings | None = None
    """Whether the step repeats until somebody answers or acknowledges. Only at or after due. If omitted, it does
    not.
    """
    page: bool = False
    """Whether notifications are sent at any hour. Otherwise they wait for working hours."""
    refire_on_retarget: bool = False
    """Whether the step fires again if a new target moves its time into the future."""


class TargetSettings(Settings):
    """The targets of each metric, by severity and by priority. If both name a metric, severity applies."""

    default: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    """For priorities that are not named below, and for tickets without a priority."""
    low: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    normal: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    high: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    urgent: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    emergency: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    """For cases that are classified as emergencies, whatever their priority."""
    standard: Mapping[Metric, TargetTime] = Field(default_factory=dict)
    """For all other cases, whatever their priority."""

    def metrics(self) -> set[Metric]:
        """The metrics that have a target."""
        return {metric for name in type(self).model_fields for metric in getattr(self, name)}


def _sending(value: object) -> object:
    """YAML reads an unquoted `off` as false."""
    return Sending.OFF if value is False else value


def _zone(name: str) -> str:
    if zone_named(name) is None:
        raise PydanticCustomError("timezone", "allowed: the name of a time zone, such as Asia/Jakarta")
    return name


class CustomerSettings(Settings):
    """How customers are kept informed while their tickets are escalated."""

    mode: Annotated[Sending, BeforeValidator(_sending)]
    """off: not at all; draft: agents find a draft as an internal note; sent: as a public comment."""
    occasions: tuple[Occasion, ...] = Field(default=tuple(Occasion), min_length=1)
    """Of what: escalated, progress, due (the expected time moved), missed (it has passed), silence (see `every`),
    incident, done. If omitted: of all.
    """
    every: Annotated[Duration, AfterValidator(_minimum_interval)] | None = None
    """The longest working time without any news while an escalation is open. If omitted, there is no limit."""
    quiet_minutes: int = Field(default=30, ge=0, le=1440)
    """For so long nothing is sent after an agent's public comment, or after the last update."""
    nights: bool = False
    """Whether updates are sent at any hour. Otherwise by day (08:00 to 21:00 at the customer's) and in working hours."""
    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    """The time zone of customers for whom the helpdesk tells none. If omitted: the calendar's."""
    opt_out: When | None = None
    """Tickets whose customers get no updates: a condition, written like `when`. If omitted: there are none."""


class PolicySettings(Settings):
    """Targets and a ladder for some tickets. The first policy whose `when` fits a ticket applies."""

    name: Name
    when: When = Field(default_factory=dict)
    """Which tickets: fields with their allowed values, or all, any, none. If omitted: all tickets."""
    calendar: str = "always"
    """The name of a calendar, or `always`."""
    targets: TargetSettings
    ladder: tuple[LadderStep, ...] = ()
    pause_while: Mapping[Metric, tuple[StatusKind, ...]] = Field(default_factory=dict)
    """The status kinds in which a clock pauses. By default, resolution and update pause while waiting for the
    customer.
    """
    stale_after: Duration = Field(default="24h", validate_default=True)
    """A step that is later than this, for example after a downtime, is logged and not carried out."""
    enforce_from: Since | None = None
    """Tickets opened before this have clocks but no ladder. A date begins at 00:00 in the calendar's time zone."""
    hourly_cap: int | None = Field(default=None, ge=1)
    """The maximum number of steps of this policy per hour, over all cases."""
    effective_from: Since | None = None
    """Only tickets opened from then on use it. A date begins at 00:00 in the calendar's time zone."""
    starts: Start = Start.OPENING
    """When the first response starts for a ticket that an agent created for a customer (phone, counter, forwarded
    mail): at its `opening`, or when the `customer` first writes in it. The helpdesks' own metrics start at the
    opening.
    """
    customer: CustomerSettings | None = None
    """How customers are kept informed. If omitted, `tell_customer` of a route sends one message when it escalates."""


class ContractSettings(Settings):
    """A customer's own terms: they override the policy that fits the customer's ticket."""

    name: Name
    organisations: Values | None = None
    """The customers, by name or id at the helpdesk."""
    when: When | None = None
    """Any other condition; together with `organisations`, which of their tickets."""
    calendar: str | None = None
    """The name of a calendar. If omitted: the policy's."""
    targets: TargetSettings = TargetSettings()
    """These targets override the policy's for the same metric."""
    effective_from: Since | None = None
    """Only tickets opened from then on use it. A date begins at 00:00 in the contract's calendar, without one in
    UTC.
    """

    @model_validator(mode="after")
    def _has_customer_and_terms(self) -> Self:
        if not self.organisations and not self.when:
            raise PydanticCustomError("whose", "a contract needs organisations, or a condition under when")
        if self.calendar is None and not self.targets.metrics():
            raise PydanticCustomError("no_terms", "a contract needs a calendar or targets of its own")
        return self


class ConfigurationFile(Settings):
    """Escalation Bridge's configuration."""

    bridge: BridgeSettings = BridgeSettings()
    connections: Mapping[Name, Any]
    """The accounts, by the admin's names."""
    calendars: Mapping[Name, Any] = Field(default_factory=dict)
    """Working hours, by name. `always` is predefined."""
    policies: tuple[PolicySettings, ...] = ()
    """SLA policies; the first one that fits a ticket applies."""
    contracts: tuple[ContractSettings, ...] = ()
    """Customers' own terms; the first one that fits a ticket applies."""
    routes: Mapping[Name, RouteSettings] = Field(default_factory=dict)
    """How cases are escalated between connections."""
    incidents: IncidentSettings | None = None
    """When similar tickets are one incident. If omitted, waves are not looked for."""
    triage: TriageSettings = TriageSettings()
    """How the severity of a ticket is found."""
    levels: tuple[str, ...] = ()
    """The levels of support, from the lowest to the highest."""
    teams: Mapping[Name, TeamSettings] = Field(default_factory=dict)
    """The teams that take escalations over."""
    escalation: EscalationSettings = EscalationSettings()
    """Rules for all escalations."""
    procedures: Mapping[Name, ProcedureSettings] = Field(default_factory=dict)
    """Standard procedures, by name: agents read them with `/bridge how`."""
    close_solved: Mapping[Name, ClosingSettings] = Field(default_factory=dict)
    """After which time solved tickets are closed, by connection. Elsewhere they are not closed."""
    review: ReviewSettings | None = None
    """A short review after emergencies and incidents."""
    satisfaction: Mapping[Name, SatisfactionSettings] = Field(default_factory=dict)
    """How customers of escalated cases are asked whether they are satisfied, by connection. Elsewhere they are not asked."""
    channels: Mapping[Name, ChannelSettings] = Field(default_factory=dict)
    """By what notices go out: mail, chats, pagers."""
    notices: NoticeSettings = NoticeSettings()
    """How notices outside of tickets go out."""
    customer_value: Mapping[Word, Mapping[str, Word]] = Field(default_factory=dict)
    """What a customer is worth to you, shown to the team that takes an escalation over: text by label, by the name or id of
    the organisation, or an e-mail address."""
    texts: Mapping[str, TextSettings] = Field(default_factory=dict)
    """Own texts in place of the built-in ones, by the name of the message."""

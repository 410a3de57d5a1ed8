"""Policies: the targets of tickets, and the ladder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Priority, Severity, StatusKind, Ticket


class Metric(StrEnum):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    UPDATE = "update"


class Start(StrEnum):
    """When the first response to a ticket is due that an agent wrote down for a customer: phone, counter, forwarded mail.

    OPENING: from its opening, as at Zendesk, Freshdesk and Jira Service Management; the agent's next public word answers it.
    CUSTOMER: from when the customer first writes in it.
    """

    OPENING = "opening"
    CUSTOMER = "customer"


# --- ladder ---------------------------------------------------------------------------------------------------------


class Action:
    """What a step does: a frozen value of a kind in `escalation/actions`, of which nothing is known here."""

    __slots__ = ()


class StepClock(StrEnum):
    """In what time a step's offset is counted."""

    BUSINESS = "business"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A step comes again `every_seconds` after it was due, `at_most` so many times in all."""

    every_seconds: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Step:
    """A point of a clock and what happens there, at most once per cycle.

    The point is where the used working time reaches `percent` of the target plus `offset_seconds`: 80 % is before the
    due, 100 % with no offset is the breach, 100 % with 600 is ten working minutes after it, with -600 before it.

    Attributes:
        clock: Whether the offset and repetitions count working time or all time; the percentage is of working time.
        repeat: None: it happens once.
        condition: Tested when the step is due; None: it always happens.
        page: Whether notices to people go out at any hour; others wait for opening hours.
        refire_on_retarget: Whether it happens again when another target puts its point ahead once more.
    """

    id: str
    metric: Metric
    percent: int
    offset_seconds: int
    actions: tuple[Action, ...]
    clock: StepClock = StepClock.BUSINESS
    repeat: Repeat | None = None
    condition: Condition | None = None
    page: bool = False
    refire_on_retarget: bool = False

    def used_seconds(self, target_seconds: int) -> int:
        """The working time that is used when the step is due."""
        return max(0, target_seconds * self.percent // 100 + self.offset_seconds)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """So many working dates of the calendar, and working seconds beside them.

    A day lasts until the same time of day on the next date on which a shift starts, however long the shifts are.
    """

    days: int
    seconds: int = 0


Target = int | WorkingDays
"""Working time: seconds, or days with the length that the calendar defines."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Working time by metric, and by severity and priority.

    Severity counts before priority; `default` serves what neither names.

    Attributes:
        fallback: Who answers where all of these are silent: the policy that a contract changes.
    """

    by_priority: Mapping[Metric, Mapping[Priority, Target]] = field(default_factory=dict)
    default: Mapping[Metric, Target] = field(default_factory=dict)
    by_severity: Mapping[Metric, Mapping[Severity, Target]] = field(default_factory=dict)
    fallback: "Targets | None" = None

    def promised(
        self, metric: Metric, priority: Priority | None, severity: Severity = Severity.STANDARD
    ) -> Target | None:
        """The target of a metric, or None where nothing is promised."""
        by_severity, by_priority = self.by_severity.get(metric, {}), self.by_priority.get(metric, {})
        if severity in by_severity:
            return by_severity[severity]
        if priority is not None and priority in by_priority:
            return by_priority[priority]
        if metric in self.default:
            return self.default[metric]
        return self.fallback.promised(metric, priority, severity) if self.fallback else None


NEVER_PAUSED: frozenset[StatusKind] = frozenset()
DEFAULT_PAUSES: Mapping[Metric, frozenset[StatusKind]] = {
    Metric.FIRST_RESPONSE: NEVER_PAUSED,
    Metric.NEXT_RESPONSE: NEVER_PAUSED,
    Metric.RESOLUTION: frozenset({StatusKind.WAITING_CUSTOMER}),
    Metric.UPDATE: frozenset({StatusKind.WAITING_CUSTOMER}),
}
"""Waiting for a third party, engineering included, counts: the customer is still waiting."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The targets for those that it is for.

    Attributes:
        effective_from: Tickets opened from then on fall under it; None: all.
        contract: The name of the contract that was worked into it; None: it is as it was written.
        updates: How customers are kept informed; None: as the routes say.
    """

    name: str
    match: Condition
    calendar_name: str
    calendar: Calendar
    targets: Targets
    ladder: tuple[Step, ...]
    pauses: Mapping[Metric, frozenset[StatusKind]] = field(default_factory=lambda: DEFAULT_PAUSES)
    stale_after_seconds: int = 24 * 3600
    """A step that is later than this when it is found is logged as missed and not carried out."""
    enforce_from: datetime | None = None
    """Tickets opened before this have clocks but no ladder: for a policy switched on over thousands of old tickets."""
    hourly_cap: int | None = None
    """How many steps of this policy are carried out within an hour at most, over all cases."""
    effective_from: datetime | None = None
    contract: str | None = None
    starts: Start = Start.OPENING
    updates: CustomerUpdates | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A customer's own terms: what differs from the policy that the customer's ticket falls under.

    Attributes:
        match: Whose tickets: the condition on the organisation is part of it.
        calendar_name: None where the policy's calendar stays.
        effective_from: As of a policy.
    """

    name: str
    match: Condition
    calendar_name: str | None = None
    calendar: Calendar | None = None
    targets: Targets = Targets()
    effective_from: datetime | None = None

    def applied_to(self, policy: Policy) -> Policy:
        """The policy as it is for this customer."""
        return replace(
            policy,
            calendar_name=self.calendar_name or policy.calendar_name,
            calendar=self.calendar or policy.calendar,
            targets=replace(self.targets, fallback=policy.targets),
            contract=self.name,
        )


def choose_policy(
    policies: Sequence[Policy],
    contracts: Sequence[Contract],
    ticket: Ticket,
    classification: Classification,
) -> Policy | None:
    """What a ticket is promised: the first policy that fits, with the first contract that fits worked into it.

    Without a policy there is nothing that a contract could change. A ticket that was opened before `effective_from` was
    not promised that yet.
    """

    def counts(each: Policy | Contract) -> bool:
        promised = each.effective_from is None or ticket.created_at >= each.effective_from
        return promised and each.match(ticket, classification)

    policy = next((each for each in policies if counts(each)), None)
    contract = next((each for each in contracts if counts(each)), None)
    return contract.applied_to(policy) if policy is not None and contract is not None else policy

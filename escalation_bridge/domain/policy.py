"""What was promised to whom, and what happens on the way to breaking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from escalation_bridge.domain.calendar import Calendar
from escalation_bridge.domain.tickets import Priority, StatusKind, Ticket


class Metric(StrEnum):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Match:
    """Which tickets a policy is for: every field named must have one of the values given. Empty: all tickets."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __call__(self, ticket: Ticket) -> bool:
        return all(
            _values(ticket, name) & {value.casefold() for value in wanted}
            for name, wanted in self.fields.items()
        )


MATCHABLE = (
    "connection",
    "priority",
    "channel",
    "type",
    "tags",
    "group",
    "organisation",
    "brand",
    "requester",
    "language",
)
"""The ticket fields that a policy can ask for."""


def _values(ticket: Ticket, name: str) -> set[str]:
    values: Mapping[str, tuple[str | None, ...]] = {
        "connection": (ticket.ref.connection,),
        "priority": (ticket.priority,),
        "channel": (ticket.channel,),
        "type": (ticket.type,),
        "tags": ticket.tags,
        "group": (ticket.group.name, ticket.group.id) if ticket.group else (),
        "organisation": (ticket.organisation.name, ticket.organisation.id) if ticket.organisation else (),
        "brand": (ticket.brand,),
        "requester": (ticket.requester.email, ticket.requester.name, ticket.requester.id)
        if ticket.requester
        else (),
        "language": (ticket.language,),
    }
    return {value.casefold() for value in values[name] if value}


# --- ladder ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeaveNote:
    """An internal note for the agents who hold the ticket."""

    template: str


@dataclass(frozen=True, slots=True)
class RaisePriority:
    """To `to`, or to the next higher one; a priority is never lowered."""

    to: Priority | None = None


@dataclass(frozen=True, slots=True)
class Escalate:
    """Hand the case on along a route: a linked ticket in another system."""

    route: str


@dataclass(frozen=True, slots=True)
class SendNotice:
    """A notice to people outside the ticket, through whatever extensions implement `notify`."""

    to: str
    template: str


Action = LeaveNote | RaisePriority | Escalate | SendNotice


@dataclass(frozen=True, slots=True)
class Step:
    """A point of a clock and what happens there, at most once per cycle.

    The point is where the used working time reaches `percent` of the target plus `offset_seconds`: 80 % is before the
    due, 100 % with no offset is the breach, 100 % with 600 is ten working minutes after it, with -600 before it.
    """

    id: str
    metric: Metric
    percent: int
    offset_seconds: int
    actions: tuple[Action, ...]

    def used_seconds(self, target_seconds: int) -> int:
        """The working time that is used when the step is due."""
        return max(0, target_seconds * self.percent // 100 + self.offset_seconds)


@dataclass(frozen=True, slots=True)
class Targets:
    """Seconds of working time by metric and priority; `default` serves the priorities that are not named."""

    by_priority: Mapping[Metric, Mapping[Priority, int]] = field(default_factory=dict)
    default: Mapping[Metric, int] = field(default_factory=dict)

    def seconds(self, metric: Metric, priority: Priority | None) -> int | None:
        """The target of a metric, or None where nothing is promised."""
        named = self.by_priority.get(metric, {})
        return named[priority] if priority is not None and priority in named else self.default.get(metric)


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
    name: str
    match: Match
    calendar_name: str
    calendar: Calendar
    targets: Targets
    ladder: tuple[Step, ...]
    pauses: Mapping[Metric, frozenset[StatusKind]] = field(default_factory=lambda: DEFAULT_PAUSES)
    stale_after_seconds: int = 24 * 3600
    """A step that is later than this when it is found is logged as missed and not carried out."""

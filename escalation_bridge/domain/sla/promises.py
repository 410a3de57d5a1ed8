"""The metrics with a clock for a ticket, and why a clock of the policy does not exist."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.sla.policy import Metric, Policy, Start
from escalation_bridge.domain.tickets.tickets import Role, Severity, Ticket

OF_ANSWERS = frozenset({Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.UPDATE})
"""The metrics that an agent's public word ends: they need to know who is one."""


class Why(StrEnum):
    """Why there is no clock of a metric for which the policy has a target."""

    AGENTS_UNKNOWN = "agents_unknown"
    """Without knowing who works for the desk, the clock would never end."""
    STARTS_WITH_CUSTOMER = "starts_with_customer"
    """An agent opened the ticket, the policy starts with the customer's first word, and there is none."""
    OPENED_PRIVATELY = "opened_privately"
    """Nobody outside knows of the ticket yet."""
    NOTHING_ASKED = "nothing_asked"
    """The customer has not written again since the first response."""
    NOBODY_ANSWERED = "nobody_answered"
    """No agent has written to the customer yet."""
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class Absence:
    """A clock that is not there, and why."""

    metric: Metric
    why: Why


def promised_metrics(policy: Policy | None, ticket: Ticket, severity: Severity) -> frozenset[Metric]:
    """The metrics with a clock for a ticket: those with a target whose end the bridge can notice."""
    if policy is None:
        return frozenset()
    with_target = _with_target(policy, ticket, severity)
    return frozenset(with_target if ticket.answers_known else with_target - OF_ANSWERS)


def absences(
    policy: Policy | None,
    ticket: Ticket,
    severity: Severity,
    events: Iterable[TicketEvent],
    clocks: Sequence[Clock],
) -> tuple[Absence, ...]:
    """The metrics that the policy has a target for and of which there is no clock."""
    if policy is None:
        return ()
    missing = _with_target(policy, ticket, severity) - {clock.metric for clock in clocks}
    opening = next((event for event in events if event.kind is EventKind.OPENED), None)
    return tuple(
        Absence(metric, _why(metric, policy, ticket, opening)) for metric in Metric if metric in missing
    )


def _with_target(policy: Policy, ticket: Ticket, severity: Severity) -> frozenset[Metric]:
    return frozenset(
        metric for metric in Metric if policy.targets.promised(metric, ticket.priority, severity) is not None
    )


def _why(metric: Metric, policy: Policy, ticket: Ticket, opening: TicketEvent | None) -> Why:
    if metric in OF_ANSWERS and not ticket.answers_known:
        return Why.AGENTS_UNKNOWN
    if metric is Metric.NEXT_RESPONSE:
        return Why.NOTHING_ASKED
    if metric is Metric.UPDATE:
        return Why.NOBODY_ANSWERED
    if metric is Metric.FIRST_RESPONSE and opening is not None:
        by_agent = opening.by is Role.AGENT
        if by_agent and policy.starts is Start.CUSTOMER:
            return Why.STARTS_WITH_CUSTOMER
        if not opening.public:
            return Why.OPENED_PRIVATELY
    return Why.NOT_STARTED

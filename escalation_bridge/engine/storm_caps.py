"""Limit how many ladder steps fire, and how many solved tickets are closed, so that a backlog or a downtime causes no storm."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Decision, FiredStep, Rules, StepOutcome
from escalation_bridge.domain.case.closing import CLOSE_SOLVED
from escalation_bridge.domain.close_solved import is_closing
from escalation_bridge.store.cases import case_views, closings

_CLOSING_SPAN = timedelta(hours=1)
_CATCH_UP_SPAN = timedelta(minutes=1)
_CATCH_UP_LATE = 300
"""Seconds of delay after which a step counts as catching up."""


@dataclass(frozen=True, slots=True)
class Capped:
    """A decision has to wait.

    Attributes:
        until: When the cap allows more.
        policy: The policy with the hourly cap; empty: the bridge's own cap for catching up, or that of closings.
    """

    until: datetime
    policy: str


def could_be_capped(rules: Rules, decision: Decision) -> bool:
    """Whether a decision has steps or closings that a cap may delay: without a database query."""
    if is_closing(rules, decision.intents):
        return True
    capped_policies = {policy.name for policy in rules.policies if policy.hourly_cap is not None}
    return any(
        step.policy in capped_policies or step.late_seconds >= _CATCH_UP_LATE for step in _firing(decision)
    )


def capped(transaction: sa.Connection, bridge: Bridge, rules: Rules, decision: Decision) -> Capped | None:
    """Whether a cap delays the steps or the closing of a decision."""
    waits = closing_waits(transaction, rules, decision, bridge.now())
    if waits is not None:
        return waits
    firing = _firing(decision)
    if not firing:
        return None
    now = bridge.now()
    caps = {policy.name: policy.hourly_cap for policy in rules.policies}
    for policy, count in Counter(step.policy for step in firing).items():
        cap = caps.get(policy)
        if cap is not None:
            done = case_views.fired_since(transaction, now - timedelta(hours=1), policy)
            if done and len(done) + count > cap:
                return Capped(done[0] + timedelta(hours=1), policy)
    if any(step.late_seconds >= _CATCH_UP_LATE for step in firing):
        done = case_views.fired_since(transaction, now - _CATCH_UP_SPAN)
        if len(done) >= bridge.catch_up_per_minute:
            return Capped(done[0] + _CATCH_UP_SPAN, "")
    return None


def closing_waits(
    transaction: sa.Connection, rules: Rules, decision: Decision, now: datetime
) -> Capped | None:
    """Whether the hourly cap of a connection delays the notice or the closing of a decision."""
    if not is_closing(rules, decision.intents):
        return None
    connection = next(each.intent.connection for each in decision.intents if each.rule == CLOSE_SOLVED)
    done = closings.decided_since(transaction, connection, now - _CLOSING_SPAN)
    if len(done) < rules.closing[connection].hourly_cap:
        return None
    return Capped(done[0] + _CLOSING_SPAN, "")


def _firing(decision: Decision) -> list[FiredStep]:
    return [step for step in decision.fired if step.outcome is StepOutcome.FIRED]

"""What a customer may expect, and by when: the due time that stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.policy import Metric, Policy


class Expected(StrEnum):
    """SOLVED: the problem is solved. ANSWER: an agent answers. UPDATE: at least the bridge writes again."""

    SOLVED = "solved"
    ANSWER = "answer"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected, and by when."""

    what: Expected
    by: datetime


_BY_METRIC = {
    Metric.RESOLUTION: Expected.SOLVED,
    Metric.FIRST_RESPONSE: Expected.ANSWER,
    Metric.NEXT_RESPONSE: Expected.ANSWER,
    Metric.UPDATE: Expected.ANSWER,
}


def expectation(at: Situation, policy: Policy) -> Expectation | None:
    """What the customer may expect now; None: nothing at a certain time.

    A due time that has passed is none that can be expected.
    """
    found = [
        Expectation(_BY_METRIC[clock.metric], clock.due)
        for clock in at.clocks
        if clock.state is ClockState.RUNNING and clock.due is not None and clock.due > at.now
    ]
    order = list(Expected)
    stands = min(found, key=lambda each: (order.index(each.what), each.by), default=None)
    if stands is None and policy.updates is not None and policy.updates.every_seconds is not None:
        return Expectation(Expected.UPDATE, policy.calendar.due(at.now, policy.updates.every_seconds))
    return stands

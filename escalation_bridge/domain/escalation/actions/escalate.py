"""`escalate`: hand the case on along a route."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.escalation.hand_over import plan_escalation
from escalation_bridge.domain.sla.policy import Action


@dataclass(frozen=True, slots=True)
class Escalate(Action):
    """Hand the case on along a route: a linked ticket in another system."""

    route: str


def _act(action: Escalate, at: Acting) -> Part:
    route = at.view.advice.routes.get(at.key, action.route)
    return plan_escalation(at.view, at.origin, at.routes, route, at.rung.clock, at.key, at.now, at.decided)


ESCALATE = ActionKind(
    word="escalate",
    help="Hand the case on along this route.",
    make=Escalate,
    of=Escalate,
    act=_act,
    names="route",
)

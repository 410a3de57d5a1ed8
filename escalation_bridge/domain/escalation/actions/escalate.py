"""`escalate`: hand the case over to a team, to the next level, or along a route."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.escalations import Cause
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.escalation.action import Acting, ActionKind, Name
from escalation_bridge.domain.escalation.escalating import (
    NEXT_LEVEL,
    Request,
    Situation,
    escalate,
    next_level,
)
from escalation_bridge.domain.escalation.replication import ask_whether_reproduced, reproducible
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import Severity

BY_RULES = "by-rules"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: exactly one of these."""

    to: str | None = None
    """A team; `next-level`: the team after the present one; `by-rules`: the team of the first routing rule that fits."""
    route: str | None = None
    """A route to another helpdesk."""


@dataclass(frozen=True, slots=True)
class Escalate(Action):
    """Hand the case over: along a route, or to a team."""

    route: str | None = None
    team: str | None = None


def _make(value: str | Target) -> Escalate:
    return Escalate(value) if isinstance(value, str) else Escalate(value.route, value.to)


def _problem(value: object) -> str:
    keys = set(value) if isinstance(value, Mapping) else None
    if keys is None or keys in ({"to"}, {"route"}):
        return ""
    return "write either `to` (a team, next-level or by-rules) or `route` (a route)"


def _names(value: str | Target) -> Iterator[Name]:
    if isinstance(value, str):
        yield Name("route", value)
    elif value.route is not None:
        yield Name("route", value.route, ("route",))
    elif value.to not in (None, NEXT_LEVEL, BY_RULES):
        yield Name("team", str(value.to), ("to",))


def _act(action: Escalate, at: Acting) -> Part:
    situation = Situation(at.view, at.rules, at.origin, at.now, at.decided, at.clocks)
    emergency = at.view.classification.severity is Severity.EMERGENCY
    facts = {"step": at.rung.step.id, "metric": str(at.rung.clock.metric)}
    request = Request(
        cause=Cause.EMERGENCY if emergency else Cause.SLA,
        facts=facts,
        clock=at.rung.clock,
        key=at.key,
        yields=action.team != NEXT_LEVEL,
    )
    if action.route is not None:
        return escalate(situation, request.along(at.view.advice.routes.get(at.key, action.route)))
    if action.team == BY_RULES and _must_ask(situation):
        return ask_whether_reproduced(at.key, at.origin.ref)
    team, skills = _team(action, situation)
    if team is None:
        return Part(timeline=(TimelineEntry(at.now, "no_next_level", facts),))
    return escalate(situation, request.to(team, skills))


def _must_ask(at: Situation) -> bool:
    """Whether the rules need an answer that nobody has given."""
    asks = at.directory.needs_reproduction(at.origin, at.view.classification)
    return asks and reproducible(at.view, at.origin, at.directory) is None


def _team(action: Escalate, at: Situation) -> tuple[str | None, frozenset[str]]:
    """The team, and what the person should know."""
    if action.team == NEXT_LEVEL:
        return next_level(at), frozenset()
    if action.team == BY_RULES:
        rule = at.directory.routed(
            at.origin, at.view.classification, reproducible(at.view, at.origin, at.directory)
        )
        if rule is not None:
            return rule.to, rule.skills
        return at.directory.last_resort or None, frozenset()
    return action.team, frozenset()


ESCALATE = ActionKind(
    word="escalate",
    help="Hand the case over: a route; or `to:` a team, `next-level` or `by-rules`; or `route:` a route.",
    make=_make,
    of=Escalate,
    act=_act,
    takes=str | Target,
    problem=_problem,
    names=_names,
)

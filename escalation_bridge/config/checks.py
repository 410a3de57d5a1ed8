"""Cross-references in the configuration file, and settings that contradict each other; also checked in a file with
other errors.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

from escalation_bridge.config.closing import check_closing
from escalation_bridge.config.conditions import When, WrittenCondition, problems
from escalation_bridge.config.fields import check_fields
from escalation_bridge.config.incidents import check_incidents
from escalation_bridge.config.models import (
    BridgeSettings,
    ContractSettings,
    CustomerSettings,
    LadderStep,
    PolicySettings,
)
from escalation_bridge.config.notice_checks import check_channels, check_notices
from escalation_bridge.config.procedures import check_procedures
from escalation_bridge.config.reach import check_shadowed
from escalation_bridge.config.review import check_review
from escalation_bridge.config.round_trips import check_keys, check_round_trips
from escalation_bridge.config.routes import HandOffSettings, RouteSettings
from escalation_bridge.config.satisfaction import check_satisfaction
from escalation_bridge.config.teams.checks import (
    Known,
    check_readable_groups,
    check_readable_roles,
    check_teams,
)
from escalation_bridge.config.teams.settings import EscalationSettings, TeamSettings
from escalation_bridge.config.texts import check_texts
from escalation_bridge.config.triage import check_triage
from escalation_bridge.config.values import parse_moment
from escalation_bridge.configfile import Document, Review
from escalation_bridge.configfile import Path as Place
from escalation_bridge.domain.escalation.actions import BY_WORD as ACTIONS
from escalation_bridge.domain.escalation.escalating import NEXT_LEVEL
from escalation_bridge.domain.sla.customer_updates import Occasion, Sending
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.plugged.discovery import Catalogue
from escalation_bridge.plugin.contract import hooks_in

S = TypeVar("S")

LADDER_NOTES = ("sla_warning", "sla_breached")
"""The messages that ladder steps write. All others need facts that a step does not have."""


def check_names(document: Document, review: Review, catalogue: Catalogue) -> None:
    """Check the whole file."""
    bridge = _valid(document, BridgeSettings, ("bridge",))
    for index, extension in enumerate(bridge.extensions if bridge else ()):
        if extension not in catalogue.extensions():
            review.report_unknown(("bridge", "extensions", index), "extension", tuple(catalogue.extensions()))
    check_promises(document, review)
    check_triage(document, review)
    check_procedures(document, review)
    check_closing(document, review, close_themselves(document, catalogue))
    check_review(document, review)
    check_satisfaction(document, review, _without(document, catalogue, "fetch_satisfaction"))
    written = document.value(("bridge", "extensions"))
    enabled = written if isinstance(written, list | tuple) else ()
    extensions = [each for name, each in catalogue.extensions().items() if name in enabled]
    check_channels(document, review)
    check_notices(document, review, extended=any("notify" in hooks_in(each) for each in extensions))
    check_texts(document, review)
    _check_groups(document, review, catalogue)
    connections = document.keys(("connections",))
    for name in document.keys(("routes",)):
        route = _valid(document, RouteSettings, ("routes", name))
        if route is not None:
            _check_route(review, ("routes", name), route, connections)
    routes = {name: _valid(document, RouteSettings, ("routes", name)) for name in document.keys(("routes",))}
    check_incidents(document, review, routes)


def close_themselves(document: Document, catalogue: Catalogue) -> frozenset[str]:
    """The connections whose helpdesks close solved tickets by their own automation."""
    vendors = {name for name, plugin in catalogue.vendors().items() if plugin.closes_solved_tickets}
    connections = document.keys(("connections",))
    return frozenset(
        each for each in connections if document.value(("connections", each, "plugin")) in vendors
    )


def _check_groups(document: Document, review: Review, catalogue: Catalogue) -> None:
    """Refuse teams whose members, or leads, would be read by a plugin that cannot."""
    check_readable_groups(document, review, _without(document, catalogue, "fetch_group_members"))
    check_readable_roles(document, review, _without(document, catalogue, "fetch_role_members"))


def _without(document: Document, catalogue: Catalogue, hook: str) -> set[str]:
    """The connections whose plugins do not implement a hook."""
    without = {name for name, plugin in catalogue.vendors().items() if hook not in hooks_in(plugin)}
    connections = document.keys(("connections",))
    return {each for each in connections if document.value(("connections", each, "plugin")) in without}


def check_promises(document: Document, review: Review) -> None:
    """Check the policies and contracts."""
    names = Names(
        connections=document.keys(("connections",)),
        calendars=("always", *document.keys(("calendars",))),
        routes=document.keys(("routes",)),
        messages=LADDER_NOTES,
        teams=document.keys(("teams",)),
    )
    for name in names.routes:
        hand_off = _valid(document, HandOffSettings, ("routes", name, "hand_off"))
        if hand_off is not None and hand_off.calendar not in names.calendars:
            review.report_unknown(
                ("routes", name, "hand_off", "calendar"), "calendar", names.calendars, section="calendars"
            )
        for number, late in enumerate(hand_off.late if hand_off is not None else ()):
            if late.to != NEXT_LEVEL and late.to not in names.teams:
                review.report_unknown(
                    ("routes", name, "hand_off", "late", number, "to"), "team", names.teams, section="teams"
                )
    policies = {at: _valid(document, PolicySettings, at) for at in document.below(("policies",))}
    contracts = {at: _valid(document, ContractSettings, at) for at in document.below(("contracts",))}
    # An invalid contract may contain any target: report its own error only, and nothing about steps that rely on it.
    unread = None in contracts.values()
    agreed = (
        None
        if unread
        else {metric for each in contracts.values() if each for metric in each.targets.metrics()}
    )
    for at, policy in policies.items():
        _check_condition(document, review, (*at, "when"), names)
        _check_condition(document, review, (*at, "customer", "opt_out"), names)
        for step in document.below((*at, "ladder")):
            _check_condition(document, review, (*step, "if"), names)
        if policy is not None:
            _check_policy(review, at, policy, agreed, names)
    for at, contract in contracts.items():
        _check_condition(document, review, (*at, "when"), names)
        if contract is not None and contract.calendar not in (None, *names.calendars):
            review.report_unknown((*at, "calendar"), "calendar", names.calendars, section="calendars")
    _check_organisation(document, review, names)
    check_shadowed(review, policies)
    _check_unique(review, "policy", ((at, policy.name) for at, policy in policies.items() if policy))
    _check_unique(review, "contract", ((at, each.name) for at, each in contracts.items() if each))
    _check_parties(review, contracts)


def _check_organisation(document: Document, review: Review, names: "Names") -> None:
    """Check the teams and the rules of escalations."""
    starts = {name: str(document.value(("routes", name, "from"))) for name in names.routes}
    teams = {name: _valid(document, TeamSettings, ("teams", name)) for name in names.teams}
    escalation = _valid(document, EscalationSettings, ("escalation",))
    if document.node(("escalation",)) is None:
        escalation = EscalationSettings()
    for at in document.below(("escalation", "rules")):
        _check_condition(document, review, (*at, "when"), names)
    for at in document.below(("escalation", "triggers")):
        _check_condition(document, review, (*at, "when"), names)
    check_teams(document, review, Known(names.connections, names.calendars, starts), teams, escalation)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that can be referred to."""

    connections: tuple[str, ...]
    calendars: tuple[str, ...]
    routes: tuple[str, ...]
    messages: tuple[str, ...]
    teams: tuple[str, ...]

    def of(self, kind: str) -> tuple[tuple[str, ...], str | None]:
        """The names of a kind, and the section of the file that defines them; None: they are built in."""
        match kind:
            case "route":
                return self.routes, "routes"
            case "team":
                return self.teams, "teams"
            case _:
                return self.messages, None


def _valid(document: Document, model: type[S], at: Place) -> S | None:
    """Parse a part of the file; None if it is invalid, which is reported elsewhere."""
    return Review(document).read(model, at) if document.node(at) is not None else None


def _check_condition(document: Document, review: Review, at: Place, names: Names) -> None:
    when = _valid(document, cast("type[WrittenCondition]", When), at)
    for problem in problems(when, names.connections) if when is not None else ():
        review.report((*at, *problem.path), problem.message, of_key=problem.of_key)


def _check_policy(
    review: Review, at: Place, policy: PolicySettings, agreed: set[Metric] | None, names: Names
) -> None:
    if policy.calendar not in names.calendars:
        review.report_unknown((*at, "calendar"), "calendar", names.calendars, section="calendars")
    if policy.customer is not None:
        _check_customer(review, (*at, "customer"), policy, policy.customer)
    promised = None if agreed is None else policy.targets.metrics() | agreed
    seen: set[str] = set()
    for position, step in enumerate(policy.ladder):
        here = (*at, "ladder", position)
        if step.id in seen:
            review.report(
                (*here, "id"), f"another step is called {step.id} already; a step is identified by its id"
            )
        seen.add(step.id)
        if promised is not None and step.metric not in promised:
            review.report(
                (*here, "metric"), f"the policy has no target for {step.metric}; add one under targets"
            )
        _check_step(review, here, step, names)


def _check_customer(review: Review, at: Place, policy: PolicySettings, customer: CustomerSettings) -> None:
    if customer.mode is Sending.OFF:
        return
    if policy.calendar == "always" and customer.timezone is None:
        review.report(
            at,
            "the calendar `always` has no time zone, so nobody knows when it is night at the customer's; write `timezone`",
            of_key=True,
        )
    silence = Occasion.SILENCE in customer.occasions
    if customer.every is not None and not silence:
        review.report((*at, "every"), "it is not used, because `occasions` has no silence", of_key=True)
    if customer.every is None and customer.occasions == (Occasion.SILENCE,):
        review.report((*at, "occasions"), "silence needs `every`: after how much working time", of_key=True)
    if customer.every is not None and customer.every <= customer.quiet_minutes * 60:
        review.report((*at, "every"), "it must be longer than `quiet_minutes`")


def _check_step(review: Review, at: Place, step: LadderStep, names: Names) -> None:
    percent, offset = parse_moment(step.at)
    if step.repeat is not None and (percent < 100 or offset < 0):
        review.report((*at, "repeat"), "only a step at or after due can repeat", of_key=True)
    if step.page and not any(ACTIONS[action.written[0]].pages for action in step.do):
        paging = " or ".join(f"`{word}`" for word, kind in ACTIONS.items() if kind.pages)
        review.report(
            (*at, "page"), f"it says how notices go out, and this step has no {paging}", of_key=True
        )
    for number, action in enumerate(step.do):
        word, value = action.written
        here = (*at, "do", number, word)
        for named in ACTIONS[word].names(value):
            known, section = names.of(named.kind)
            if named.name not in known:
                review.report_unknown((*here, *named.at), named.kind, known, section=section)


def _check_unique(review: Review, kind: str, named: Iterable[tuple[Place, str]]) -> None:
    seen: set[str] = set()
    for at, name in named:
        if name in seen:
            review.report((*at, "name"), f"another {kind} is called {name} already")
        seen.add(name)


def _check_parties(review: Review, contracts: dict[Place, ContractSettings | None]) -> None:
    """Refuse a second contract with a customer: it never applies, unless the first is limited to some tickets."""
    bound: dict[str, str] = {}
    for at, contract in contracts.items():
        for organisation in (contract.organisations if contract else None) or ():
            earlier = bound.get(organisation.casefold())
            if earlier is not None:
                review.report(
                    (*at, "organisations"),
                    f"{organisation} has the contract {earlier} already, and the first contract applies",
                )
            elif contract is not None and not contract.when:
                bound[organisation.casefold()] = contract.name


def _check_route(review: Review, at: Place, route: RouteSettings, connections: tuple[str, ...]) -> None:
    for key, value in (("from", route.origin), ("to", route.linked)):
        if value not in connections:
            review.report_unknown((*at, key), "connection", connections, section="connections")
    if route.origin == route.linked:
        review.report((*at, "to"), "a route leads from one connection to another one")
    check_keys(review, (*at, "status"), route.status)
    check_round_trips(review, (*at, "status"), route, {})
    check_fields(review, at, route)

"""Ask extensions and helpdesks before a decision is recorded; their answers become facts of the case."""

from dataclasses import replace

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Advice, CaseView, Decision
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.escalation.escalating import customer_of
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.status.carry_over import at_a_third_status
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import VendorError
from escalation_bridge.store.cases.stored_escalations import load_workload

_log = structlog.get_logger(__name__)


def with_answers(bridge: Bridge, view: CaseView) -> CaseView:
    """Add answers to the case: extensions about its links, helpdesks about statuses that may be the bridge's own
    and about refused credentials, and downtimes.
    """
    view = _with_stops_on_the_way(bridge, _with_link_advice(bridge, view))
    refused = {
        name: refusal for name, desk in bridge.helpdesks.items() if (refusal := desk.refusal) is not None
    }
    return replace(view, refusals=refused, standstills=bridge.standstills())


def with_escalation_advice(bridge: Bridge, view: CaseView, decision: Decision) -> tuple[CaseView, Decision]:
    """The case and its decision, after extensions were asked about the decision's escalations."""
    while any(
        keyed.intent.escalates_along is not None and keyed.key not in view.advice.routes
        for keyed in decision.intents
    ):  # an answer may cause another escalation, about which extensions have not been asked
        view = _with_objections(bridge, view, decision)
        decision = decide(view, bridge.rules_under(view.rules_version), bridge.now())
    return view, decision


def with_workload(bridge: Bridge, view: CaseView) -> CaseView:
    """The case with what teams and people have over all cases, to choose who takes it over."""
    origin = view.tickets.get(view.origin)
    teams = bridge.rules_under(view.rules_version).directory.teams.values()
    people = {member.email for team in teams for member in team.members}
    with bridge.database.read() as transaction:
        workload = load_workload(
            transaction, view.id, customer_of(origin) if origin else "", people, bridge.now()
        )
    return replace(view, workload=workload)


def with_team_advice(bridge: Bridge, view: CaseView, decision: Decision) -> CaseView:
    """The case with extensions' answers about the team that a decision gives it to."""
    given = [each.owner.team for each in decision.escalations if each.is_open]
    connection = view.origin.connection
    routes = {name for name, route in bridge.rules.routes.items() if route.origin == connection}
    candidates = tuple(
        name
        for name, team in bridge.rules.directory.teams.items()
        if team.place_at(connection) is not None or not routes.isdisjoint(team.routes)
    )
    teams = {
        team: bridge.extensions.choose_team(view, team, candidates) for team in given if team in candidates
    }
    changed = {team: instead for team, instead in teams.items() if instead != team}
    return replace(view, advice=replace(view.advice, teams=changed)) if changed else view


def _with_objections(bridge: Bridge, view: CaseView, decision: Decision) -> CaseView:
    """Add extensions' answers about the escalations of a decision: another route, or objections."""
    routes, vetoes = dict(view.advice.routes), dict(view.advice.vetoes)
    candidates = tuple(
        sorted(name for name, r in bridge.rules.routes.items() if r.origin == view.origin.connection)
    )
    for keyed in decision.intents:
        along = keyed.intent.escalates_along
        if along is None or keyed.key in routes:
            continue
        route = bridge.extensions.choose_target(view, along, candidates)
        routes[keyed.key] = route
        objections = bridge.extensions.veto_escalation(view, route)
        if objections:
            vetoes[keyed.key] = objections
    return replace(view, advice=replace(view.advice, routes=routes, vetoes=vetoes))


def _with_link_advice(bridge: Bridge, view: CaseView) -> CaseView:
    """Add extensions' answers about the statuses of links."""
    wishes: dict[tuple[str, Side], str] = {}
    owners: dict[str, Side] = {}
    for link in view.links:
        tickets = {side: view.tickets.get(link.ticket(side)) for side in Side}
        for side, ticket in tickets.items():
            if ticket is not None and (wish := bridge.extensions.map_status(link, side, ticket)) is not None:
                wishes[link.id, side] = wish
        origin, linked = tickets[Side.ORIGIN], tickets[Side.LINKED]
        if origin is not None and linked is not None:
            owner = bridge.extensions.resolve_conflict(link, origin, linked)
            if owner is not None:
                owners[link.id] = owner
    titles = {name: helpdesk.title for name, helpdesk in bridge.helpdesks.items()}
    return replace(view, vendors=titles, advice=Advice(wishes=wishes, owners=owners))


def _with_stops_on_the_way(bridge: Bridge, view: CaseView) -> CaseView:
    """Add helpdesks' answers about intermediate statuses of the bridge's own changes.

    If a helpdesk cannot answer, they count as such: the change is retried anyway, and nothing is decided in doubt.
    """
    halfway = frozenset(ref for ref in at_a_third_status(view) if _may_have_stopped(bridge, view, ref))
    return replace(view, halfway=halfway)


def _may_have_stopped(bridge: Bridge, view: CaseView, ref: TicketRef) -> bool:
    helpdesk = bridge.helpdesks.get(ref.connection)
    if helpdesk is None:
        return False
    try:
        return helpdesk.is_own_status(ref.id, view.tickets[ref].status.id)
    except VendorError as error:
        _log.warning("status.unknown_whose", case=view.id, ticket=str(ref), error=str(error))
        return True

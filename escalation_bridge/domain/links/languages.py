"""The route and the language of what is written."""

from collections.abc import Iterator, Mapping

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import TicketRef


def language_by_route(view: CaseView, routes: Mapping[str, Route], intent: Write) -> str | None:
    """The language that the routes have for the ticket into which something is written; None: they say nothing of it.

    If several links share a ticket, the oldest one with a language decides.
    """
    if intent.escalates_along is not None:
        route = routes.get(intent.escalates_along)
        return route.languages.get(Side.LINKED) if route else None
    ticket = intent.written_to
    return next(_languages(view, routes, ticket), None) if ticket is not None else None


def route_of(view: CaseView, intent: Write) -> str | None:
    """The route to which the ticket belongs into which something is written; of several, the newest link's."""
    if intent.escalates_along is not None:
        return intent.escalates_along
    ticket = intent.written_to
    routes = [link.route for link in view.links if ticket in (link.origin, link.linked)]
    return routes[-1] if routes else None


def _languages(view: CaseView, routes: Mapping[str, Route], ticket: TicketRef) -> Iterator[str]:
    for link in view.links:
        route = routes.get(link.route)
        for side in Side:
            if route is not None and link.ticket(side) == ticket and side in route.languages:
                yield route.languages[side]

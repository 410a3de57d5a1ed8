"""Status changes that wait for other links of the same ticket. See ADR 11."""

from collections.abc import Iterator

from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.routes.routes import DoneWhen, Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import StatusKind, Ticket, TicketRef


def waits(view: CaseView, link: Link, route: Route, side: Side) -> bool:
    """Whether a side's change waits for other links. It is neither lost nor settled meanwhile.

    A customer's ticket that is done does not close what others still wait for. A linked ticket that is done hands the customer's
    one back only with the others of that ticket, if the route says so; and while others are at work nothing but being done
    takes "waiting for somebody else" away.
    """
    origin, linked = view.tickets.get(link.origin), view.tickets.get(link.linked)
    if origin is None or linked is None:
        return False
    if side is Side.ORIGIN:
        return origin.status.kind.done and any(not one.done for one in view.siblings.get(link.id, ()))
    if linked.status.kind.done:
        return waits_for_other_issues(view, link, route)
    takes_away = origin.status.kind is StatusKind.WAITING_THIRD_PARTY
    return takes_away and bool(_others_at_work(view, link))


def waits_for_other_issues(view: CaseView, link: Link, route: Route) -> bool:
    """Whether a linked ticket that is done is not enough: others of the same ticket are not."""
    return route.done_when is DoneWhen.ALL and bool(_others_at_work(view, link))


def _others_at_work(view: CaseView, link: Link) -> list[Ticket]:
    """The other linked tickets of the same ticket that are there and not done."""
    others = (view.tickets.get(other.linked) for other in _others_on(view, link))
    return [ticket for ticket in others if ticket is not None and not ticket.status.kind.done]


def _others_on(view: CaseView, link: Link) -> list[Link]:
    """The other links of the same ticket whose linked tickets are there."""
    return [
        other
        for other in view.links
        if other.origin == link.origin and other.id != link.id and other.linked not in view.gone
    ]


def those_it_would_wait_for(view: CaseView, link: Link, route: Route, side: Side) -> Iterator[TicketRef]:
    """The tickets that are as far, as they are known, and for which a side's change would wait if they were not.

    A customer's ticket that is done rests on the others' tickets, also those of other cases; a linked one on the other linked tickets.
    """
    origin, linked = view.tickets.get(link.origin), view.tickets.get(link.linked)
    if origin is None or linked is None:
        return
    if side is Side.ORIGIN:
        if origin.status.kind.done:
            yield from (one.origin for one in view.siblings.get(link.id, ()))
        return
    of_all = linked.status.kind.done and route.done_when is DoneWhen.ALL
    if of_all or (not linked.status.kind.done and origin.status.kind is StatusKind.WAITING_THIRD_PARTY):
        yield from (other.linked for other in _others_on(view, link))

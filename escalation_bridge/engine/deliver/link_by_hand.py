"""Link existing tickets, and remove links: the vendors are asked, the answers checked, and the result is saved.

The worker does the rest: it reads both tickets in the next round of the case, and shows each in the other one.
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Decision, Link, TimelineEntry
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.links.by_hand import (
    Ends,
    next_link_id,
    plan_link,
    refuse_link,
    unlink,
)
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Presence, Ticket, TicketRef
from escalation_bridge.engine.wake_others import wake_neighbours
from escalation_bridge.errors import BridgeError
from escalation_bridge.store.cases import case_file, case_tickets, case_views, stored_links
from escalation_bridge.store.queue import claims, wakes


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """The two tickets, each by id, by key or as connection:id, and the route."""

    origin: str
    linked: str
    route: str


@dataclass(frozen=True, slots=True)
class LinkResult:
    """The result of a request.

    Attributes:
        refusal: Why it was refused; None: it was accepted, or would be in a dry run.
        subject: What was refused: a ticket as it was named in the request, or a route.
        ends: The two tickets, as soon as both are known.
        case_id: The case; None if nothing was saved.
    """

    refusal: LinkRefusal | None = None
    subject: str = ""
    ends: Ends | None = None
    case_id: int | None = None


class _Refused(Exception):
    """Ends the steps below; never leaves this module."""

    def __init__(self, refusal: LinkRefusal, subject: str = "", ends: Ends | None = None) -> None:
        super().__init__(refusal)
        self.result = LinkResult(refusal, subject, ends)


def link_tickets(
    bridge: Bridge,
    request: LinkRequest,
    *,
    by: str = "",
    with_history: bool = False,
    dry_run: bool = False,
    planned: Collection[Ends] = (),
) -> LinkResult:
    """Link two existing tickets. A case is opened for the customer's ticket if it has none.

    Args:
        bridge: The bridge.
        request: The tickets and the route.
        by: Who asks for it.
        with_history: Whether earlier comments are copied, too.
        dry_run: Whether to check only, and to save nothing.
        planned: Links that would exist by then, for a dry run of several.

    Raises:
        VendorError, PluginError: A ticket cannot be looked up at present.
    """
    try:
        route = _route(bridge, request)
        tickets = {
            Side.ORIGIN: _find(bridge, route.origin, request.origin),
            Side.LINKED: _find(bridge, route.linked, request.linked),
        }
        ends = Ends(tickets[Side.ORIGIN].ref, tickets[Side.LINKED].ref)
        if dry_run:
            _check(bridge, route, tickets, planned)
            return LinkResult(ends=ends)
        not_copied = {side: () if with_history else _comment_ids(bridge, tickets[side].ref) for side in Side}
        with bridge.database.write() as transaction:
            case_id = _record(bridge, transaction, route, tickets, not_copied, by)
    except _Refused as refused:
        return refused.result
    return LinkResult(ends=ends, case_id=case_id)


def unlink_tickets(bridge: Bridge, request: LinkRequest, *, by: str = "") -> LinkResult:
    """Remove the link between two tickets. Tickets that no longer exist at the vendor have to be named by id."""
    try:
        route = _route(bridge, request)
        ends = Ends(
            _known_or_found(bridge, route.origin, request.origin),
            _known_or_found(bridge, route.linked, request.linked),
        )
        with bridge.database.write() as transaction:
            case_id = _take_back(bridge, transaction, ends, by)
    except _Refused as refused:
        return refused.result
    return LinkResult(ends=ends, case_id=case_id)


# --- which tickets ------------------------------------------------------------------------------------------------------


def _route(bridge: Bridge, request: LinkRequest) -> Route:
    route = bridge.rules.routes.get(request.route)
    if route is None:
        raise _Refused(LinkRefusal.UNKNOWN_ROUTE, request.route)
    return route


def _find(bridge: Bridge, connection: str, text: str) -> Ticket:
    helpdesk = bridge.helpdesks.get(connection)
    if helpdesk is None:
        raise BridgeError(f"there is no enabled connection {connection}")
    found = helpdesk.find_by_key(_without_connection(bridge, connection, text))
    if found is None:
        raise _Refused(LinkRefusal.NOT_FOUND, text)
    if found.presence is not Presence.PRESENT:
        raise _Refused(LinkRefusal.GONE, text)
    return found


def _without_connection(bridge: Bridge, connection: str, text: str) -> str:
    named, mark, rest = text.partition(":")
    if not mark:
        return text
    if named in bridge.helpdesks and named != connection:
        raise _Refused(LinkRefusal.OTHER_CONNECTION, text)
    return rest if named == connection else text


def _known_or_found(bridge: Bridge, connection: str, text: str) -> TicketRef:
    ref = TicketRef(connection, _without_connection(bridge, connection, text))
    with bridge.database.read() as transaction:
        if case_tickets.cases_of(transaction, ref):
            return ref
    return _find(bridge, connection, text).ref


def _comment_ids(bridge: Bridge, ref: TicketRef) -> tuple[str, ...]:
    return tuple(comment.id for comment in bridge.helpdesks[ref.connection].fetch_comments(ref.id, None))


# --- checking and recording ---------------------------------------------------------------------------------------------


def _check(bridge: Bridge, route: Route, tickets: dict[Side, Ticket], planned: Collection[Ends]) -> None:
    ends = Ends(tickets[Side.ORIGIN].ref, tickets[Side.LINKED].ref)
    with bridge.database.read() as transaction:
        known = stored_links.links_around(transaction, [ends.origin, ends.linked])
    refusal = refuse_link(route, tickets[Side.ORIGIN], tickets[Side.LINKED], {*known, *planned})
    if refusal is not None:
        raise _Refused(refusal, str(ends.linked), ends)


def _record(
    bridge: Bridge,
    transaction: sa.Connection,
    route: Route,
    tickets: dict[Side, Ticket],
    not_copied: dict[Side, tuple[str, ...]],
    by: str,
) -> int:
    stored_links.lock_links(transaction)
    ends = Ends(tickets[Side.ORIGIN].ref, tickets[Side.LINKED].ref)
    known = stored_links.links_around(transaction, [ends.origin, ends.linked])
    home = stored_links.home_of(transaction, ends.origin)
    view = case_views.load_case(transaction, home) if home is not None else None
    link = plan_link(route, tickets, known, next_link_id(view), bridge.now(), not_copied)
    if not isinstance(link, Link):
        raise _Refused(link, str(ends.linked), ends)
    # Before the others are locked, see `open_cases`.
    case_id = home if home is not None else case_tickets.open_case(transaction, ends.origin, bridge.now())
    neighbours = stored_links.cases_that_lead_to(transaction, ends.linked)
    claims.lock_in_order(transaction, [*neighbours, case_id])
    wake_neighbours(transaction, neighbours, bridge.now())
    wakes.wake(transaction, case_id, bridge.now(), "linked by hand")
    case_tickets.add_ticket(transaction, case_id, ends.linked)
    case_file.mark_case_stale(transaction, case_id, [ends.origin, ends.linked])
    stored_links.save_link(transaction, case_id, link)
    facts = {
        "origin_key": tickets[Side.ORIGIN].key,
        "linked_key": tickets[Side.LINKED].key,
        "route": route.name,
        "by": by,
    }
    case_file.save_timeline(transaction, case_id, [TimelineEntry(bridge.now(), "linked_by_hand", facts)])
    return case_id


def _take_back(bridge: Bridge, transaction: sa.Connection, ends: Ends, by: str) -> int:
    stored_links.lock_links(transaction)  # before looking: somebody else may be taking it back just now
    found = stored_links.find_link(transaction, ends)
    if found is None:
        raise _Refused(LinkRefusal.NOT_LINKED, str(ends.linked), ends)
    case_id, link_id = found
    neighbours = stored_links.cases_that_lead_to(transaction, ends.linked)
    claims.lock_in_order(transaction, [*neighbours, case_id])
    wake_neighbours(transaction, neighbours, bridge.now())
    wakes.wake(transaction, case_id, bridge.now(), "unlinked")
    view = case_views.load_case(transaction, case_id)
    link = next(link for link in view.links if link.id == link_id)
    part = unlink(view, link, by, bridge.now())
    case_file.save_decisions(transaction, [(view, _as_decision(view, part))], bridge.id, bridge.now())
    return case_id


def _as_decision(view: CaseView, part: Part) -> Decision:
    return Decision(
        state=view.state,
        intents=part.intents,
        clocks=view.clocks,
        links=part.links,
        fired=(),
        timeline=part.timeline,
        withdrawn=part.withdrawn,
        next_wake=None,
    )

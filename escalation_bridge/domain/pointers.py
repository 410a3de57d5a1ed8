"""How each ticket of a link is shown to the agents of the other one."""

from dataclasses import replace

from escalation_bridge.domain.cases import CaseView, Link
from escalation_bridge.domain.intents import KeyedIntent, ShowLink
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.routes import Side
from escalation_bridge.domain.tickets import Ticket, TicketPointer


def point_to(view: CaseView, ticket: Ticket) -> TicketPointer:
    """How a ticket is shown to the other side's agents."""
    return TicketPointer(
        ref=ticket.ref,
        key=ticket.key,
        url=ticket.url,
        vendor=view.vendors.get(ticket.ref.connection, ticket.ref.connection),
        title=ticket.subject,
        status=ticket.status.name,
        done=ticket.status.kind.done,
    )


def refresh_pointers(view: CaseView, link: Link) -> Part:
    """Show each side when the other becomes done, and when it is taken up again."""
    part = NOTHING
    for side in Side:
        shown_on, shown = view.tickets.get(link.ticket(side)), view.tickets.get(link.ticket(side.other))
        if shown_on is None or shown is None or shown.status.kind.done is link.shown_done.get(side, False):
            continue
        link = replace(
            link, edges=link.edges + 1, shown_done={**link.shown_done, side: shown.status.kind.done}
        )
        show = ShowLink(shown_on.ref, point_to(view, shown))
        part += Part(intents=(KeyedIntent(f"show:{link.id}:{side}:{link.edges}", show),), links=(link,))
    return part

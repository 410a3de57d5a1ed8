"""The hand-offs of a case, from what is stored of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.sla.hand_offs import (
    HandOff,
    LinkedTicket,
    StatusSpan,
    compute_hand_offs,
    status_spans,
)
from escalation_bridge.domain.tickets.tickets import StatusKind, TicketRef

History = Mapping[TicketRef, Sequence[TicketEvent]]


def case_hand_offs(view: CaseView, until: datetime, histories: History | None = None) -> tuple[HandOff, ...]:
    """Which party owned the work from the opening of the customer's ticket on.

    Args:
        view: The case.
        until: Now.
        histories: What happened to the linked tickets; for one of which nothing is known its last snapshot has to do.
    """
    origin = view.tickets.get(view.origin)
    opened = origin.created_at if origin else view.opened_at
    return compute_hand_offs(
        view.origin, status_spans(view.events), linked_tickets(view, histories or {}), opened, until
    )


def linked_tickets(view: CaseView, histories: History) -> tuple[LinkedTicket, ...]:
    """The tickets that the case was handed on to, with the course of each."""
    return tuple(
        LinkedTicket(
            link.id,
            link.linked,
            link.since,
            status_spans(histories.get(link.linked, ())) or _last_known(view, link),
        )
        for link in view.links
    )


def _last_known(view: CaseView, link: Link) -> tuple[StatusSpan, ...]:
    ticket = view.tickets.get(link.linked)
    if ticket is None:
        return ()
    since = max(ticket.updated_at or link.since, link.since)
    status = StatusKind.CLOSED if link.linked in view.gone else ticket.status.kind
    return (StatusSpan(since, None, status),)

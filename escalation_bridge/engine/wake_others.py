"""Wake the other cases that share a ticket when a change of one concerns them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Decision
from escalation_bridge.domain.links.shared_ticket import as_sibling
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef
from escalation_bridge.store.cases.case_file import mark_case_stale
from escalation_bridge.store.cases.shared_tickets import cases_beyond, sibling_cases
from escalation_bridge.store.cases.stored_links import cases_that_lead_to
from escalation_bridge.store.queue import claims, wakes


def lock_neighbours(
    transaction: sa.Connection,
    before: CaseView,
    ticket: Ticket | None,
    carried: tuple[TicketRef, TicketRef] | None = None,
) -> list[int]:
    """Lock the cases that a change concerns, together with the case itself.

    Call it once, first in a transaction: it locks the cases in id order to avoid a deadlock.

    Args:
        transaction: The transaction of the change.
        before: The case before the change.
        ticket: The changed ticket; None: it is gone.
        carried: From which ticket to which a comment was just carried. The cases in which it goes on from there are to read that
            ticket again: what they have to copy is not in their snapshots.
    """
    return _lock(transaction, before, siblings=_is_news(before, ticket), carried=carried)


def lock_beyond(
    transaction: sa.Connection, view: CaseView, source: TicketRef, target: TicketRef
) -> list[int]:
    """Like `lock_neighbours`, if the answer to a copied comment does not contain its ticket."""
    return _lock(transaction, view, siblings=False, carried=(source, target))


def _lock(
    transaction: sa.Connection,
    view: CaseView,
    *,
    siblings: bool,
    carried: tuple[TicketRef, TicketRef] | None,
) -> list[int]:
    others = set(sibling_cases(transaction, view.id)) if siblings else set()
    beyond: list[int] = []
    if carried is not None:
        down = any((link.origin, link.linked) == carried for link in view.links)
        beyond = cases_beyond(transaction, view.id, carried[1], Side.LINKED if down else Side.ORIGIN)
    others |= set(beyond)
    if others:
        claims.lock_in_order(transaction, [view.id, *others])
    for case_id in sorted(beyond):
        mark_case_stale(transaction, case_id, [carried[1]] if carried is not None else [])
    return sorted(others)


def wake_neighbours(transaction: sa.Connection, cases: Sequence[int], now: datetime) -> None:
    """Wake the cases that `lock_neighbours` returned."""
    for case_id in sorted(cases):
        wakes.wake(transaction, case_id, now, "another customer's ticket")


def wake_those_left(bridge: Bridge, decisions: Sequence[Decision]) -> None:
    """Wake other customers' cases after their links to the same tickets were removed."""
    left = {link.linked for decision in decisions for link in decision.links if link.ended is not None}
    if not left:
        return
    with bridge.database.write() as transaction:
        others = sorted({case for ref in left for case in cases_that_lead_to(transaction, ref)})
        claims.lock_in_order(transaction, others)
        wake_neighbours(transaction, others, bridge.now())


def _is_news(before: CaseView, ticket: Ticket | None) -> bool:
    if ticket is None:
        return bool(before.links)
    old = before.tickets.get(ticket.ref)
    return any(
        link.origin == ticket.ref
        and (old is None or as_sibling(before, link, old) != as_sibling(before, link, ticket))
        for link in before.links
    )

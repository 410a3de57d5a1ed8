"""Status changes between two snapshots of a ticket.

A reading shows one status. What was in between, and when it changed, the vendor's own history knows; it is asked only where the
readings leave a gap.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from escalation_bridge.domain.sla.events import EventKind, TicketEvent, TimeSource, status_changed
from escalation_bridge.domain.tickets.tickets import StatusChange, StatusKind, Ticket

_SAME = timedelta(seconds=1)
"""Vendors date the creation of a ticket and its first status in one second or in two."""


def may_have_missed(old: Ticket | None, ticket: Ticket, known: Sequence[TicketEvent]) -> bool:
    """Whether the last two snapshots may have missed a status change.

    Args:
        old: The ticket as it was read before; None: this is the first reading.
        ticket: The ticket as it was just read.
        known: The events of its history so far.
    """
    since = ticket.status_since
    if since is not None:
        if old is not None and old.status_since == since:
            return False
        return since - last_known(ticket, known) > _SAME
    if old is None:
        return ticket.updated_at is not None and ticket.updated_at - ticket.created_at > _SAME
    return old.status.kind is not ticket.status.kind


def has_moved_on(ticket: Ticket, changes: Sequence[StatusChange] = ()) -> bool:
    """Whether a ticket's status was changed after the ticket was created.

    Args:
        ticket: The ticket as it was just read.
        changes: The vendor's history, for a ticket without the start of its status.
    """
    times = (ticket.status_since, *(change.at for change in changes))
    return any(at is not None and at - ticket.created_at > _SAME for at in times)


def last_known(ticket: Ticket, known: Sequence[TicketEvent]) -> datetime:
    """Up to when the course of a ticket's status is known."""
    return max((event.at for event in known if _has_status(event)), default=ticket.created_at)


def status_events(
    old: Ticket | None,
    ticket: Ticket,
    changes: Sequence[StatusChange],
    known: Sequence[TicketEvent],
    now: datetime,
) -> Iterator[TicketEvent]:
    """The status events of a read.

    Args:
        old: The ticket as it was read before; None: this is the first reading.
        ticket: The ticket as it was just read.
        changes: The vendor's history; empty if it was not read, or has nothing.
        known: The events of its history so far.
        now: When it was read.
    """
    since = last_known(ticket, known)
    until = ticket.status_since or ticket.updated_at
    kind = _kind_at_the_end(known)
    number = sum(event.kind is EventKind.STATUS for event in known)
    is_listed = False
    for change in sorted(changes, key=lambda change: change.at):
        is_known = any(event.key.endswith(f":{change.id}") for event in known)
        # Later changes come with the next read.
        if is_known or change.at < since or (until is not None and change.at > until):
            continue
        is_listed = True
        if change.status.kind is kind:
            continue
        kind = change.status.kind
        yield TicketEvent(
            key=f"status:{number:06}:{change.id}",
            at=change.at,
            kind=EventKind.STATUS,
            status=kind,
            source=TimeSource.VENDOR,
        )
        number += 1
    if is_listed and kind is ticket.status.kind:
        return
    changed = status_changed(old, ticket, now, number)
    if changed is not None:
        yield changed


def _kind_at_the_end(known: Sequence[TicketEvent]) -> StatusKind:
    statuses = (event for event in known if _has_status(event))
    last = max(statuses, key=lambda event: (event.at, event.key), default=None)
    return last.status if last and last.status else StatusKind.NEW


def _has_status(event: TicketEvent) -> bool:
    return event.kind in (EventKind.OPENED, EventKind.STATUS)

"""Keeping a ticket as it was just seen, whether it was read or came as the answer to a write, and what that tells of its history."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.events import TicketEvent, of_linked
from escalation_bridge.domain.sla.status_history import status_events
from escalation_bridge.domain.tickets.tickets import Comment, Role, StatusChange, Ticket
from escalation_bridge.store.cases import case_file, stored_comments
from escalation_bridge.store.rules_versions import put_under


def write_down(
    bridge: Bridge,
    transaction: sa.Connection,
    before: CaseView,
    ticket: Ticket,
    spoken: list[tuple[Comment, Role]] | None,
    changes: Sequence[StatusChange] = (),
) -> None:
    """Keep a snapshot and comments, and add what they show to have happened to the case's history.

    Args:
        bridge: The bridge.
        transaction: Where to write.
        before: The case as it was known until now.
        ticket: The ticket as it is.
        spoken: Comments that are new, each with who spoke; None: nobody asked for them.
        changes: The vendor's history of its status, where it was asked for.
    """
    now = bridge.now()
    earlier = before.tickets.get(ticket.ref)
    if earlier is not None and not earlier.answers_known:
        # Settled when it was first read: of what was said before agents could be told, nobody knows who said it.
        ticket = replace(ticket, answers_known=False)
    case_file.save_snapshot(transaction, before.id, ticket, now if spoken is not None else None)
    spoken = spoken or []
    stored_comments.save_comments(
        transaction, before.id, [(comment, role is Role.BRIDGE) for comment, role in spoken]
    )
    entries = [_said(ticket, comment) for comment, role in spoken if role is not Role.BRIDGE]
    old = before.tickets.get(ticket.ref)
    if ticket.ref != before.origin:
        known = before.linked_events.get(ticket.ref, ())
        case_file.save_events(
            transaction,
            before.id,
            [of_linked(e, ticket.ref) for e in _course(old, ticket, changes, known, now)],
        )
    else:
        said = [events.said(comment, role) for comment, role in spoken]
        case_file.save_events(
            transaction, before.id, [*said, *_course(old, ticket, changes, before.events, now)]
        )
        if old is None:
            facts = {"ticket": str(ticket.ref), "key": ticket.key, "url": ticket.url}
            entries.insert(0, TimelineEntry(now, "case_opened", facts))
            if not ticket.answers_known:
                unknown = {"connection": ticket.ref.connection}
                entries.insert(1, TimelineEntry(now, "agents_unknown", unknown))
            put_under(transaction, before.id, bridge.rules_version)
            case_file.save_classification(transaction, before.id, bridge.extensions.classify_ticket(ticket))
    case_file.save_timeline(transaction, before.id, entries)


def _course(
    old: Ticket | None,
    ticket: Ticket,
    changes: Sequence[StatusChange],
    known: Sequence[TicketEvent],
    now: datetime,
) -> Iterator[TicketEvent]:
    """What a snapshot shows of a ticket's course that its predecessor did not."""
    if old is None:
        yield events.opened(ticket)
    yield from status_events(old, ticket, changes, known, now)


def _said(ticket: Ticket, comment: Comment) -> TimelineEntry:
    facts = {"author": comment.author.name, "key": ticket.key, "visibility": str(comment.visibility)}
    return TimelineEntry(comment.created_at, "comment_seen", facts)

"""Bringing a case's snapshots up to date, and writing down what happened since the last look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain import events
from escalation_bridge.domain.cases import CaseView, TimelineEntry
from escalation_bridge.domain.events import TicketEvent
from escalation_bridge.domain.speakers import who_spoke
from escalation_bridge.domain.tickets import Comment, Role, Ticket, TicketRef
from escalation_bridge.errors import BridgeError, TicketNotFound, VendorError
from escalation_bridge.store import casefile
from escalation_bridge.store.outbox import sent_texts
from escalation_bridge.store.wakes import Claim, hold_lease

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5.0
"""How soon a ticket that could not be read is tried again, at the least."""


@dataclass(slots=True)
class Gathered:
    """What came of reading tickets.

    Attributes:
        read: The tickets that are fresh now.
        retry_in: Seconds until the ones that could not be read are tried again; None if all could.
    """

    read: set[TicketRef] = field(default_factory=set)
    retry_in: float | None = None


def gather(bridge: Bridge, claim: Claim, refs: Sequence[TicketRef], lease: timedelta) -> Gathered:
    """Read tickets and their new comments. One that cannot be read does not keep the others from being read."""
    outcome = Gathered()
    if not refs:
        return outcome
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, bridge.now(), lease)
        casefile.unmark_stale(transaction, claim.case_id, refs)
    for ref in refs:
        try:
            _read(bridge, claim, ref, lease)
        except BridgeError as error:
            wait = _RETRY_SECONDS
            if isinstance(error, VendorError):
                wait = max(wait, error.at.retry_after or 0.0)
            outcome.retry_in = max(wait, outcome.retry_in or 0.0)
            _log.warning(
                "gather.put_off", case=claim.case_id, ticket=str(ref), error=str(error), seconds=wait
            )
            with bridge.database.write() as transaction:
                casefile.mark_case_stale(transaction, claim.case_id, [ref])
        else:
            outcome.read.add(ref)
    return outcome


def _read(bridge: Bridge, claim: Claim, ref: TicketRef, lease: timedelta) -> None:
    helpdesk = bridge.helpdesks.get(ref.connection)
    if helpdesk is None:
        raise BridgeError(f"{ref}: there is no enabled connection {ref.connection}")
    with bridge.database.read() as transaction:
        before = casefile.load_case(transaction, claim.case_id)
        texts = sent_texts(transaction, claim.case_id)
    known = before.comments_of(ref)
    try:
        ticket = helpdesk.fetch_ticket(ref.id)
        comments = helpdesk.fetch_comments(ref.id, known[-1].id if known else None)
    except TicketNotFound as error:
        with bridge.database.write() as transaction:
            hold_lease(transaction, claim, bridge.now(), lease)
            casefile.save_gone(transaction, claim.case_id, ref, error.message)
        return
    known_ids = {comment.id for comment in known}
    spoken = [
        (comment, who_spoke(comment, before.intents.values(), texts))
        for comment in comments
        if comment.id not in known_ids
    ]
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, bridge.now(), lease)
        _write_down(bridge, transaction, before, ticket, spoken)


def _write_down(
    bridge: Bridge,
    transaction: sa.Connection,
    before: CaseView,
    ticket: Ticket,
    spoken: list[tuple[Comment, Role]],
) -> None:
    now = bridge.now()
    casefile.save_snapshot(transaction, before.id, ticket, now)
    casefile.save_comments(
        transaction, before.id, [(comment, role is Role.BRIDGE) for comment, role in spoken]
    )
    entries = [_seen(ticket, comment, now) for comment, role in spoken if role is not Role.BRIDGE]
    if ticket.ref == before.origin:
        old = before.tickets.get(ticket.ref)
        happened: list[TicketEvent | None] = [events.said(comment, role) for comment, role in spoken]
        happened.append(events.status_changed(old, ticket, now))
        if old is None:
            happened.append(events.opened(ticket))
            facts = {"ticket": str(ticket.ref), "key": ticket.key, "url": ticket.url}
            entries.insert(0, TimelineEntry(now, "case_opened", facts))
            casefile.save_classification(transaction, before.id, bridge.extensions.classify_ticket(ticket))
        casefile.save_events(transaction, before.id, [event for event in happened if event is not None])
    casefile.save_timeline(transaction, before.id, entries)


def _seen(ticket: Ticket, comment: Comment, now: datetime) -> TimelineEntry:
    facts = {"author": comment.author.name, "key": ticket.key, "visibility": str(comment.visibility)}
    return TimelineEntry(now, "comment_seen", facts)

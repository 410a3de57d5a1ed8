"""Find changes that webhooks missed: webhooks get lost, and a vendor that fails to reach the bridge stops trying.

The vendor lists changed tickets, which are compared with the snapshots. The worker reads a ticket that differs, as if its
webhook had arrived: nothing else is repaired here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.sync.comments.rereading import read_from, reread
from escalation_bridge.domain.sync.comments.ticket_differences import (
    Difference,
    comment_differences,
    differences,
)
from escalation_bridge.domain.tickets.tickets import Comment, Ticket, TicketRef
from escalation_bridge.engine.gather.gather import edits_since
from escalation_bridge.errors import TicketNotFound
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store.cases import case_file, case_tickets, case_views
from escalation_bridge.store.connections import reconciliations
from escalation_bridge.store.queue import claims, wakes

_log = structlog.get_logger(__name__)

_ON_ITS_WAY = timedelta(seconds=30)
"""A younger change is read, but does not count as missed: its webhook may be on its way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A ticket that differs from its snapshot.

    Attributes:
        cases: The cases with a stale snapshot; empty: it opens one.
        changes: The differences; empty if it was unknown.
        is_missed: Whether its webhook should have arrived by now.
    """

    ref: TicketRef
    key: str
    cases: tuple[int, ...]
    changes: tuple[Difference, ...]
    is_missed: bool


def compare(bridge: Bridge, ref: TicketRef) -> Finding | None:
    """Compare a ticket at the vendor with its snapshot.

    Returns:
        The differences; None if there are none, if the worker will read it anyway, or if it is irrelevant.

    Raises:
        VendorError: It cannot be read.
    """
    with bridge.database.read() as transaction:
        cases = case_tickets.cases_of(transaction, ref)
        stale = case_views.stale_of_cases(transaction, cases)
        quiet = [case for case in cases if ref not in stale.get(case, ())]
        views = case_views.load_cases(transaction, quiet)
        unread = case_views.cases_with_unread_comments(transaction, ref)
    helpdesk = bridge.helpdesks[ref.connection]
    if cases:
        return _compare_known(bridge, helpdesk, ref, views, unread) if views else None
    if not bridge.opens_cases(ref.connection):
        return None
    try:
        present = helpdesk.fetch_ticket(ref.id)
    except TicketNotFound:
        return None
    if present.bridge_key is not None or present.status.kind.done:
        return None  # the bridge created it for another case, or it has no SLA targets any more
    return Finding(ref, present.key, (), (), _ought_to_be_known(bridge, present))


def _compare_known(
    bridge: Bridge,
    helpdesk: Helpdesk,
    ref: TicketRef,
    views: Mapping[int, CaseView],
    unread: Collection[int],
) -> Finding | None:
    """Compare a ticket with the snapshots of each of its cases, which may differ."""
    key = next((view.tickets[ref].key for view in views.values() if ref in view.tickets), ref.id)
    try:
        present = helpdesk.fetch_ticket(ref.id)
    except TicketNotFound:
        cases = tuple(case for case, view in views.items() if ref not in view.gone)
        gone = Difference("presence", "present", "gone")
        return Finding(ref, key, cases, (gone,), is_missed=True) if cases else None
    since = edits_since(bridge, ref)

    @cache
    def comments_after(after: str | None) -> tuple[Comment, ...]:
        return helpdesk.fetch_comments(ref.id, after)

    def changes(view: CaseView) -> tuple[Difference, ...] | None:
        """The differences from the case; None: none; empty: the case had no snapshot.

        Without a later change there are no new comments, unless the change is the bridge's own write.
        """
        known = view.tickets.get(ref)
        if known is None:
            return ()
        found = differences(known, present)
        moved_on = present.updated_at is None or present.updated_at != known.updated_at
        if moved_on or view.id in unread:
            read = comments_after(read_from(view, ref, since))
            found += comment_differences(view, ref, reread(view, ref, read, since, bridge.now()))
        return found or None

    behind = {case: found for case, view in views.items() if (found := changes(view)) is not None}
    if not behind:
        return None
    differing = tuple(dict.fromkeys(change for found in behind.values() for change in found))
    return Finding(ref, present.key, tuple(behind), differing, _ought_to_be_known(bridge, present))


def _ought_to_be_known(bridge: Bridge, present: Ticket) -> bool:
    return present.updated_at is None or bridge.now() - present.updated_at > _ON_ITS_WAY


def repair(bridge: Bridge, finding: Finding) -> None:
    """Let the worker read a ticket, as if its webhook had arrived, and note it in its cases' histories."""
    now, ref = bridge.now(), finding.ref
    fields = ", ".join(change.field for change in finding.changes)
    with bridge.database.write() as transaction:
        cases = sorted(finding.cases) or [case_tickets.open_case(transaction, ref, now)]
        # It is marked stale in every case that has it.
        claims.lock_in_order(transaction, sorted({*cases, *case_tickets.cases_of(transaction, ref)}))
        for case_id in cases:
            wakes.wake(transaction, case_id, now, "reconciled")
            if finding.is_missed and finding.changes:
                facts = {"ticket": str(ref), "key": finding.key, "fields": fields}
                case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "reconciled", facts)])
        case_tickets.mark_stale(transaction, ref)
        if finding.is_missed:
            reconciliations.note_missed(transaction, ref.connection, now)
    if finding.is_missed:
        _log.warning(
            "reconcile.missed", connection=ref.connection, ticket=str(ref), fields=fields or "unknown ticket"
        )


def leave_to_the_worker(bridge: Bridge, ref: TicketRef) -> None:
    """Let the cases of a ticket that could not be compared read it: they retry until it can be read, and report it."""
    now = bridge.now()
    with bridge.database.write() as transaction:
        cases = sorted(case_tickets.cases_of(transaction, ref))
        claims.lock_in_order(transaction, cases)
        for case_id in cases:
            wakes.wake(transaction, case_id, now, "reconciled")
        case_tickets.mark_stale(transaction, ref)

"""Finding what webhooks missed: webhooks get lost, and a vendor that could not reach the bridge for long stops trying.

What has changed is asked of the vendor, and compared with what is known. A ticket that differs is read anew by the worker, as if its
webhook had come: nothing is repaired here but that nobody looked.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.sync.comments.rereading import read_from, reread
from escalation_bridge.domain.sync.comments.ticket_differences import Difference, differences, retold
from escalation_bridge.domain.tickets.tickets import Comment, Ticket, TicketRef
from escalation_bridge.engine.gather.gather import edits_since
from escalation_bridge.errors import TicketNotFound
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store import queue
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.connections import reconciliations

_log = structlog.get_logger(__name__)

_ON_ITS_WAY = timedelta(seconds=30)
"""A change that is younger is read, and not counted as missed: its webhook may be on its way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A ticket that is not as it was known.

    Attributes:
        cases: The cases that know it otherwise; none: it opens one.
        changes: In what it differs; empty where it was not known at all.
        is_missed: Whether its webhook ought to have come by now.
    """

    ref: TicketRef
    key: str
    cases: tuple[int, ...]
    changes: tuple[Difference, ...]
    is_missed: bool


def compare(bridge: Bridge, ref: TicketRef) -> Finding | None:
    """Compare a ticket at the vendor with what is known of it.

    Returns:
        In what it differs; None where it is as known, where the worker is about to read it anyway, or is none of our business.

    Raises:
        VendorError: It cannot be read.
    """
    with bridge.database.read() as transaction:
        cases = queue.cases_of(transaction, ref)
        stale = case_views.stale_of_cases(transaction, cases)
        quiet = [case for case in cases if ref not in stale.get(case, ())]
        views = case_views.load_cases(transaction, quiet)
        unheard = case_views.unheard_in(transaction, ref)
    helpdesk = bridge.helpdesks[ref.connection]
    if cases:
        return _compare_known(bridge, helpdesk, ref, views, unheard) if views else None
    if not bridge.opens_cases(ref.connection):
        return None
    try:
        present = helpdesk.fetch_ticket(ref.id)
    except TicketNotFound:
        return None
    if present.bridge_key is not None or present.status.kind.done:
        return None  # the bridge made it, for another case; or nothing is promised about it any more
    return Finding(ref, present.key, (), (), _ought_to_be_known(bridge, present))


def _compare_known(
    bridge: Bridge,
    helpdesk: Helpdesk,
    ref: TicketRef,
    views: Mapping[int, CaseView],
    unheard: Collection[int],
) -> Finding | None:
    """Compare a ticket with what each of its cases knows of it: one may have heard what another has not."""
    key = next((view.tickets[ref].key for view in views.values() if ref in view.tickets), ref.id)
    try:
        present = helpdesk.fetch_ticket(ref.id)
    except TicketNotFound:
        cases = tuple(case for case, view in views.items() if ref not in view.gone)
        gone = Difference("presence", "present", "gone")
        return Finding(ref, key, cases, (gone,), is_missed=True) if cases else None
    since = edits_since(bridge, ref)

    @cache
    def said(after: str | None) -> tuple[Comment, ...]:
        return helpdesk.fetch_comments(ref.id, after)

    def changes(view: CaseView) -> tuple[Difference, ...] | None:
        """In what the case lags behind; None where it does not, nothing at all where it knew nothing.

        A ticket that shows no later change has nothing new said in it, unless it is the bridge's own write that it shows.
        """
        known = view.tickets.get(ref)
        if known is None:
            return ()
        found = differences(known, present)
        moved_on = present.updated_at is None or present.updated_at != known.updated_at
        if moved_on or view.id in unheard:
            read = said(read_from(view, ref, since))
            found += retold(view, ref, reread(view, ref, read, since, bridge.now()))
        return found or None

    behind = {case: found for case, view in views.items() if (found := changes(view)) is not None}
    if not behind:
        return None
    told = tuple(dict.fromkeys(change for found in behind.values() for change in found))
    return Finding(ref, present.key, tuple(behind), told, _ought_to_be_known(bridge, present))


def _ought_to_be_known(bridge: Bridge, present: Ticket) -> bool:
    return present.updated_at is None or bridge.now() - present.updated_at > _ON_ITS_WAY


def repair(bridge: Bridge, finding: Finding) -> None:
    """Have a ticket read anew by the worker, as if its webhook had come, and say so in its cases' histories."""
    now, ref = bridge.now(), finding.ref
    fields = ", ".join(change.field for change in finding.changes)
    with bridge.database.write() as transaction:
        cases = sorted(finding.cases) or [queue.open_case(transaction, ref, now)]
        # All that know the ticket: it is marked in each of them.
        queue.lock_in_order(transaction, sorted({*cases, *queue.cases_of(transaction, ref)}))
        for case_id in cases:
            queue.wake(transaction, case_id, now, "reconciled")
            if finding.is_missed and finding.changes:
                facts = {"ticket": str(ref), "key": finding.key, "fields": fields}
                case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "reconciled", facts)])
        queue.mark_stale(transaction, ref)
        if finding.is_missed:
            reconciliations.note_missed(transaction, ref.connection, now)
    if finding.is_missed:
        _log.warning(
            "reconcile.missed", connection=ref.connection, ticket=str(ref), fields=fields or "unknown ticket"
        )


def leave_to_the_worker(bridge: Bridge, ref: TicketRef) -> None:
    """Have the cases of a ticket that could not be compared read it: they try again until it can be read, and say so."""
    now = bridge.now()
    with bridge.database.write() as transaction:
        cases = sorted(queue.cases_of(transaction, ref))
        queue.lock_in_order(transaction, cases)
        for case_id in cases:
            queue.wake(transaction, case_id, now, "reconciled")
        queue.mark_stale(transaction, ref)

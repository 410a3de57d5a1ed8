"""Update a case's snapshots, and record what happened since the last read."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.after_reading import (
    Opening,
    Shown,
    after_reading,
    as_opened,
    is_first_reading,
    news_of_reading,
)
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.sync.comments.rereading import SECOND_LOOK, Rereading, read_from, reread
from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.tickets import Comment, Role, Ticket, TicketRef
from escalation_bridge.engine.backfill import REASON
from escalation_bridge.engine.gather.disappearing import is_known_gone, reason_of
from escalation_bridge.engine.gather.severity import classify_again, classify_arriving
from escalation_bridge.engine.gather.status_changes import missed_changes
from escalation_bridge.engine.gather.vendor_clocks import SeenClocks
from escalation_bridge.engine.wake_others import lock_neighbours, wake_neighbours
from escalation_bridge.errors import (
    BridgeError,
    Circumstances,
    NotSettled,
    StoreRefused,
    StoreUnavailable,
    TicketNotFound,
    VendorError,
)
from escalation_bridge.plugin.accounts import TicketReading
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.cases.shared_tickets import writes_of_others
from escalation_bridge.store.cases.shown_tickets import save_shown
from escalation_bridge.store.queue.claims import Claim, LeaseLost, hold_lease

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5.0
"""The minimum wait before a failed read is retried."""
_LONGEST_RETRY_SECONDS = 300.0
_PATIENCE_WITH_LAG = 5
"""How many stale reads in a row (replica lag) are ignored before they are trusted."""


@dataclass(slots=True)
class Gathered:
    """The result of reading tickets.

    Attributes:
        read: The tickets that are fresh now.
        view: The case after the reads.
        is_news: Whether they changed the case.
        retry_in: Seconds until failed reads are retried; None if all succeeded.
        native: The vendor's clocks of the customer's ticket, if the read returned them.
    """

    view: CaseView
    read: set[TicketRef] = field(default_factory=set)
    retry_in: float | None = None
    is_news: bool = False
    native: SeenClocks | None = None

    def add(self, read: Collection[TicketRef], retry_in: float | None) -> None:
        """Merge the result of further reads."""
        self.read |= set(read)
        waits = [wait for wait in (self.retry_in, retry_in) if wait is not None]
        self.retry_in = min(waits, default=None)


def gather(
    bridge: Bridge, claim: Claim, view: CaseView, refs: Sequence[TicketRef], lease: timedelta
) -> Gathered:
    """Read tickets and their new comments. A failed read does not block the others.

    Args:
        bridge: The bridge.
        claim: The case, under lease.
        view: The case when it was claimed, or later.
        refs: The tickets to read.
        lease: How long each write keeps the lease.
    """
    outcome = Gathered(view)
    urgency = Urgency.BACKFILL if claim.reason == REASON else Urgency.ORDINARY
    for ref in refs:
        after = read_from(view, ref, edits_since(bridge, ref))
        with working(urgency), _patient(bridge, claim, ref, lease, outcome):
            _read(bridge, claim, ref, lease, outcome, after=after)
    return outcome


def edits_since(bridge: Bridge, ref: TicketRef) -> datetime | None:
    """Since when a ticket's comments are read again, because their edits are copied; None: no route copies them."""
    windows = [
        route.follow_edits
        for route in bridge.rules.routes.values()
        if ref.connection in (route.origin, route.linked) and route.follow_edits is not None
    ]
    return bridge.now() - max(windows) if windows else None


def read_again(
    bridge: Bridge, claim: Claim, view: CaseView, refs: Collection[TicketRef], lease: timedelta
) -> Gathered:
    """Read tickets again just before a decision that requires them fresh: an answer may be seconds old, a webhook may
    be lost.

    All comments of the case's own ticket are read again: an earlier one may have become private, and must not be quoted
    then. Tickets of other cases are not read: see `other_customers`.
    """
    outcome = Gathered(view)
    for ref in sorted(refs):
        if ref not in view.tickets:
            continue
        after = None if ref == view.origin else read_from(view, ref, edits_since(bridge, ref))
        with working(Urgency.PROMISE), _patient(bridge, claim, ref, lease, outcome):
            _read(bridge, claim, ref, lease, outcome, after=after)
    return outcome


@contextmanager
def _patient(
    bridge: Bridge, claim: Claim, ref: TicketRef, lease: timedelta, outcome: Gathered
) -> Iterator[None]:
    """Put an unreadable ticket off, and record it in the result."""
    try:
        yield
    except (LeaseLost, StoreUnavailable, StoreRefused):
        raise  # no failure of this ticket, and nothing may be written after it
    except BridgeError as error:
        wait, outcome.view = _put_off(bridge, claim, ref, error, lease)
        outcome.retry_in = min(wait, outcome.retry_in or wait)
        outcome.is_news = True
    else:
        outcome.read.add(ref)


def _put_off(
    bridge: Bridge, claim: Claim, ref: TicketRef, error: BridgeError, lease: timedelta
) -> tuple[float, CaseView]:
    """Record a failed read.

    Returns:
        The backoff in seconds, and the case with the failure.
    """
    asked = (error.at.retry_after or 0.0) if isinstance(error, VendorError) else 0.0
    now = bridge.now()
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, now, lease)
        failures = case_file.note_failed_read(transaction, claim.case_id, ref)
        if failures == 0 and not isinstance(error, NotSettled):
            facts = {"ticket": str(ref), "error": str(error)}
            case_file.save_timeline(transaction, claim.case_id, [TimelineEntry(now, "unreadable", facts)])
        view = case_views.load_case(transaction, claim.case_id)
    wait = max(asked, min(_LONGEST_RETRY_SECONDS, _RETRY_SECONDS * 2.0 ** min(failures, 10)))
    _log.warning("gather.put_off", case=claim.case_id, ticket=str(ref), error=str(error), seconds=wait)
    return wait, view


def _read(
    bridge: Bridge,
    claim: Claim,
    ref: TicketRef,
    lease: timedelta,
    outcome: Gathered,
    *,
    after: str | None,
) -> None:
    view = outcome.view
    try:
        reading = fetch(bridge, ref, after)
    except TicketNotFound as error:
        outcome.is_news = True
        reason = reason_of(view, ref, error.message)
        outcome.view = replace(view, gone={**view.gone, ref: reason})
        with bridge.database.write() as transaction:
            neighbours = [] if is_known_gone(view, ref) else lock_neighbours(transaction, view, None)
            hold_lease(transaction, claim, bridge.now(), lease)
            case_file.save_gone(transaction, claim.case_id, ref, reason)
            wake_neighbours(transaction, neighbours, bridge.now())
            case_file.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)
        return
    if ref == view.origin and reading.native_clocks is not None:
        outcome.native = SeenClocks.of(reading.ticket, reading.native_clocks, bridge.now())
    comments = reread(view, ref, reading.comments, edits_since(bridge, ref), bridge.now())
    if ref not in view.gone and as_opened(view, reading.ticket) == view.tickets.get(ref) and not comments:
        with bridge.database.write() as transaction:
            hold_lease(transaction, claim, bridge.now(), lease)
            if case_file.confirm(transaction, claim.case_id, ref, claim.wake_count, bridge.now()):
                return
    outcome.is_news = True
    outcome.view = _absorb(bridge, claim, view, lease, reading, comments)
    if comments.is_open:
        outcome.retry_in = min(SECOND_LOOK.total_seconds(), outcome.retry_in or _LONGEST_RETRY_SECONDS)


def fetch(bridge: Bridge, ref: TicketRef, after: str | None) -> TicketReading:
    """Read a ticket and its comments after one of them; None: all.

    Raises:
        VendorError: It cannot be read.
    """
    helpdesk = bridge.helpdesks.get(ref.connection)
    if helpdesk is None:
        raise BridgeError(f"{ref}: there is no enabled connection {ref.connection}")
    return helpdesk.fetch_with_comments(ref.id, after)


def _absorb(
    bridge: Bridge,
    claim: Claim,
    before: CaseView,
    lease: timedelta,
    reading: TicketReading,
    comments: Rereading,
) -> CaseView:
    """Record a read; return the updated case."""
    ticket, ref = reading.ticket, reading.ticket.ref
    old, failures = before.tickets.get(ref), before.failed_reads.get(ref, 0)
    if (
        old
        and old.updated_at
        and ticket.updated_at
        and ticket.updated_at < old.updated_at
        and failures < _PATIENCE_WITH_LAG
    ):
        at = Circumstances(ref.connection, "fetch_ticket")
        raise NotSettled("the vendor shows the ticket as it was earlier", at, advice="It is read again.")
    shown = news_in(bridge, before, reading, comments)
    with bridge.database.write() as transaction:
        neighbours = lock_neighbours(transaction, before, shown.ticket)
        hold_lease(transaction, claim, bridge.now(), lease)
        save_shown(transaction, claim.case_id, shown)
        wake_neighbours(transaction, neighbours, bridge.now())
        if failures:
            case_file.note_good_read(transaction, claim.case_id, ref)
            if old:
                readable = TimelineEntry(bridge.now(), "readable", {"ticket": str(ref)})
                case_file.save_timeline(transaction, claim.case_id, [readable])
        if not comments.is_open:  # else it is read again soon
            case_file.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)
    return after_reading(before, shown)


def news_in(bridge: Bridge, before: CaseView, reading: TicketReading, comments: Rereading) -> Shown:
    """The news in a read, compared with the case.

    Args:
        bridge: The bridge.
        before: The case before the read.
        reading: The ticket and its comments.
        comments: The resulting changes of comments.
    """
    ticket = as_opened(before, reading.ticket)
    authored = _who_spoke(bridge, before, ticket, comments)
    opening = severity = None
    if is_first_reading(before, ticket.ref):
        opening = Opening(classify_arriving(bridge, ticket, authored), bridge.rules_version)
    else:
        severity = classify_again(bridge, before, ticket, authored)
    changes = missed_changes(bridge, before, ticket, reading.status_changes)
    return news_of_reading(before, ticket, authored, comments, changes, bridge.now(), opening, severity)


def _who_spoke(
    bridge: Bridge, before: CaseView, ticket: Ticket, comments: Rereading
) -> list[tuple[Comment, Role]]:
    """The new comments of a ticket, each with its author's role."""
    writes = list(before.intents.values())
    if any(comment.marker is None for comment in comments.new):
        # In a shared ticket, comments of other customers' cases are the bridge's own, too: otherwise one customer's
        # text would be copied to the next one.
        with bridge.database.read() as transaction:
            writes += writes_of_others(transaction, before.id, ticket.ref)
    origin = ticket if ticket.ref == before.origin else None
    return [(comment, who_spoke(comment, writes, origin)) for comment in comments.new]

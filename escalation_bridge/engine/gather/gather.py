"""Bringing a case's snapshots up to date, and writing down what happened since the last look."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Doubt, TimelineEntry
from escalation_bridge.domain.sync.comments.rereading import (
    SECOND_LOOK,
    Rereading,
    is_reworded,
    read_from,
    reread,
)
from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.tickets import Comment, Role, Ticket, TicketRef, Visibility
from escalation_bridge.engine.backfill import REASON
from escalation_bridge.engine.gather.disappearing import is_known_gone, reason_of
from escalation_bridge.engine.gather.snapshots import write_down
from escalation_bridge.engine.gather.status_changes import missed_changes
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
from escalation_bridge.store.cases import case_file, stored_comments
from escalation_bridge.store.cases.outbox import sent_texts
from escalation_bridge.store.cases.shared_tickets import writes_of_others
from escalation_bridge.store.queue import Claim, LeaseLost, hold_lease

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5.0
"""How soon a ticket that could not be read is tried again, at the least."""
_LONGEST_RETRY_SECONDS = 300.0
_PATIENCE_WITH_LAG = 5
"""How many reads in a row may be older than what is known before they are believed."""


@dataclass(slots=True)
class Gathered:
    """What came of reading tickets.

    Attributes:
        read: The tickets that are fresh now.
        is_news: Whether anything was written down, so that the case is not any more what it was.
        retry_in: Seconds until the ones that could not be read are tried again; None if all could.
    """

    read: set[TicketRef] = field(default_factory=set)
    retry_in: float | None = None
    is_news: bool = False

    def add(self, other: "Gathered") -> None:
        """Take in what came of reading more."""
        self.read |= other.read
        self.is_news |= other.is_news
        waits = [wait for wait in (self.retry_in, other.retry_in) if wait is not None]
        self.retry_in = min(waits, default=None)


def gather(
    bridge: Bridge, claim: Claim, view: CaseView, refs: Sequence[TicketRef], lease: timedelta
) -> Gathered:
    """Read tickets and their new comments. One that cannot be read does not keep the others from being read.

    Args:
        bridge: The bridge.
        claim: The case, under lease.
        view: The case as it was when it was claimed, or later.
        refs: Which of its tickets.
        lease: For how long it is kept with each write.
    """
    outcome = Gathered()
    urgency = Urgency.BACKFILL if claim.reason == REASON else Urgency.ORDINARY
    for ref in refs:
        after = read_from(view, ref, edits_since(bridge, ref))
        with working(urgency), _patient(bridge, claim, ref, lease, outcome):
            _read(bridge, claim, view, ref, lease, outcome, after=after)
    return outcome


def edits_since(bridge: Bridge, ref: TicketRef) -> datetime | None:
    """From when on a ticket's comments are read again, for their edits are carried over; None: no route does."""
    windows = [
        route.follow_edits
        for route in bridge.rules.routes.values()
        if ref.connection in (route.origin, route.linked) and route.follow_edits is not None
    ]
    return bridge.now() - max(windows) if windows else None


def read_again(
    bridge: Bridge, claim: Claim, view: CaseView, refs: Collection[TicketRef], lease: timedelta
) -> Gathered:
    """Read tickets of a case just before what rests on them is decided: an answer may have come seconds ago, a webhook may be lost.

    Of the case's own ticket all comments are read again: an earlier one may have been made private since, and must not be quoted
    then. Tickets of other cases are left alone: see `other_customers`.
    """
    outcome = Gathered()
    for ref in sorted(refs):
        if ref not in view.tickets:
            continue
        after = None if ref == view.origin else read_from(view, ref, edits_since(bridge, ref))
        with working(Urgency.PROMISE), _patient(bridge, claim, ref, lease, outcome):
            _read(bridge, claim, view, ref, lease, outcome, after=after)
    return outcome


@contextmanager
def _patient(
    bridge: Bridge, claim: Claim, ref: TicketRef, lease: timedelta, outcome: Gathered
) -> Iterator[None]:
    """Put a ticket that cannot be read off, and say so in the outcome."""
    try:
        yield
    except (LeaseLost, StoreUnavailable, StoreRefused):
        raise  # no trouble of this ticket, and nothing may be written after it
    except BridgeError as error:
        wait = _put_off(bridge, claim, ref, error, lease)
        outcome.retry_in = min(wait, outcome.retry_in or wait)
        outcome.is_news = True
    else:
        outcome.read.add(ref)


def _put_off(bridge: Bridge, claim: Claim, ref: TicketRef, error: BridgeError, lease: timedelta) -> float:
    """Write down that a ticket could not be read; say in how many seconds to try again, the rarer the longer it lasts."""
    asked = (error.at.retry_after or 0.0) if isinstance(error, VendorError) else 0.0
    now = bridge.now()
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, now, lease)
        failures = case_file.note_failed_read(transaction, claim.case_id, ref)
        if failures == 0 and not isinstance(error, NotSettled):
            facts = {"ticket": str(ref), "error": str(error)}
            case_file.save_timeline(transaction, claim.case_id, [TimelineEntry(now, "unreadable", facts)])
    wait = max(asked, min(_LONGEST_RETRY_SECONDS, _RETRY_SECONDS * 2.0 ** min(failures, 10)))
    _log.warning("gather.put_off", case=claim.case_id, ticket=str(ref), error=str(error), seconds=wait)
    return wait


def _read(
    bridge: Bridge,
    claim: Claim,
    view: CaseView,
    ref: TicketRef,
    lease: timedelta,
    outcome: Gathered,
    *,
    after: str | None,
) -> None:
    try:
        reading = fetch(bridge, ref, after)
    except TicketNotFound as error:
        outcome.is_news = True
        with bridge.database.write() as transaction:
            neighbours = [] if is_known_gone(view, ref) else lock_neighbours(transaction, view, None)
            hold_lease(transaction, claim, bridge.now(), lease)
            case_file.save_gone(transaction, claim.case_id, ref, reason_of(view, ref, error.message))
            wake_neighbours(transaction, neighbours, bridge.now())
            case_file.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)
        return
    said = reread(view, ref, reading.comments, edits_since(bridge, ref), bridge.now())
    if ref not in view.gone and _as_opened(view, reading.ticket) == view.tickets.get(ref) and not said:
        with bridge.database.write() as transaction:
            hold_lease(transaction, claim, bridge.now(), lease)
            if case_file.confirm(transaction, claim.case_id, ref, claim.wake_count, bridge.now()):
                return
    outcome.is_news = True
    found = replace(reading, ticket=_as_opened(view, reading.ticket))
    _absorb(bridge, claim, view, lease, found, said)
    if said.is_open:
        outcome.retry_in = min(SECOND_LOOK.total_seconds(), outcome.retry_in or _LONGEST_RETRY_SECONDS)


def _as_opened(view: CaseView, ticket: Ticket) -> Ticket:
    """Whether agents can be told is settled when a ticket is first read: of what was said before it could, nobody knows who did."""
    old = view.tickets.get(ticket.ref)
    return replace(ticket, answers_known=False) if old is not None and not old.answers_known else ticket


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
    bridge: Bridge, claim: Claim, before: CaseView, lease: timedelta, reading: TicketReading, said: Rereading
) -> None:
    """Write down what a reading shows."""
    ticket, ref = reading.ticket, reading.ticket.ref
    with bridge.database.read() as transaction:
        failures = case_file.failed_reads(transaction, claim.case_id, ref)
        spoken = who_said(transaction, before, ticket, said)
    old = before.tickets.get(ref)
    if (
        old
        and old.updated_at
        and ticket.updated_at
        and ticket.updated_at < old.updated_at
        and failures < _PATIENCE_WITH_LAG
    ):
        at = Circumstances(ref.connection, "fetch_ticket")
        raise NotSettled("the vendor shows the ticket as it was earlier", at, advice="It is read again.")
    changes = missed_changes(bridge, before, ticket, reading.status_changes)
    with bridge.database.write() as transaction:
        neighbours = lock_neighbours(transaction, before, ticket)
        hold_lease(transaction, claim, bridge.now(), lease)
        write_down(bridge, transaction, before, ticket, spoken, changes)
        wake_neighbours(transaction, neighbours, bridge.now())
        stored_comments.save_rereading(transaction, claim.case_id, ref, said, bridge.now())
        entries = list(_retold(before, ticket, said, bridge.now()))
        if case_file.note_good_read(transaction, claim.case_id, ref) and old:
            entries.append(TimelineEntry(bridge.now(), "readable", {"ticket": str(ref)}))
        case_file.save_timeline(transaction, claim.case_id, entries)
        if not said.is_open:  # else it is read once more, soon
            case_file.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)


def who_said(
    transaction: sa.Connection, before: CaseView, ticket: Ticket, said: Rereading
) -> list[tuple[Comment, Role]]:
    """The comments that are new in a ticket, each with who spoke."""
    ref = ticket.ref
    texts = sent_texts(transaction, before.id)
    writes = list(before.intents.values())
    if any(comment.marker is None for comment in said.new):
        # Where other customers' cases share the ticket, what they wrote there is the bridge's own here, too: else one
        # customer's words would be carried on to the next one.
        by_others, their_texts = writes_of_others(transaction, before.id, ref)
        writes, texts = writes + by_others, texts | their_texts
    origin = ticket if ref == before.origin else None
    return [(comment, who_spoke(comment, writes, texts, origin)) for comment in said.new]


def _retold(before: CaseView, ticket: Ticket, said: Rereading, now: datetime) -> Iterator[TimelineEntry]:
    """What the history says of comments that are not as they were."""
    known = {comment.id: comment for comment in before.comments_of(ticket.ref)}
    for after in said.changed:
        facts = {"author": after.author.name, "key": ticket.key}
        if is_reworded(known[after.id], after):
            yield TimelineEntry(now, "comment_reworded", facts)
        if after.visibility is not known[after.id].visibility:
            hidden = after.visibility is Visibility.PRIVATE
            yield TimelineEntry(now, "comment_hidden" if hidden else "comment_shown", facts)
    for gone in said.taken_back:
        facts = {"author": known[gone].author.name, "key": ticket.key}
        yield TimelineEntry(now, "comment_removed", facts)
    unseen = sum(doubt is Doubt.UNSEEN for doubt in said.doubts.values())
    if unseen:
        yield TimelineEntry(now, "comments_unseen", {"count": str(unseen), "key": ticket.key})

"""Bringing a case's snapshots up to date, and writing down what happened since the last look."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.cases import CaseView, TimelineEntry
from escalation_bridge.domain.speakers import who_spoke
from escalation_bridge.domain.tickets import Comment, Ticket, TicketRef, Visibility
from escalation_bridge.engine.snapshots import write_down
from escalation_bridge.errors import (
    BridgeError,
    Circumstances,
    NotSettled,
    StoreUnavailable,
    TicketNotFound,
    VendorError,
)
from escalation_bridge.store import casefile
from escalation_bridge.store.outbox import sent_texts
from escalation_bridge.store.wakes import Claim, LeaseLost, hold_lease

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


@dataclass(frozen=True, slots=True)
class _Reading:
    """A ticket as the vendor shows it just now, with its comments: all of them, or the new ones."""

    ticket: Ticket
    comments: tuple[Comment, ...]


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
    for ref in refs:
        # The bridge's own comments are known from their receipts: what was said just before them need not have been read.
        read = [c for c in view.comments_of(ref) if (ref, c.id) not in view.own_comments]
        with _patient(bridge, claim, ref, lease, outcome):
            _read(bridge, claim, view, ref, lease, outcome, after=read[-1].id if read else None)
    return outcome


def read_again(bridge: Bridge, claim: Claim, view: CaseView, lease: timedelta) -> Gathered:
    """Read a case's own ticket just before acting on a clock: an answer may have come seconds ago.

    All comments are read again: an earlier one may have been made private since, and must not be quoted then.
    """
    outcome = Gathered()
    with _patient(bridge, claim, view.origin, lease, outcome):
        _read(bridge, claim, view, view.origin, lease, outcome, after=None)
    return outcome


@contextmanager
def _patient(
    bridge: Bridge, claim: Claim, ref: TicketRef, lease: timedelta, outcome: Gathered
) -> Iterator[None]:
    """Put a ticket that cannot be read off, and say so in the outcome."""
    try:
        yield
    except (LeaseLost, StoreUnavailable):
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
        failures = casefile.note_failed_read(transaction, claim.case_id, ref)
        if failures == 0 and not isinstance(error, NotSettled):
            facts = {"ticket": str(ref), "error": str(error)}
            casefile.save_timeline(transaction, claim.case_id, [TimelineEntry(now, "unreadable", facts)])
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
        reading = _fetch(bridge, ref, after)
    except TicketNotFound as error:
        outcome.is_news = True
        with bridge.database.write() as transaction:
            hold_lease(transaction, claim, bridge.now(), lease)
            casefile.save_gone(transaction, claim.case_id, ref, error.message)
            casefile.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)
        return
    if ref not in view.gone and _is_as_known(view, ref, reading):
        with bridge.database.write() as transaction:
            hold_lease(transaction, claim, bridge.now(), lease)
            if casefile.confirm(transaction, claim.case_id, ref, claim.wake_count):
                return
    outcome.is_news = True
    _absorb(bridge, claim, view, ref, lease, reading)


def _fetch(bridge: Bridge, ref: TicketRef, after: str | None) -> _Reading:
    helpdesk = bridge.helpdesks.get(ref.connection)
    if helpdesk is None:
        raise BridgeError(f"{ref}: there is no enabled connection {ref.connection}")
    return _Reading(helpdesk.fetch_ticket(ref.id), helpdesk.fetch_comments(ref.id, after))


def _is_as_known(view: CaseView, ref: TicketRef, reading: _Reading) -> bool:
    known = view.comments_of(ref)
    known_ids = {comment.id for comment in known}
    return reading.ticket == view.tickets.get(ref) and all(
        comment.id in known_ids and not _was_hidden(comment, known) for comment in reading.comments
    )


def _absorb(
    bridge: Bridge, claim: Claim, before: CaseView, ref: TicketRef, lease: timedelta, reading: _Reading
) -> None:
    """Write down what a reading shows."""
    ticket = reading.ticket
    with bridge.database.read() as transaction:
        texts = sent_texts(transaction, claim.case_id)
        failures = casefile.failed_reads(transaction, claim.case_id, ref)
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
    known = before.comments_of(ref)
    known_ids = {comment.id for comment in known}
    spoken = [
        (comment, who_spoke(comment, before.intents.values(), texts))
        for comment in reading.comments
        if comment.id not in known_ids
    ]
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, bridge.now(), lease)
        write_down(bridge, transaction, before, ticket, spoken)
        casefile.hide_comments(
            transaction, claim.case_id, [c for c in reading.comments if _was_hidden(c, known)]
        )
        if casefile.note_good_read(transaction, claim.case_id, ref) and old:
            entry = TimelineEntry(bridge.now(), "readable", {"ticket": str(ref)})
            casefile.save_timeline(transaction, claim.case_id, [entry])
        casefile.unmark_stale(transaction, claim.case_id, ref, claim.wake_count)


def _was_hidden(comment: Comment, known: Sequence[Comment]) -> bool:
    """Whether a comment that was public when it was read before is private now."""
    return comment.visibility is Visibility.PRIVATE and any(
        before.id == comment.id and before.visibility is Visibility.PUBLIC for before in known
    )

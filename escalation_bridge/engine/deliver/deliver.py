"""Deliver the writes of a case one after the other. Each gets a receipt, or the reason why it failed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.after_reading import Shown, news_of_answer
from escalation_bridge.domain.after_writing import Consequence, after_writing, as_done
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.sync.fields.writing import after_unknown_person
from escalation_bridge.domain.tickets.tickets import (
    Ticket,
    TicketRef,
)
from escalation_bridge.engine.deliver.failures import LONGEST_WAIT, FailureVerdict, judge
from escalation_bridge.engine.deliver.kinds import DELIVERED
from escalation_bridge.engine.deliver.work import Result, Work
from escalation_bridge.engine.wake_others import lock_beyond, lock_neighbours, wake_neighbours
from escalation_bridge.errors import (
    BridgeError,
    Circumstances,
    ConcurrentChange,
    ConfigurationError,
    ConnectionHeld,
    NotApplied,
    PluginError,
    PrivacyBreach,
    TicketClosed,
    UnknownPerson,
    UnsupportedOperation,
    VendorError,
)
from escalation_bridge.store.cases import case_file, outbox, stored_comments, stored_links
from escalation_bridge.store.cases.case_tickets import add_ticket
from escalation_bridge.store.cases.shared_tickets import own_everywhere
from escalation_bridge.store.cases.shown_tickets import save_shown
from escalation_bridge.store.connections.connection_troubles import Trouble, note_trouble, trouble_of
from escalation_bridge.store.queue.claims import Claim, hold_lease

_log = structlog.get_logger(__name__)

_BREATH = timedelta(seconds=1)
_NO_CONSEQUENCE = Consequence()


class Delivery:
    """Delivers the outstanding writes of one claimed case.

    Args:
        bridge: The bridge.
        claim: The case, under lease.
        lease: How long each step extends the lease.
        stopping: Whether the process is about to stop; then no further write begins.
        frozen: Keys of writes that must not be sent now.

    Attributes:
        retry_at: The time of the next retry.
        known: The case as the writes left it; None if it must be loaded again: a write failed, or the case was woken meanwhile.
    """

    def __init__(
        self,
        bridge: Bridge,
        claim: Claim,
        lease: timedelta,
        stopping: Callable[[], bool],
        frozen: frozenset[str] = frozenset(),
    ) -> None:
        self._bridge = bridge
        self._claim = claim
        self._lease = lease
        self._stopping = stopping
        self._frozen = frozen
        self._answered: dict[TicketRef, Ticket] = {}
        self._sent: dict[str, IntentRecord] = {}
        self.retry_at: datetime | None = None
        self.known: CaseView | None = None

    def deliver_all(self, view: CaseView) -> bool:
        """Deliver the outstanding writes in order.

        A write that has to wait blocks later ones to the same connection, and no others. A file blocks nothing: files are sent last and one
        at a time, so that new comments are sent before the next file.

        Returns:
            Whether a write was settled, so that the case has to be decided again.
        """
        self.known = view
        settled = False
        waiting: set[str] = set()
        for record in view.intents.values():
            if record.intent.goes_last or not record.state.outstanding:
                continue
            if record.key in self._frozen:
                continue
            if record.intent.connection in waiting or self._stopping():
                continue
            if record.next_attempt_at is not None and record.next_attempt_at > self._bridge.now():
                self._wait_until(record.next_attempt_at)
                if record.failures:  # what is planned for later holds nothing back
                    waiting.add(record.intent.connection)
            elif self._deliver(view, record):
                settled = True
            else:
                waiting.add(record.intent.connection)
            if settled and record.intent.reshapes:
                return True  # the case has another shape now: what follows is decided on that
            if self._answered:
                before, view = view, replace(view, tickets={**view.tickets, **self._answered})
                changed = [_is_reshaped(before.tickets.get(ref), view.tickets[ref]) for ref in self._answered]
                self._answered = {}
                if any(changed):
                    return True
        return settled or self._deliver_a_file(view, waiting)

    def _deliver_a_file(self, view: CaseView, waiting: set[str]) -> bool:
        """Deliver the first file that can be sent. Returns whether there was one, so that the case has to be decided again."""
        for record in view.intents.values():
            if not record.intent.goes_last or not record.state.outstanding or self._stopping():
                continue
            if record.next_attempt_at is not None and record.next_attempt_at > self._bridge.now():
                self._wait_until(record.next_attempt_at)
            elif record.intent.connection not in waiting and not _waits(view, record):
                self._deliver(view, record)
                return True
        return False

    def _wait_until(self, at: datetime) -> None:
        self.retry_at = at if self.retry_at is None else min(at, self.retry_at)

    def _deliver(self, view: CaseView, record: IntentRecord) -> bool:
        """Deliver one write. Returns whether it is settled: done, given up or cancelled."""
        try:
            result = self._write(view, record)
        except (VendorError, PluginError, ConfigurationError) as error:
            self.known = None
            return self._failed(view, record, error)
        except outbox.Withdrawn:
            self.known = None
            return True  # it is settled: not to be sent
        self._succeeded(view, record, result)
        return True

    # --- the writes -------------------------------------------------------------------------------------------------

    def _write(self, view: CaseView, record: IntentRecord) -> Result:
        intent = record.intent
        if intent.connection and intent.connection not in self._bridge.helpdesks:
            raise UnsupportedOperation(f"there is no enabled connection {intent.connection}")
        if intent.is_private:
            self._refuse_where_privacy_was_broken(intent.connection)
        work = Work(self._bridge, view, record, lambda text: self._mark_sent(record, text), self._keep_lease)
        result = DELIVERED[type(intent)].deliver(work, intent)
        return replace(result, noted=tuple(work.noted))

    def _refuse_where_privacy_was_broken(self, connection: str) -> None:
        with self._bridge.database.read() as transaction:
            trouble = trouble_of(transaction, connection)
        if trouble is Trouble.PRIVACY:
            at = Circumstances(connection, "add_comment", retry_after=LONGEST_WAIT)
            raise ConnectionHeld("no private note is written since one came out public", at)

    def _keep_lease(self) -> None:
        with self._bridge.database.write() as transaction:
            self._hold(transaction)

    # --- writing down -----------------------------------------------------------------------------------------------

    def _mark_sent(self, record: IntentRecord, text: str | None = None) -> None:
        now = self._bridge.now()
        with self._bridge.database.write() as transaction:
            self._hold(transaction)
            outbox.mark_sent(transaction, record.token, now, text)
        attempts = self._sent.get(record.key, record).attempts + 1
        self._sent[record.key] = replace(record, attempts=attempts, sent_at=now)

    def _hold(self, transaction: sa.Connection) -> None:
        if hold_lease(transaction, self._claim, self._bridge.now(), self._lease) != self._claim.wake_count:
            self.known = None

    def _succeeded(self, view: CaseView, record: IntentRecord, result: Result) -> None:
        case_id, now = self._claim.case_id, self._bridge.now()
        entries = result.consequence.timeline or (self._history_entry(record, result),)
        entries = (*result.noted, *entries)
        shown = news_of_answer(view, result.ticket, now) if result.ticket is not None else None
        with self._bridge.database.write() as transaction:
            neighbours = self._neighbours(transaction, view, record, result)
            self._hold(transaction)
            outbox.save_receipt(transaction, record.token, result.receipt, now)
            if shown is not None:
                add_ticket(transaction, case_id, shown.ticket.ref, stale=result.adopted)
                save_shown(transaction, case_id, shown)
            if result.comment is not None:
                stored_comments.save_comments(transaction, case_id, [(result.comment, True)])
                own_everywhere(transaction, result.comment)
            if result.consequence.begins and result.consequence.link is not None:
                stored_links.save_link(transaction, case_id, result.consequence.link)
            elif result.consequence.link is not None:
                for link in (result.consequence.link, *result.consequence.others):
                    stored_links.update_link(transaction, case_id, link)
            wake_neighbours(transaction, neighbours, now)
            case_file.save_timeline(transaction, case_id, entries)
        if result.ticket is not None:
            self._answered[result.ticket.ref] = result.ticket
        if self.known is not None:
            self.known = self._as_left(self.known, record, result, shown)
        self._publish(entries)
        _log.info("intent.done", case=case_id, kind=record.intent.kind, connection=record.intent.connection)

    def _as_left(
        self, known: CaseView, record: IntentRecord, result: Result, shown: Shown | None
    ) -> CaseView | None:
        """The case after a write; None if it must be loaded again."""
        changed = (result.consequence.link, *result.consequence.others)
        ended = any(link is not None and link.ended is not None for link in changed)
        if result.reloads or result.adopted or ended:
            return None
        done = as_done(self._sent.get(record.key, record), result.receipt)
        return after_writing(known, done, shown, result.comment, result.consequence)

    def _neighbours(
        self, transaction: sa.Connection, view: CaseView, record: IntentRecord, result: Result
    ) -> list[int]:
        """The other cases that a write affects."""
        intent = record.intent
        carried: tuple[TicketRef, TicketRef] | None = None
        if intent.of_comment is not None and intent.written_to is not None:
            carried = intent.of_comment[0], intent.written_to
        if result.ticket is not None:
            return lock_neighbours(transaction, view, result.ticket, carried)
        return lock_beyond(transaction, view, *carried) if carried is not None else []

    def _failed(self, view: CaseView, record: IntentRecord, error: BridgeError) -> bool:
        case_id, now = self._claim.case_id, self._bridge.now()
        without = self._without_person(view, record, error)
        verdict = judge(record, error, now, goes_on_without=without is not None)
        entry = self._entry_of_failure(record, verdict, error)
        with self._bridge.database.write() as transaction:
            self._hold(transaction)
            if verdict.until is not None:
                outbox.put_off(
                    transaction, record, verdict.until, str(error), verdict.state, odd=verdict.odd, now=now
                )
            else:
                outbox.give_up(
                    transaction,
                    record.token,
                    str(error),
                    verdict.state,
                    now,
                    closed=isinstance(error, TicketClosed),
                )
            if without is not None and verdict.state is IntentState.CANCELLED:
                stored_links.save_link(transaction, case_id, without)
            if isinstance(error, PrivacyBreach):
                note_trouble(transaction, record.intent.connection, Trouble.PRIVACY, str(error), now)
            changes = record.intent.changes
            if isinstance(error, ConcurrentChange | NotApplied) and changes is not None:
                case_file.mark_case_stale(transaction, case_id, [changes])
            if record.error != str(error) and not isinstance(error, ConcurrentChange):
                # The same trouble again is one line in the history, and somebody else's edit is no trouble.
                case_file.save_timeline(transaction, case_id, (entry,))
        _log.warning(
            "intent.failed", case=case_id, kind=record.intent.kind, verdict=verdict.code, error=str(error)
        )
        if (
            verdict.state is IntentState.CANCELLED
        ):  # decided again, but not in a race with somebody who keeps changing it
            self._wait_until(now + _BREATH)
            return False
        if verdict.until is not None:
            self._wait_until(verdict.until)
        return verdict.until is None

    def _without_person(self, view: CaseView, record: IntentRecord, error: BridgeError) -> Link | None:
        """The link with an unknown person recorded; None if this is not the failure."""
        if not isinstance(error, UnknownPerson):
            return None
        return after_unknown_person(view, record, self._bridge.rules.routes)

    def _history_entry(self, record: IntentRecord, result: Result) -> TimelineEntry:
        if result.entry is None:
            return self._entry(record, "written", detail=result.receipt.detail)
        return self._entry(record, result.entry.code, **result.entry.facts)

    def _entry(self, record: IntentRecord, code: str, **facts: str) -> TimelineEntry:
        connection = record.intent.connection or "-"
        known = {"what": record.intent.kind, "connection": connection, **facts}
        return TimelineEntry(self._bridge.now(), code, known | ({"rule": record.rule} if record.rule else {}))

    def _entry_of_failure(
        self, record: IntentRecord, verdict: FailureVerdict, error: BridgeError
    ) -> TimelineEntry:
        now = self._bridge.now()
        refused = DELIVERED[type(record.intent)].refused
        if refused is not None:
            return refused(record.intent, verdict, str(error), now)
        until = (verdict.until or now).isoformat()
        return self._entry(record, verdict.code, error=str(error), until=until)

    def _publish(self, entries: tuple[TimelineEntry, ...]) -> None:
        for entry in entries:
            self._bridge.extensions.case_changed(self._claim.case_id, entry)


def _is_reshaped(before: Ticket | None, now: Ticket) -> bool:
    """Whether a write changed more of a ticket than its time of change."""
    return before is None or replace(before, updated_at=now.updated_at) != now


def _waits(view: CaseView, record: IntentRecord) -> bool:
    """Whether a write that goes last has to wait for another one."""
    waits = DELIVERED[type(record.intent)].waits
    return waits is not None and waits(view, record, record.intent)

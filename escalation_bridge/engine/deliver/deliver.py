"""Carrying out what was decided: one write after the other, each with its receipt or with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain import after_writing
from escalation_bridge.domain.after_writing import Consequence
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt
from escalation_bridge.domain.case.writes import (
    ChangeTicket,
    CreateTicket,
    DeleteComment,
    EditComment,
    Intent,
    LinkByKey,
    MoveLink,
    Notify,
    PassFile,
    ReviseNote,
    ShowLink,
    TakeOverLinks,
    WriteComment,
)
from escalation_bridge.domain.links.languages import language_by_route
from escalation_bridge.domain.sync.fields.writing import after_unknown_person
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import (
    Comment,
    CommentDraft,
    RichText,
    Ticket,
    TicketChange,
    TicketRef,
    Visibility,
    WrittenComment,
)
from escalation_bridge.engine.deliver.comments import CommentWork
from escalation_bridge.engine.deliver.create import create_linked
from escalation_bridge.engine.deliver.failures import LONGEST_WAIT, Verdict, judge
from escalation_bridge.engine.deliver.files import FileWork, waits_for_another
from escalation_bridge.engine.deliver.follow_tickets import move_link, take_over_links
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.engine.deliver.notes import revise_note
from escalation_bridge.engine.deliver.quoted_words import around
from escalation_bridge.engine.gather.snapshots import write_down
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
    UnsupportedOperation,
    VendorError,
)
from escalation_bridge.messages.catalogue import LANGUAGES, tell_health
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store.cases import case_file, outbox, stored_comments, stored_links
from escalation_bridge.store.cases.shared_tickets import own_everywhere
from escalation_bridge.store.connections.connection_troubles import Trouble, note_trouble, trouble_of
from escalation_bridge.store.queue import Claim, add_ticket, hold_lease
from escalation_bridge.text.rich_text import one_line

_log = structlog.get_logger(__name__)

_BREATH = timedelta(seconds=1)
_NO_CONSEQUENCE = Consequence()


@dataclass(frozen=True, slots=True)
class _Result:
    """What a write answered.

    Attributes:
        adopted: Whether the ticket was there before: people may have spoken in it.
    """

    receipt: Receipt
    ticket: Ticket | None = None
    comment: Comment | None = None
    consequence: Consequence = _NO_CONSEQUENCE
    adopted: bool = False


class Delivery:
    """Carries out the outstanding writes of one claimed case.

    Args:
        bridge: The bridge.
        claim: The case, under lease.
        lease: For how long every step keeps the lease.
        stopping: Says whether the process is about to stop; then nothing more is begun.
        frozen: Keys of writes that must not go now.
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
        self.retry_at: datetime | None = None

    def deliver_all(self, view: CaseView) -> bool:
        """Carry out what is outstanding, in order; say whether anything was settled, so that it is to be decided anew.

        A write that has to wait holds back the later ones to the same connection, and no others. A file holds back nothing:
        it goes when nothing else is to be done, one at a time, so that what is said meanwhile goes before the next one.
        """
        settled = False
        waiting: set[str] = set()
        for record in view.intents.values():
            if isinstance(record.intent, PassFile) or not record.state.outstanding:
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
        """Carry out the first file that can be; say whether there was one, so that the case is looked at again."""
        for record in view.intents.values():
            if not isinstance(record.intent, PassFile) or not record.state.outstanding or self._stopping():
                continue
            if record.next_attempt_at is not None and record.next_attempt_at > self._bridge.now():
                self._wait_until(record.next_attempt_at)
            elif record.intent.connection not in waiting and not waits_for_another(
                view, record, record.intent
            ):
                self._deliver(view, record)
                return True
        return False

    def _wait_until(self, at: datetime) -> None:
        self.retry_at = at if self.retry_at is None else min(at, self.retry_at)

    def _deliver(self, view: CaseView, record: IntentRecord) -> bool:
        """Carry out one write; say whether it is settled, one way or the other."""
        try:
            result = self._write(view, record)
        except (VendorError, PluginError, ConfigurationError) as error:
            return self._failed(view, record, error)
        except outbox.Withdrawn:
            return True  # it is settled: not to be sent
        self._succeeded(view, record, result)
        return True

    # --- the writes -------------------------------------------------------------------------------------------------

    def _write(self, view: CaseView, record: IntentRecord) -> _Result:
        intent = record.intent
        if isinstance(intent, Notify):
            return self._notify(view, record, intent)
        helpdesk = self._bridge.helpdesks.get(intent.connection)
        if helpdesk is None:
            raise UnsupportedOperation(f"there is no enabled connection {intent.connection}")
        match intent:
            case CreateTicket():
                return self._create(view, helpdesk, record, intent)
            case WriteComment() | EditComment() | DeleteComment():
                return self._speak(view, helpdesk, record, intent)
            case ReviseNote():
                self._refuse_where_privacy_was_broken(intent.connection)
                body = self._compose(view, intent.message, self._language(view, intent))
                self._mark_sent(record, body.text)
                known = view.tickets.get(intent.ticket)
                draft = CommentDraft(body, Visibility.PRIVATE, first_attempt=not record.attempts, known=known)
                return _spoken(*revise_note(view, record, intent, helpdesk, draft))
            case PassFile():
                return self._pass_file(view, helpdesk, record, intent)
            case ChangeTicket(change=change) if intent.raises and not _raises(
                change, view.tickets[intent.ticket]
            ):
                return _Result(
                    Receipt(intent.ticket, detail="as high already"), ticket=view.tickets[intent.ticket]
                )
            case ChangeTicket():
                expected = _as_left(helpdesk, record, intent, view.tickets[intent.ticket])
                self._mark_sent(record)
                changed = helpdesk.update_ticket(intent.ticket.id, intent.change, expected)
                detail = f"{changed.key}, {changed.status.name}"
                consequence = after_writing.after_change(view, record, changed, self._bridge.rules.routes)
                return _Result(Receipt(intent.ticket, detail=detail), ticket=changed, consequence=consequence)
            case LinkByKey():
                asked = LinkRequest(str(intent.ticket), intent.words, intent.route)
                linked = link_tickets(self._bridge, asked, by=intent.by)
                return _Result(Receipt(detail=linked.refusal or "", refusal=linked.refusal))
            case MoveLink():
                return _Result(Receipt(detail=move_link(self._bridge, view, intent)))
            case TakeOverLinks():
                return _Result(Receipt(detail=take_over_links(self._bridge, view, intent)))
            case ShowLink():
                self._mark_sent(record)
                title = one_line(intent.pointer.title)
                pointer = replace(
                    intent.pointer,
                    title=title,
                    health=self._in_words(view, intent),
                    first_attempt=not _was_tried(view, intent),
                    known=view.tickets.get(intent.ticket),
                )
                written = helpdesk.link_ticket(intent.ticket.id, pointer, record.token)
                return _Result(Receipt(intent.ticket, detail=written.detail), written.ticket, written.comment)

    def _speak(
        self,
        view: CaseView,
        helpdesk: Helpdesk,
        record: IntentRecord,
        intent: WriteComment | EditComment | DeleteComment,
    ) -> _Result:
        if not isinstance(intent, DeleteComment) and intent.visibility is Visibility.PRIVATE:
            self._refuse_where_privacy_was_broken(intent.connection)
        work = CommentWork(view, record, helpdesk, lambda text: self._mark_sent(record, text))
        language = self._language(view, intent)
        return _spoken(*work.carry_out(intent, lambda asked: self._compose(view, asked, language)))

    def _create(
        self, view: CaseView, helpdesk: Helpdesk, record: IntentRecord, intent: CreateTicket
    ) -> _Result:
        created = helpdesk.find_ticket(record.token, record.sent_at) if record.attempts else None
        adopted = created is not None
        left_out: tuple[TimelineEntry, ...] = ()
        if created is None:
            language = self._language(view, intent)
            created, left_out = create_linked(
                helpdesk,
                intent,
                record.token,
                compose=lambda message: self._compose(view, message, language),
                before_sending=lambda: self._mark_sent(record),
                now=self._bridge.now,
            )
        consequence = after_writing.after_create(
            view, record, created, adopted=adopted, now=self._bridge.now()
        )
        consequence = replace(consequence, timeline=(*consequence.timeline, *left_out))
        receipt = Receipt(created.ref, detail=created.key, left_out=created.left_out)
        ticket = replace(created, left_out=())
        return _Result(receipt, ticket=ticket, consequence=consequence, adopted=adopted)

    def _pass_file(self, view: CaseView, target: Helpdesk, record: IntentRecord, intent: PassFile) -> _Result:
        if intent.visibility is Visibility.PRIVATE:
            self._refuse_where_privacy_was_broken(intent.connection)
        source = self._bridge.helpdesks.get(intent.source.connection)
        if source is None:
            raise UnsupportedOperation(f"there is no enabled connection {intent.source.connection}")
        with self._bridge.database.write() as transaction:
            self._hold(transaction)  # fetching may take a while
        work = FileWork(view, record, intent, source, target)
        return _Result(work.carry_out(lambda: self._mark_sent(record)))

    def _refuse_where_privacy_was_broken(self, connection: str) -> None:
        with self._bridge.database.read() as transaction:
            trouble = trouble_of(transaction, connection)
        if trouble is Trouble.PRIVACY:
            at = Circumstances(connection, "add_comment", retry_after=LONGEST_WAIT)
            raise ConnectionHeld("no private note is written since one came out public", at)

    def _notify(self, view: CaseView, record: IntentRecord, intent: Notify) -> _Result:
        request = self._in_local_time(view, intent.message)
        message = self._bridge.extensions.compose_message(request, self._bridge.language)
        self._mark_sent(record)
        ways = self._bridge.extensions.notify(intent.to, message, record.token)
        if not ways:
            raise UnsupportedOperation(f"no enabled extension sends notices to {intent.to!r}")
        return _Result(Receipt(detail=", ".join(ways)))

    def _language(self, view: CaseView, intent: Intent) -> str:
        """The language of the people who read what is written."""
        routes = self._bridge.rules.routes
        return language_by_route(view, routes, intent) or self._bridge.language_of(intent.connection)

    def _compose(self, view: CaseView, request: MessageRequest, language: str) -> RichText:
        if request.language in LANGUAGES:
            language = request.language
        request = self._in_local_time(view, request)
        return self._bridge.extensions.compose_message(request, language, around(view, request)).body

    def _in_local_time(self, view: CaseView, request: MessageRequest) -> MessageRequest:
        timezone = self._timezone(view)
        return replace(request, facts={**request.facts, "timezone": timezone}) if timezone else request

    def _timezone(self, view: CaseView) -> str | None:
        """The time zone of the calendar by which the case's clocks count; None where it has none."""
        found = (self._bridge.rules.calendar_called(clock.calendar) for clock in view.clocks)
        return next((calendar.spec.timezone for calendar in found if calendar is not None), None)

    def _in_words(self, view: CaseView, intent: ShowLink) -> str:
        """How a link is, for the agents of a ticket."""
        if intent.health is None:
            return ""
        return tell_health(intent.health, self._language(view, intent), self._timezone(view))

    # --- writing down -----------------------------------------------------------------------------------------------

    def _mark_sent(self, record: IntentRecord, text: str | None = None) -> None:
        with self._bridge.database.write() as transaction:
            self._hold(transaction)
            outbox.mark_sent(transaction, record.token, self._bridge.now(), text)

    def _hold(self, transaction: sa.Connection) -> None:
        hold_lease(transaction, self._claim, self._bridge.now(), self._lease)

    def _succeeded(self, view: CaseView, record: IntentRecord, result: _Result) -> None:
        case_id, now = self._claim.case_id, self._bridge.now()
        entries = result.consequence.timeline or (self._told(view, record, result),)
        with self._bridge.database.write() as transaction:
            neighbours = self._neighbours(transaction, view, record, result)
            self._hold(transaction)
            outbox.save_receipt(transaction, record.token, result.receipt, now)
            if result.ticket is not None:
                add_ticket(transaction, case_id, result.ticket.ref, stale=result.adopted)
                write_down(self._bridge, transaction, view, result.ticket, None)
            if result.comment is not None:
                stored_comments.save_comments(transaction, case_id, [(result.comment, True)])
                own_everywhere(transaction, result.comment)
            if isinstance(record.intent, CreateTicket) and result.consequence.link is not None:
                stored_links.save_link(transaction, case_id, result.consequence.link)
            elif result.consequence.link is not None:
                for link in (result.consequence.link, *result.consequence.others):
                    stored_links.update_link(transaction, case_id, link)
            wake_neighbours(transaction, neighbours, now)
            case_file.save_timeline(transaction, case_id, entries)
        if result.ticket is not None:
            self._answered[result.ticket.ref] = result.ticket
        self._tell(entries)
        _log.info("intent.done", case=case_id, kind=record.intent.kind, connection=record.intent.connection)

    def _neighbours(
        self, transaction: sa.Connection, view: CaseView, record: IntentRecord, result: _Result
    ) -> list[int]:
        """The other cases that have to hear of a write."""
        intent = record.intent
        carried: tuple[TicketRef, TicketRef] | None = None
        if isinstance(intent, WriteComment | EditComment | DeleteComment) and intent.source is not None:
            carried = intent.source[0], intent.ticket
        if result.ticket is not None:
            return lock_neighbours(transaction, view, result.ticket, carried)
        return lock_beyond(transaction, view, *carried) if carried is not None else []

    def _failed(self, view: CaseView, record: IntentRecord, error: BridgeError) -> bool:
        case_id, now = self._claim.case_id, self._bridge.now()
        verdict = judge(record, error, now)
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
            if verdict.unknown_person and (link := after_unknown_person(view, record)) is not None:
                stored_links.save_link(transaction, case_id, link)
            if isinstance(error, PrivacyBreach):
                note_trouble(transaction, record.intent.connection, Trouble.PRIVACY, str(error), now)
            if isinstance(error, ConcurrentChange | NotApplied) and isinstance(record.intent, ChangeTicket):
                case_file.mark_case_stale(transaction, case_id, [record.intent.ticket])
            if record.error != str(error) and not isinstance(error, ConcurrentChange):
                # The same trouble again is one line in the history, and somebody else's edit is no trouble.
                case_file.save_timeline(transaction, case_id, (entry,))
        _log.warning(
            "intent.failed", case=case_id, kind=record.intent.kind, verdict=verdict.code, error=str(error)
        )
        if (
            verdict.state is IntentState.CANCELLED
        ):  # decided anew, but not in a race with whoever changes it all the time
            self._wait_until(now + _BREATH)
            return False
        if verdict.until is not None:
            self._wait_until(verdict.until)
        return verdict.until is None

    def _told(self, view: CaseView, record: IntentRecord, result: _Result) -> TimelineEntry:
        match record.intent:
            case WriteComment(visibility=visibility, message=message):
                return self._entry(
                    record, "comment_written", message=message.template, visibility=str(visibility)
                )
            case ChangeTicket(change=change) as intent if result.ticket is not None:
                labels = after_writing.field_labels(view, intent, self._bridge.rules.routes)
                told = after_writing.told_changes(change, result.ticket, labels)
                changed = [f"{name} {value}" for name, value in told]
                return self._entry(
                    record, "ticket_changed", key=result.ticket.key, changes=", ".join(changed)
                )
            case Notify(to=to):
                facts = {"to": to, "detail": result.receipt.detail}
                return TimelineEntry(self._bridge.now(), "notice_sent", facts)
            case _:
                return self._entry(record, "written", detail=result.receipt.detail)

    def _entry(self, record: IntentRecord, code: str, **facts: str) -> TimelineEntry:
        connection = record.intent.connection or "-"
        told = {"what": record.intent.kind, "connection": connection, **facts}
        return TimelineEntry(self._bridge.now(), code, told | ({"rule": record.rule} if record.rule else {}))

    def _entry_of_failure(self, record: IntentRecord, verdict: Verdict, error: BridgeError) -> TimelineEntry:
        now = self._bridge.now()
        until = (verdict.until or now).isoformat()
        if not isinstance(record.intent, Notify):
            return self._entry(record, verdict.code, error=str(error), until=until)
        to, reason = record.intent.to, str(error)
        if verdict.until is not None:
            return TimelineEntry(now, "notice_put_off", {"to": to, "error": reason, "until": until})
        return TimelineEntry(now, "notice_given_up", {"to": to, "error": reason})

    def _tell(self, entries: tuple[TimelineEntry, ...]) -> None:
        for entry in entries:
            self._bridge.extensions.case_changed(self._claim.case_id, entry)


def _spoken(receipt: Receipt, written: WrittenComment | None) -> _Result:
    if written is None:
        return _Result(receipt)
    return _Result(receipt, ticket=written.ticket, comment=written.comment)


def _is_reshaped(before: Ticket | None, now: Ticket) -> bool:
    """Whether a write changed more of a ticket than its time of change."""
    return before is None or replace(before, updated_at=now.updated_at) != now


def _as_left(helpdesk: Helpdesk, record: IntentRecord, intent: ChangeTicket, known: Ticket) -> Ticket:
    """The ticket as an earlier attempt may have left it: at a status on the way, which is nobody's change."""
    if not record.attempts or intent.change.status is None or not helpdesk.can("is_own_status"):
        return known
    present = helpdesk.fetch_ticket(known.ref.id)
    if present.status.id == known.status.id or not helpdesk.is_own_status(known.ref.id, present.status.id):
        return known
    return replace(known, status=present.status)


def _was_tried(view: CaseView, intent: ShowLink) -> bool:
    """Whether somebody has tried before to show a ticket in another one."""
    return any(
        record.attempts > 0
        and isinstance(record.intent, ShowLink)
        and (record.intent.ticket, record.intent.pointer.ref) == (intent.ticket, intent.pointer.ref)
        for record in view.intents.values()
    )


def _raises(change: TicketChange, present: Ticket) -> bool:
    return change.priority is not None and change.priority.is_above(present.priority)

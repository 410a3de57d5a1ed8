"""Close solved tickets after some time, with a notice before.

A customer's answer, or another status, stops it: the time begins again when the ticket is solved again. While work goes on in a linked
ticket, nothing is closed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Rules, TimelineEntry
from escalation_bridge.domain.case.closing import CLOSE_SOLVED, ClosingRule
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import CaseLook
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.customers.inform import reports_the_end
from escalation_bridge.domain.customers.permission import Permission
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.routes.routes import shows
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import (
    Presence,
    Role,
    StatusKind,
    Ticket,
    TicketChange,
    TicketRef,
    Visibility,
)

NOTICE, CLOSE = "notice", "close"


class Stop(StrEnum):
    """Why a solved ticket is not closed.

    ANSWERED: the customer wrote after it was solved. LINKED_OPEN: a linked ticket is not done. REFUSED: a write of the closing was
    given up.
    """

    ANSWERED = "closing_answered"
    LINKED_OPEN = "closing_linked_open"
    REFUSED = "closing_refused"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a solved ticket.

    Attributes:
        since: Since when it is solved.
        notice_at: When the notice is due; None: it was written, or there is none.
        close_at: When it is to be closed at the earliest.
        stop: Why it is not closed; None: it will be.
    """

    since: datetime
    notice_at: datetime | None
    close_at: datetime
    stop: Stop | None = None


def outlook(view: CaseView, rule: ClosingRule) -> Outlook | None:
    """What becomes of a case's ticket; None: it is not solved, or closed already."""
    origin = view.tickets.get(view.origin)
    if origin is None or not _is_solved(view, origin, rule):
        return None
    since = _solved_since(view, origin)
    given = _of_present_time(view, since)
    notice = given.get(NOTICE)
    close_at = since + rule.after
    if notice is not None:
        close_at = max(close_at, (notice.sent_at or notice.decided_at) + rule.notice)
    notice_at = since + rule.after - rule.notice if rule.notice and notice is None else None
    return Outlook(since, notice_at, close_at, _stop(view, since, given.values()))


def close_solved(look: CaseLook) -> Part:
    """Write the notice, or close the ticket, once its time has come."""
    view, origin, now = look.view, look.origin, look.now
    rule = look.rules.closing.get(view.origin.connection)
    if rule is None:
        return NOTHING
    ahead = outlook(view, rule)
    if ahead is None or ahead.stop in (Stop.ANSWERED, Stop.LINKED_OPEN):
        return _withdrawn(view, origin, now)
    if ahead.stop is not None:
        return NOTHING
    given = _of_present_time(view, ahead.since)
    unsent = _untimely_notice(look, given)
    if unsent is not None:
        return Part(withdrawn=(unsent.key,))  # it is decided again
    waiting = [record for record in given.values() if record.state.outstanding]
    if waiting:  # look again before it is sent
        return Part(wake_at=tuple(record.next_attempt_at or now for record in waiting))
    if ahead.notice_at is None and (rule.status is None or CLOSE in given):
        return NOTHING
    due = ahead.notice_at or ahead.close_at
    due = max(due, view.turn_at) if view.turn_at is not None else due
    readers = _readers(look, rule)
    if ahead.notice_at is not None and readers is Visibility.PUBLIC:
        if reports_the_end(Situation.of(look), look.policy):
            return NOTHING  # that update comes first, and wakes the case
        due = max(due, Permission(Situation.of(look), look.policy).moment())
    if due > now:
        return Part(wake_at=(due,))
    if ahead.notice_at is not None:
        return Part(intents=(_notice(look, rule, ahead, readers),))
    change = TicketChange(status=rule.status)
    write = ChangeTicket(view.origin, change, follows=True)
    return Part(intents=(KeyedIntent(_next_key(view, CLOSE), write),))


def rests_on_all(look: CaseLook, part: Part) -> Iterator[TicketRef]:
    """A notice and a closing: on the ticket and on its linked tickets."""
    if part.intents or any(at <= look.now for at in part.wake_at):
        yield look.view.origin
        yield from (link.linked for link in look.view.links)


def is_closing(rules: Rules, keyed: Iterable[KeyedIntent]) -> bool:
    """Whether there are new writes about the closing of a solved ticket among these."""
    return bool(rules.closing) and any(each.rule == CLOSE_SOLVED for each in keyed)


# --- the ticket -----------------------------------------------------------------------------------------------------------


def _is_solved(view: CaseView, origin: Ticket, rule: ClosingRule) -> bool:
    is_there = origin.presence is Presence.PRESENT and view.absence(origin.ref) is None
    is_closed = rule.status is not None and shows(origin.status, rule.status)
    return is_there and origin.status.kind is StatusKind.SOLVED and not is_closed


def _solved_since(view: CaseView, origin: Ticket) -> datetime:
    """When the ticket was last solved, by its history; where that shows nothing, by what the vendor tells of its status."""
    since = None
    for event in view.events:
        if event.kind is EventKind.STATUS and event.ticket is None:
            is_done = event.status is not None and event.status.done
            since = (since or event.at) if is_done else None
    return since or origin.status_since or origin.updated_at or origin.created_at


def _stop(view: CaseView, since: datetime, given: Iterable[IntentRecord]) -> Stop | None:
    if any(_is_answer(event) and event.at > since for event in view.events):
        return Stop.ANSWERED
    linked = (view.tickets.get(link.linked) for link in view.links)
    if any(ticket is not None and not ticket.status.kind.done for ticket in linked):
        return Stop.LINKED_OPEN
    return Stop.REFUSED if any(record.state is IntentState.FAILED for record in given) else None


def _is_answer(event: TicketEvent) -> bool:
    """A public comment by the customer, or by somebody of whom nothing is known."""
    return event.kind is EventKind.COMMENTED and event.public and event.by in (Role.CUSTOMER, Role.UNKNOWN)


# --- the writes -----------------------------------------------------------------------------------------------------------


def _read(key: str) -> keys.OfClosing | None:
    return keys.OfClosing.read(key)


def _next_key(view: CaseView, what: str) -> str:
    """Another key each time: the ticket may be reopened and solved again, and a write may be decided again."""
    times = (key.time for key in map(_read, view.intents) if key is not None and key.what == what)
    return keys.OfClosing(max(times, default=0) + 1, what).text


def _of_present_time(view: CaseView, since: datetime) -> dict[str, IntentRecord]:
    """The writes since the ticket was last solved, by what they are for."""
    return {
        key.what: record
        for record in view.intents.values()
        if (key := _read(record.key)) is not None
        and record.decided_at >= since
        and record.state is not IntentState.CANCELLED
    }


def _readers(look: CaseLook, rule: ClosingRule) -> Visibility:
    """Who reads the notice: agents read that of a customer who may not be written to."""
    if rule.visibility is Visibility.PUBLIC and Permission(Situation.of(look), look.policy).is_given_now:
        return Visibility.PUBLIC
    return Visibility.PRIVATE


def _untimely_notice(look: CaseLook, given: Mapping[str, IntentRecord]) -> IntentRecord | None:
    """A notice to the customer that is not sent yet, and may not be sent now."""
    notice = given.get(NOTICE)
    if notice is None or notice.state is not IntentState.PENDING or notice.intent.is_private:
        return None
    permission = Permission(Situation.of(look), look.policy)
    is_timely = permission.is_given_now and permission.moment(notice.key) <= look.now
    return None if is_timely else notice


def _notice(look: CaseLook, rule: ClosingRule, ahead: Outlook, readers: Visibility) -> KeyedIntent:
    origin = look.origin
    facts = {
        "key": origin.key,
        "subject": origin.subject,
        "customer": origin.requester.name if origin.requester else "",
        "since": ahead.since.isoformat(),
        "closes_at": max(ahead.close_at, look.now + rule.notice).isoformat(),
        "vendor": look.view.vendors.get(origin.ref.connection, origin.ref.connection),
        "itself": "yes" if rule.status is None else "",
    }
    is_public = readers is Visibility.PUBLIC
    message = MessageRequest(
        "closing_announced" if is_public else "closing_noted",
        facts,
        visibility=readers,
        language=(origin.language or "")[:2] or None if is_public else None,
    )
    return KeyedIntent(_next_key(look.view, NOTICE), WriteComment(origin.ref, readers, message))


def _withdrawn(view: CaseView, origin: Ticket, now: datetime) -> Part:
    """Take back what was not sent yet."""
    part = NOTHING
    for record in view.intents.values():
        if record.state is not IntentState.PENDING or _read(record.key) is None:
            continue
        facts = {
            "what": record.intent.kind,
            "connection": record.intent.connection,
            "key": origin.key,
            "status": origin.status.name,
            "reason": "not_closed",
        }
        part += Part(withdrawn=(record.key,), timeline=(TimelineEntry(now, "withdrawn", facts),))
    return part

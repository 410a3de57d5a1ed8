"""The news in a read, or in the answer to a write: the store saves it, and the round continues with it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Doubt, Doubted, TimelineEntry
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.sla.status_history import status_events
from escalation_bridge.domain.sync.comments.rereading import Rereading, is_reworded
from escalation_bridge.domain.tickets.classification import IMPORTANT, Classification
from escalation_bridge.domain.tickets.tickets import (
    Comment,
    Role,
    Severity,
    StatusChange,
    Ticket,
    TicketRef,
    Visibility,
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first read of the customer's ticket determines for the case.

    Attributes:
        rules_version: The version of the rules for the case.
    """

    classification: Classification
    rules_version: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The news about a ticket, compared with its case.

    Attributes:
        ticket: The new snapshot.
        at: When it was read, or the write was answered.
        is_reading: Whether it was read with its comments; the answer to a write has none.
        authored: New comments, each with its author's role.
        rereading: Changes of known comments.
        happened: New events of its history; known events change nothing.
        opening: For the first read of the customer's ticket.
        timeline: New lines of the case's history.
        severity: The case's severity, raised by what the customer wrote; None: it stays.
    """

    ticket: Ticket
    at: datetime
    is_reading: bool = False
    authored: tuple[tuple[Comment, Role], ...] = ()
    rereading: Rereading = field(default_factory=Rereading)
    happened: tuple[TicketEvent, ...] = ()
    opening: Opening | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    severity: Classification | None = None


def is_first_reading(before: CaseView, ref: TicketRef) -> bool:
    """Whether it is the first read of the customer's ticket."""
    return ref == before.origin and ref not in before.tickets


def as_opened(before: CaseView, ticket: Ticket) -> Ticket:
    """The ticket with what the first read determined: authors of comments before agents could be recognized are
    unknown.
    """
    earlier = before.tickets.get(ticket.ref)
    if earlier is None or earlier.answers_known:
        return ticket
    return replace(ticket, answers_known=False)


def news_of_answer(before: CaseView, ticket: Ticket, now: datetime) -> Shown:
    """The news in the answer to a write.

    Args:
        before: The case before the write.
        ticket: The ticket in the answer.
        now: When the answer arrived.
    """
    ticket = as_opened(before, ticket)
    return Shown(ticket, now, happened=tuple(_course(before, ticket, (), now)))


def news_of_reading(
    before: CaseView,
    ticket: Ticket,
    authored: Sequence[tuple[Comment, Role]],
    rereading: Rereading,
    changes: Sequence[StatusChange],
    now: datetime,
    opening: Opening | None,
    severity: Classification | None = None,
) -> Shown:
    """The news in a read of a ticket with its comments.

    Args:
        before: The case before the read.
        ticket: The ticket as read.
        authored: New comments, each with its author's role.
        rereading: Changes of known comments.
        changes: The vendor's history of its status, if requested.
        now: When it was read.
        opening: For the first read of the customer's ticket.
        severity: The raised severity, for later reads.
    """
    ticket = as_opened(before, ticket)
    commented: list[TicketEvent] = []
    if ticket.ref == before.origin:
        commented = [events.commented(comment, role) for comment, role in authored]
    entries = [_comment_entry(ticket, comment) for comment, role in authored if role is not Role.BRIDGE]
    return Shown(
        ticket,
        now,
        is_reading=True,
        authored=tuple(authored),
        rereading=rereading,
        happened=(*commented, *_course(before, ticket, changes, now)),
        opening=opening,
        timeline=(
            *(_of_opening(ticket, now) if is_first_reading(before, ticket.ref) else ()),
            *entries,
            *_severity_lines(opening, severity, now),
            *_reread(before, ticket, rereading, now),
        ),
        severity=severity,
    )


def after_reading(view: CaseView, shown: Shown) -> CaseView:
    """Apply news to the case: the result equals what the store returns once it has saved the news."""
    ticket, ref = shown.ticket, shown.ticket.ref
    tickets = {**view.tickets, ref: ticket}
    known = {(comment.ticket, comment.id): comment for comment in view.comments}
    for comment, _ in shown.authored:
        known.setdefault((ref, comment.id), comment)
    for comment in shown.rereading.changed:
        known[ref, comment.id] = comment
    own = {(ref, comment.id) for comment, role in shown.authored if role is Role.BRIDGE}
    opening = shown.opening
    is_own = ref == view.origin
    history = {**view.linked_events, **({} if is_own else {ref: view.linked_events.get(ref, ())})}
    if not is_own:
        history[ref] = _with_events(history[ref], shown.happened)
    known_now = replace(
        view,
        tickets={each: tickets[each] for each in sorted(tickets, key=lambda r: (r != view.origin, r))},
        gone={each: why for each, why in view.gone.items() if each != ref},
        comments=in_order(known.values()),
        own_comments=view.own_comments | own,
        events=_with_events(view.events, shown.happened) if is_own else view.events,
        linked_events=history,
        classification=opening.classification if opening else shown.severity or view.classification,
        rules_version=opening.rules_version if opening else view.rules_version,
    )
    return _reread_with(known_now, shown) if shown.is_reading else known_now


def in_order(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """Comments, oldest first."""
    return tuple(sorted(comments, key=lambda comment: (comment.created_at, comment.ticket, comment.id)))


def _reread_with(view: CaseView, shown: Shown) -> CaseView:
    """Apply what only a read shows: that the ticket is readable, and changes of its comments."""
    ref, reading = shown.ticket.ref, shown.rereading
    taken_back = {**view.taken_back, **{(ref, id_): shown.at for id_ in reading.taken_back}}
    doubts = {key: doubt for key, doubt in view.doubts.items() if key not in _keys(ref, reading.settled)}
    return replace(
        view,
        failed_reads={each: count for each, count in view.failed_reads.items() if each != ref},
        unreadable={each: at for each, at in view.unreadable.items() if each != ref},
        taken_back={k: at for k, at in taken_back.items() if k not in _keys(ref, reading.back)},
        doubts={**doubts, **{(ref, id_): Doubted(d, shown.at) for id_, d in reading.doubts.items()}},
    )


def _keys(ref: TicketRef, ids: Iterable[str]) -> set[tuple[TicketRef, str]]:
    return {(ref, id_) for id_ in ids}


def _with_events(known: tuple[TicketEvent, ...], new: Iterable[TicketEvent]) -> tuple[TicketEvent, ...]:
    by_key = {event.key: event for event in known}
    for event in new:
        by_key.setdefault(event.key, event)
    return events.order(by_key.values()) if len(by_key) > len(known) else known


def _course(
    before: CaseView, ticket: Ticket, changes: Sequence[StatusChange], now: datetime
) -> Iterator[TicketEvent]:
    """The events between two snapshots of a ticket."""
    ref, old = ticket.ref, before.tickets.get(ticket.ref)
    is_own = ref == before.origin
    known = before.events if is_own else before.linked_events.get(ref, ())
    course = [events.opened(ticket)] if old is None else []
    course += status_events(old, ticket, changes, known, now)
    yield from course if is_own else (events.of_linked(event, ref) for event in course)


def _of_opening(ticket: Ticket, now: datetime) -> Iterator[TimelineEntry]:
    facts = {"ticket": str(ticket.ref), "key": ticket.key, "url": ticket.url}
    yield TimelineEntry(now, "case_opened", facts)
    if not ticket.answers_known:
        yield TimelineEntry(now, "agents_unknown", {"connection": ticket.ref.connection})


def _severity_lines(
    opening: Opening | None, severity: Classification | None, now: datetime
) -> Iterator[TimelineEntry]:
    """The line about a severity; a standard ticket about which nothing was found has none."""
    if opening is not None and _is_notable(opening.classification):
        yield TimelineEntry(now, "severity_found", _severity_facts(opening.classification))
    if severity is not None:
        yield TimelineEntry(now, "severity_raised", _severity_facts(severity))


def _is_notable(found: Classification) -> bool:
    return found.severity is Severity.EMERGENCY or found.category == IMPORTANT


def _severity_facts(found: Classification) -> dict[str, str]:
    return {
        "severity": str(found.severity),
        "category": found.category,
        "reason": found.reason,
        "rules": ",".join(found.rules),
    }


def _comment_entry(ticket: Ticket, comment: Comment) -> TimelineEntry:
    facts = {"author": comment.author.name, "key": ticket.key, "visibility": str(comment.visibility)}
    return TimelineEntry(comment.created_at, "comment_seen", facts)


def _reread(before: CaseView, ticket: Ticket, reading: Rereading, now: datetime) -> Iterator[TimelineEntry]:
    """The history lines about changed comments."""
    known = {comment.id: comment for comment in before.comments_of(ticket.ref)}
    for after in reading.changed:
        facts = {"author": after.author.name, "key": ticket.key}
        if is_reworded(known[after.id], after):
            yield TimelineEntry(now, "comment_reworded", facts)
        if after.visibility is not known[after.id].visibility:
            hidden = after.visibility is Visibility.PRIVATE
            yield TimelineEntry(now, "comment_hidden" if hidden else "comment_shown", facts)
    for gone in reading.taken_back:
        facts = {"author": known[gone].author.name, "key": ticket.key}
        yield TimelineEntry(now, "comment_removed", facts)
    unseen = sum(doubt is Doubt.UNSEEN for doubt in reading.doubts.values())
    if unseen:
        yield TimelineEntry(now, "comments_unseen", {"count": str(unseen), "key": ticket.key})

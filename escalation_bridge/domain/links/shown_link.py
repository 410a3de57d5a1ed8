"""How each ticket of a link is displayed to the agents of the other one, with the health of the link."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.shown_links import ShowLink
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.messages import Health
from escalation_bridge.domain.tickets.tickets import Ticket, TicketPointer, TicketRef

_BEHIND_AFTER = timedelta(minutes=10)
"""How long writes have to fail before agents are notified: most failures are short."""
_NEWS_AFTER = timedelta(hours=1)
"""How old the displayed last change may be, if nothing else changed."""


def point_to(view: CaseView, ticket: Ticket) -> TicketPointer:
    """How a ticket is shown to the other side's agents."""
    return TicketPointer(
        ref=ticket.ref,
        key=ticket.key,
        url=ticket.url,
        vendor=view.vendors.get(ticket.ref.connection, ticket.ref.connection),
        title=ticket.subject,
        status=ticket.status.name,
        done=ticket.status.kind.done,
        assignee=ticket.assignee.name if ticket.assignee else None,
        updated_at=last_touched(view, ticket),
    )


def fingerprint(side: Side, pointer: TicketPointer, health: Health) -> str:
    """The displayed state of a side, as a text that can be stored: a change causes an update.

    The customer's agents follow every step of the linked ticket; those behind that one need to know whether the customer's is done.
    """
    course = (pointer.status, pointer.assignee or "") if side is Side.ORIGIN else ()
    words = (pointer.key, str(pointer.done), *course)
    return "\n".join((*words, health.code, *(f"{k}={v}" for k, v in sorted(health.facts.items()))))


def show_first(view: CaseView, link: Link, side: Side, now: datetime) -> Part:
    """Show the other ticket for the first time."""
    return _show(view, link, side, keys.Show(link.id, side), now)


def refresh_pointers(view: CaseView, link: Link, now: datetime) -> Part:
    """Keep what is shown on both sides true: key, status, assignee, and how the link is.

    It waits while a status or a field is on its way, to avoid a second update.
    """
    if any(link.id in record.intent.settled_links and not record.failures for record in _outstanding(view)):
        return NOTHING
    part = NOTHING
    for side in Side:
        part += _show(view, link, side, keys.Show(link.id, side, link.edges + 1), now)
        link = part.links[-1] if part.links else link
    behind = [since + _BEHIND_AFTER for since in _failing_since(view, link)]
    return part + Part(wake_at=tuple(at for at in behind if at > now))


def _show(view: CaseView, link: Link, side: Side, key: keys.Show, now: datetime) -> Part:
    shown_on, shown = view.tickets.get(link.ticket(side)), view.tickets.get(link.ticket(side.other))
    if shown_on is None or shown is None or view.absence(shown_on.ref) is not None:
        return NOTHING
    if shown_on.ref in view.unreadable:
        return NOTHING  # what cannot be read can hardly be written to
    if any(_shows(record, shown_on.ref, shown.ref) for record in _outstanding(view)):
        return NOTHING  # its later state is shown afterwards
    pointer, health = point_to(view, shown), link_health(view, link, now)
    print_now = fingerprint(side, pointer, health)
    if link.shown.get(side) == print_now and not _is_news(view, link, side, pointer):
        return NOTHING
    link = replace(link, edges=link.edges + 1, shown={**link.shown, side: print_now})
    return Part(intents=(KeyedIntent(key.text, ShowLink(shown_on.ref, pointer, health)),), links=(link,))


def _is_news(view: CaseView, link: Link, side: Side, pointer: TicketPointer) -> bool:
    """Whether the last change that is shown lies so far back that it misleads."""
    shown = [
        record.intent.pointer.updated_at
        for record in view.intents.values()
        if isinstance(record.intent, ShowLink) and _shows(record, link.ticket(side), pointer.ref)
    ]
    before = shown[-1] if shown else None
    return (
        side is Side.ORIGIN
        and before is not None
        and pointer.updated_at is not None
        and pointer.updated_at - before >= _NEWS_AFTER
    )


def last_touched(view: CaseView, ticket: Ticket) -> datetime:
    """When somebody last changed a ticket. Writes of the bridge do not count."""
    events = view.events if ticket.ref == view.origin else view.linked_events.get(ticket.ref, ())
    comments = (
        comment.created_at
        for comment in view.comments_of(ticket.ref)
        if (comment.ticket, comment.id) not in view.own_comments
    )
    changed = (event.at for event in events if event.kind is EventKind.STATUS)
    return max((*comments, *changed), default=ticket.created_at)


def link_health(view: CaseView, link: Link, now: datetime) -> Health:
    """How a link is, in one line: what is most in its way, with what to do about it."""
    return next(_troubles(view, link, now), Health("in_step"))


def all_of_health(view: CaseView, link: Link, now: datetime) -> tuple[Health, ...]:
    """How a link is, with everything that is in its way."""
    return tuple(_troubles(view, link, now)) or (Health("in_step"),)


def _troubles(view: CaseView, link: Link, now: datetime) -> Iterator[Health]:
    of_fields = (state.hold for state in link.fields.values() if state.hold is not None)
    held = sorted(of_fields, key=lambda each: each.since)
    for hold in (link.hold, *held) if link.hold is not None else held:
        yield Health(hold.reason, {**hold.facts, "since": hold.since.isoformat()})
    late = [since for since in _failing_since(view, link) if now - since >= _BEHIND_AFTER]
    if late:
        yield Health("behind", {"since": min(late).isoformat()})
    yield from _not_readable(view, link)
    for ref in (link.origin, link.linked):
        if is_closed_for_good(view, ref):
            continue  # reported already, and no retry helps
        lost = [record.decided_at for record in view.intents.values() if _was_given_up(record, link, ref)]
        if lost:
            ticket = view.tickets.get(ref)
            facts = {"to_key": ticket.key if ticket else str(ref), "count": str(len(lost))}
            yield Health("comments_missing", {**facts, "since": min(lost).isoformat()})


def _not_readable(view: CaseView, link: Link) -> Iterator[Health]:
    for ref in (link.origin, link.linked):
        if ref in view.unreadable:
            known, read_at = view.tickets.get(ref), view.unreadable[ref]
            since = read_at.isoformat() if read_at is not None else ""
            key = known.key if known is not None else str(ref)
            yield Health("unreadable", {"key": key, "connection": ref.connection, "since": since})


def _was_given_up(record: IntentRecord, link: Link, target: TicketRef) -> bool:
    """Whether a comment should have got over a link to `target`, and its vendor refused it for good."""
    source = record.intent.passes_on
    return (
        record.state is IntentState.FAILED
        and source is not None
        and source[0] in (link.origin, link.linked)
        and record.intent.written_to == target
    )


def _failing_since(view: CaseView, link: Link) -> Iterator[datetime]:
    ends = (link.origin, link.linked)
    for record in _outstanding(view):
        if record.failing_since is not None and record.intent.written_to in ends:
            yield record.failing_since


def _outstanding(view: CaseView) -> Iterator[IntentRecord]:
    return (record for record in view.intents.values() if record.state.outstanding)


def _shows(record: IntentRecord, shown_on: TicketRef, shown: TicketRef) -> bool:
    intent = record.intent
    return isinstance(intent, ShowLink) and (intent.ticket, intent.pointer.ref) == (shown_on, shown)

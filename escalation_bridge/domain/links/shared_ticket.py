"""Several customers' tickets on one linked ticket: its display, its priority, and replies to each customer.

Each customer's ticket is a case of its own. What they share is the linked ticket, and the few facts of a `Sibling`: never
anybody's words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.other_customers import Sibling, held_for
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentRecord, KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.links.waiting_for_others import waits_for_other_issues
from escalation_bridge.domain.routes.routes import DraftReply, Route
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import (
    Presence,
    Priority,
    Ticket,
    TicketChange,
    TicketRef,
    Visibility,
)

_MOST_NAMED = 20
"""With more customers, only the number is shown."""


def keep_the_issue_posted(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    """Let the linked ticket show who waits for it, with the highest of their priorities."""
    if link.linked not in view.tickets or _takes_nothing(view, link.linked):
        return NOTHING
    return _note_who_waits(view, link) + _raise(view, link, route, now)


# --- who waits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Those on one linked ticket, the oldest link first."""

    all: tuple[Sibling, ...]

    @property
    def open(self) -> tuple[Sibling, ...]:
        return tuple(one for one in self.all if not one.done)

    @property
    def highest(self) -> Priority | None:
        """The highest priority among those that are not done."""
        highest: Priority | None = None
        for one in self.open:
            if one.priority is not None and one.priority.is_above(highest):
                highest = one.priority
        return highest


def _note_who_waits(view: CaseView, link: Link) -> Part:
    """One internal note, kept up to date by the case with the oldest link; the next one takes over when that is
    unlinked.
    """
    own = _own(view, link)
    if own is None:
        return NOTHING
    siblings = view.siblings.get(link.id, ())
    waiting = _waiting(own, siblings)
    versions = tuple(_versions(view, link))
    if waiting.all[0] != own or (not siblings and not versions):
        return NOTHING
    facts = _facts(waiting)
    if not versions:
        return _note(link, 1, facts)
    before = versions[-1].facts
    if dict(before) == facts:
        return NOTHING
    is_grave = any(before.get(name) != facts[name] for name in ("count", "priority"))
    return _note(link, len(versions) + 1, facts, or_another=is_grave)


def speaks_for_all(view: CaseView, link: Link) -> bool:
    """Whether this case writes for all cases of a linked ticket: the one with the oldest link does."""
    own = _own(view, link)
    return own is not None and _waiting(own, view.siblings.get(link.id, ())).all[0] == own


def everybody_on(view: CaseView, link: Link) -> tuple[Sibling, ...]:
    """All who wait for a linked ticket, including this case's own customer; the oldest link first."""
    own, siblings = _own(view, link), view.siblings.get(link.id, ())
    return _waiting(own, siblings).all if own is not None else siblings


def _waiting(own: Sibling, siblings: Iterable[Sibling]) -> _Waiting:
    return _Waiting(tuple(sorted((own, *siblings), key=lambda one: (one.since, one.case_id))))


def _own(view: CaseView, link: Link) -> Sibling | None:
    origin = view.tickets.get(link.origin)
    return None if origin is None else as_sibling(view, link, origin)


def as_sibling(view: CaseView, link: Link, origin: Ticket) -> Sibling:
    """The case's own ticket as the others see it."""
    someone = origin.organisation or origin.requester
    return Sibling(
        case_id=view.id,
        origin=origin.ref,
        since=link.since,
        key=origin.key,
        customer=someone.name if someone else "",
        priority=origin.priority,
        done=origin.ref in view.gone or is_out_of_work(origin),
        held=held_for(link.hold, (state.hold for state in link.fields.values())),
    )


def is_out_of_work(ticket: Ticket) -> bool:
    """Whether nobody is expected to work on a ticket: it is done, deleted or merged."""
    return ticket.status.kind.done or ticket.presence is not Presence.PRESENT


def _facts(waiting: _Waiting) -> dict[str, str]:
    named = [f"{one.customer} ({one.key})" if one.customer else one.key for one in waiting.all[:_MOST_NAMED]]
    more = len(waiting.all) - len(named)
    return {
        "count": str(len(waiting.all)),
        "open": str(len(waiting.open)),
        "priority": str(waiting.highest or ""),
        "customers": ", ".join(named),
        "more": str(more) if more else "",
    }


def _note(link: Link, version: int, facts: dict[str, str], *, or_another: bool = False) -> Part:
    message = MessageRequest("who_waits", facts, visibility=Visibility.PRIVATE)
    key = keys.Waiting(link.id, version)
    intent = (
        WriteComment(link.linked, Visibility.PRIVATE, message)
        if version == 1
        else ReviseNote(link.linked, message, key.note, or_another=or_another)
    )
    return Part(intents=(KeyedIntent(key.text, intent),))


def _versions(view: CaseView, link: Link) -> Iterator[MessageRequest]:
    note = keys.Waiting(link.id, None).note
    for key, record in view.intents.items():
        if keys.is_version(key, note) and record.intent.says is not None:
            yield record.intent.says


def note_to_revise(view: CaseView, intent: ReviseNote) -> tuple[IntentRecord, str] | None:
    """The write that made the note which is there now, and the note's id; None: there is none."""
    written: tuple[IntentRecord, str] | None = None
    for key, record in view.intents.items():
        if record.receipt is None or record.receipt.comment_id is None:
            continue
        if not keys.is_version(key, intent.versions):
            continue
        if written is None or written[1] != record.receipt.comment_id:
            written = record, record.receipt.comment_id
    return written


# --- how urgent it is ---------------------------------------------------------------------------------------------------


def _raise(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    """Raise the linked ticket to its customer's priority, once for each: a person may lower it afterwards."""
    origin, linked = view.tickets.get(link.origin), view.tickets[link.linked]
    shared = bool(view.siblings.get(link.id))
    if not route.raise_priority or not shared or origin is None or origin.priority is None:
        return NOTHING
    if origin.status.kind.done or linked.status.kind.done:
        return NOTHING
    wanted = route.priorities.get(origin.priority, origin.priority)
    key = keys.Raise(link.id, wanted).text
    if key in view.intents or not wanted.is_above(linked.priority):
        return NOTHING
    change = ChangeTicket(link.linked, TicketChange(priority=wanted), raises=True)
    facts = {"linked_key": linked.key, "origin_key": origin.key, "priority": str(wanted)}
    return Part(intents=(KeyedIntent(key, change),), timeline=(TimelineEntry(now, "issue_raised", facts),))


# --- replies to the customer --------------------------------------------------------------------------------------------


def draft_reply(view: CaseView, link: Link, route: Route) -> Part:
    """When the linked ticket is done, suggest to the customer's agents what to answer: once, internally, and never sent."""
    origin, linked = view.tickets.get(link.origin), view.tickets.get(link.linked)
    if origin is None or linked is None or view.absence(linked.ref) is not None:
        return NOTHING
    if link.origin != view.origin or _takes_nothing(view, origin.ref):
        return NOTHING  # in the middle of a chain there is no customer
    done = linked.status.kind.done
    if done is link.drafted or (done and waits_for_other_issues(view, link, route)):
        return NOTHING
    link = replace(link, edges=link.edges + 1, drafted=done)
    if not done or origin.status.kind.done or not _is_wanted(view, link, route):
        return Part(links=(link,))
    facts = {
        "customer": origin.requester.name if origin.requester else "",
        "subject": origin.subject,
        "linked_key": linked.key,
        "linked_vendor": view.vendors.get(linked.ref.connection, linked.ref.connection),
    }
    message = MessageRequest(
        "drafted_reply", facts, visibility=Visibility.PRIVATE, language=(origin.language or "")[:2] or None
    )
    write = WriteComment(origin.ref, Visibility.PRIVATE, message)
    return Part(intents=(KeyedIntent(keys.Draft(link.id, link.edges).text, write),), links=(link,))


def _takes_nothing(view: CaseView, ticket: TicketRef) -> bool:
    return view.absence(ticket) is not None or is_closed_for_good(view, ticket)


def _is_wanted(view: CaseView, link: Link, route: Route) -> bool:
    if view.incident is not None and link.linked == view.incident.linked:
        return False  # the end of the incident is announced instead
    if route.draft_reply is DraftReply.SHARED:
        return bool(view.siblings.get(link.id))
    return route.draft_reply is DraftReply.ALWAYS

"""Link and unlink existing tickets. Pure: what to record, or why it is refused."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Presence, Ticket, TicketRef, Visibility


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a link, of whatever case."""

    origin: TicketRef
    linked: TicketRef


def plan_link(
    route: Route,
    tickets: Mapping[Side, Ticket],
    known: Collection[Ends],
    link_id: str,
    now: datetime,
    excluded: Mapping[Side, tuple[str, ...]],
) -> Link | LinkRefusal:
    """Link two tickets as they are, or say why not.

    Nothing is overwritten: both current statuses count as in sync, and only later changes are
    copied.

    Args:
        route: How to keep them in sync.
        tickets: Both, read just now.
        known: All links, of all cases, that hang together with either of them.
        link_id: A new one; `next_link_id` makes it.
        now: The instant.
        excluded: Ids of the comments on each side that must not be copied.
    """
    origin, linked = tickets[Side.ORIGIN], tickets[Side.LINKED]
    refusal = refuse_link(route, origin, linked, known)
    if refusal is not None:
        return refusal
    return Link(
        id=link_id,
        route=route.name,
        origin=origin.ref,
        linked=linked.ref,
        since=now,
        statuses={side: ticket.status.id for side, ticket in tickets.items()},
        done={side: ticket.status.kind.done for side, ticket in tickets.items()},
        excluded=excluded.get(Side.ORIGIN, ()),
        excluded_linked=excluded.get(Side.LINKED, ()),
        drafted=linked.status.kind.done,
        by_hand=True,
    )


def refuse_link(route: Route, origin: Ticket, linked: Ticket, known: Collection[Ends]) -> LinkRefusal | None:
    """Why two tickets cannot be linked; None: they can.

    There is at most one way from a ticket down to another one: otherwise comments would arrive twice.
    """
    if (origin.ref.connection, linked.ref.connection) != (route.origin, route.linked):
        return LinkRefusal.OTHER_CONNECTION
    if origin.ref == linked.ref:
        return LinkRefusal.SAME_TICKET
    if any(ticket.presence is not Presence.PRESENT for ticket in (origin, linked)):
        return LinkRefusal.GONE
    if Ends(origin.ref, linked.ref) in known:
        return LinkRefusal.ALREADY_LINKED
    below = _reachable(linked.ref, known)
    if origin.ref in below:
        return LinkRefusal.CIRCLE
    above = _reachable(origin.ref, [Ends(ends.linked, ends.origin) for ends in known])
    if any(_reachable(each, known) & below for each in above):
        return LinkRefusal.SECOND_WAY
    return None


def _reachable(start: TicketRef, known: Iterable[Ends]) -> set[TicketRef]:
    """The ticket and all that lie below it."""
    reached, ahead = {start}, [start]
    ways = tuple(known)
    while ahead:
        here = ahead.pop()
        new = {ends.linked for ends in ways if ends.origin == here} - reached
        reached |= new
        ahead.extend(new)
    return reached


def next_link_id(view: CaseView | None) -> str:
    """An id that no link of the case has or had: the keys of all its writes, which are never deleted, contain
    earlier ones.
    """
    used = (*(link.id for link in view.links), *view.intents) if view is not None else ()
    return keys.ByHand.next(used).text


def unlink(view: CaseView, link: Link, by: str, now: datetime) -> Part:
    """Unlink: withdraw its unsent writes, and notify both tickets' agents."""
    names = {side: _name(view, link.ticket(side)) for side in Side}
    notes = tuple(
        KeyedIntent(
            keys.Unlinked(link.id, side).text,
            WriteComment(
                link.ticket(side),
                Visibility.PRIVATE,
                MessageRequest(
                    "unlinked", {"other_key": names[side.other], "by": by}, visibility=Visibility.PRIVATE
                ),
            ),
        )
        for side in Side
        if link.ticket(side) not in view.gone
    )
    facts = {"origin_key": names[Side.ORIGIN], "linked_key": names[Side.LINKED], "by": by}
    return Part(
        intents=notes + _last_word(view, link),
        links=(replace(link, ended=now),),
        timeline=(TimelineEntry(now, "unlinked", facts),),
        withdrawn=tuple(
            key for key, record in view.intents.items() if _could_be_sent(record) and _is_of(key, link)
        ),
    )


def _last_word(view: CaseView, link: Link) -> tuple[KeyedIntent, ...]:
    """The final text of the note about who waits, if this case wrote it."""
    end = keys.Waiting(link.id, None)
    if not any(keys.is_version(key, end.note) for key in view.intents) or link.linked in view.gone:
        return ()
    message = MessageRequest("who_waits_elsewhere", visibility=Visibility.PRIVATE)
    return (KeyedIntent(end.text, ReviseNote(link.linked, message, end.note)),)


def _could_be_sent(record: IntentRecord) -> bool:
    # Failed writes may be retried long after the link was removed.
    return record.state.outstanding or record.state is IntentState.FAILED


def _is_of(key: str, link: Link) -> bool:
    of = keys.parse(key)
    return of is not None and of.is_about(link.id) and not isinstance(of, keys.Unlinked)


def _name(view: CaseView, ref: TicketRef) -> str:
    ticket = view.tickets.get(ref)
    return ticket.key if ticket is not None else str(ref)

"""Keep the statuses of a link in sync, by edges.

A link stores the statuses at which both sides were last in sync. A side has *changed* if it shows another status than
that. The bridge's own write updates the stored status together with its receipt, so its echo is no change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Hold, Link, TimelineEntry
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write import Settlement
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.hand_over import hand_on_again
from escalation_bridge.domain.links.holds import hold_link, release_link
from escalation_bridge.domain.links.waiting_for_others import waits
from escalation_bridge.domain.routes.routes import Route, TooLate, shows
from escalation_bridge.domain.routes.sides import Ask, Keep, Side, Unmapped, Wish
from escalation_bridge.domain.sync.status.reopening import Reopening, judge_reopening
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange, TicketRef, Visibility

_KEPT = 20
"""How many reopenings a link remembers."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """A side's change that has something to say to the other side."""

    side: Side
    wish: Wish
    reopening: Reopening | None = None


def sync_status(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    """Copy a status change, record one that changes nothing, or put the link on hold."""
    for ref in (link.origin, link.linked):
        if (absence := view.absence(ref)) is not None:
            known = view.tickets.get(ref)
            facts = {"ticket": known.key if known is not None else str(ref), "reason": absence}
            return hold_link(view, link, Hold(HoldReason.TICKET_GONE, now, facts))
    origin, linked = view.tickets.get(link.origin), view.tickets.get(link.linked)
    if origin is None or linked is None or _status_write_outstanding(view, link):
        return NOTHING
    tickets = {Side.ORIGIN: origin, Side.LINKED: linked}
    link = _with_stops_known(view, link, tickets)
    changed = [side for side in Side if tickets[side].status.id != link.statuses[side]]
    if not changed:
        return _nothing_waits(link, now)
    edges = [_edge(view, link, route, side, tickets, now) for side in changed]
    for reopening in (edge.reopening for edge in edges):
        if reopening is not None and reopening.hold is not None:
            wake_at = (reopening.until,) if reopening.until is not None else ()
            return hold_link(view, link, reopening.hold) + Part(wake_at=wake_at)
    unmapped = next((edge for edge in edges if edge.wish is Unmapped.UNMAPPED), None)
    if unmapped is not None:
        facts = {
            "side": unmapped.side.value,
            "status": tickets[unmapped.side].status.name,
            "route": route.name,
        }
        return hold_link(view, link, Hold(HoldReason.STATUS_UNMAPPED, now, facts))
    # What is already as wished, or is to be left alone, needs no write: the change is only taken note of.
    wishing = [e for e in edges if not isinstance(e.wish, Keep | Ask)]
    telling = [e for e in wishing if not shows(tickets[e.side.other].status, e.wish)]
    kept = [edge.side for edge in telling if waits(view, link, route, edge.side)]
    # While a customer's ticket is done and waits for the others, the linked one's course does not open it again.
    telling = [e for e in telling if e.side not in kept and Side.ORIGIN not in kept]
    if telling and len(wishing) > 1 and not kept:
        owner = _chosen(view, link, tickets) or view.advice.owners.get(link.id, route.owner)
        if owner is None and len(telling) > 1:
            facts = {"origin_status": origin.status.name, "linked_status": linked.status.name}
            return hold_link(view, replace(link, chosen=None), Hold(HoldReason.STATUS_CONFLICT, now, facts))
        if owner is not None:  # whose wish counts, even where it is there already
            telling = [edge for edge in telling if edge.side is owner]
    if not telling:
        noted = _take_note(link, tickets, kept, now)
        if not noted.links:
            return noted
        return noted + _report_instead(view, noted.links[-1], route, edges, tickets, now)
    refusal = _refusal(view, link, telling[0], tickets)
    if refusal is not None:
        return hold_link(view, link, Hold(HoldReason.STATUS_REFUSED, now, refusal))
    return _carry_over(link, tickets, telling[0], now)


def withdraw_overtaken_statuses(view: CaseView) -> Part:
    """Withdraw a waiting status write if the ticket shows a third status: somebody else changed it (race)."""
    return Part(
        withdrawn=tuple(
            record.key
            for record, ref in _at_a_third_status(view)
            if record.state.outstanding and ref not in view.halfway | view.gone.keys()
        )
    )


def at_a_third_status(view: CaseView) -> frozenset[TicketRef]:
    """Tickets that show neither the old nor the new status of a failed change."""
    return frozenset(ref for _, ref in _at_a_third_status(view))


def _at_a_third_status(view: CaseView) -> Iterator[tuple[IntentRecord, TicketRef]]:
    for link in view.links:
        record, settles = _last_status_write(view, link)
        if record is None or settles is None or not isinstance(record.intent, ChangeTicket):
            continue
        side = settles.source.other
        ticket = view.tickets.get(link.ticket(side))
        if ticket is None or shows(ticket.status, record.intent.change.status or ""):
            continue
        outstanding = record.state.outstanding and record.failures and record.intent.follows
        if (outstanding and ticket.status.id != settles.target_status) or (
            record.state is IntentState.FAILED and ticket.status.id != link.statuses[side]
        ):
            yield record, ticket.ref


def _last_status_write(view: CaseView, link: Link) -> tuple[IntentRecord, Settlement] | tuple[None, None]:
    writes = [
        (record, settles)
        for record in view.intents.values()
        if (settles := record.intent.status_settled) is not None and settles.link == link.id
    ]
    return writes[-1] if writes else (None, None)


def _refusal(
    view: CaseView, link: Link, edge: _Edge, tickets: Mapping[Side, Ticket]
) -> Mapping[str, str] | None:
    """The vendor's refusal of the same write, if that was the last one."""
    record, settles = _last_status_write(view, link)
    if record is None or record.state is not IntentState.FAILED:
        return None
    source, target = tickets[edge.side], tickets[edge.side.other]
    if settles != Settlement(link.id, edge.side, source.status.id, target.status.id):
        return None
    return {"to_key": target.key, "wish": str(edge.wish), "error": record.error or ""}


def _chosen(view: CaseView, link: Link, tickets: Mapping[Side, Ticket]) -> Side | None:
    """The side that a person chose, if both tickets still show what the choice was about.

    Once it was written, the write shows what that was. If the vendor refused it, the choice still holds: whoever made it has
    to see the refusal, not the same question again.
    """
    if link.chosen is None or (link.hold is not None and link.hold.reason is HoldReason.STATUS_CONFLICT):
        return link.chosen
    source, target = tickets[link.chosen], tickets[link.chosen.other]
    _, settles = _last_status_write(view, link)
    written = Settlement(link.id, link.chosen, source.status.id, target.status.id)
    return link.chosen if settles == written else None


def _with_stops_known(view: CaseView, link: Link, tickets: Mapping[Side, Ticket]) -> Link:
    """The link with the statuses where its own changes have stopped for good: nobody has set those."""
    stops = {side: ticket.status.id for side, ticket in tickets.items() if ticket.ref in view.halfway}
    return replace(link, statuses={**link.statuses, **stops}) if stops else link


def _edge(
    view: CaseView, link: Link, route: Route, side: Side, tickets: Mapping[Side, Ticket], now: datetime
) -> _Edge:
    reopening = judge_reopening(view, link, route.reopen, side, tickets, now)
    if reopening is not None and reopening.word is not None:
        return _Edge(side, reopening.word, reopening)
    return _Edge(side, _wish(view, link, route, side, tickets[side]), reopening)


def _report_instead(
    view: CaseView,
    link: Link,
    route: Route,
    edges: Sequence[_Edge],
    tickets: Mapping[Side, Ticket],
    now: datetime,
) -> Part:
    """Notes about changes that are not copied, where agents have to act."""
    part = NOTHING
    for edge in edges:
        source, target = tickets[edge.side], tickets[edge.side.other]
        facts = {"from_key": source.key, "status": source.status.name, "to_key": target.key}
        if edge.wish is Ask.ASK:
            part += _note(target.ref, keys.Ask(link.id, edge.side, link.edges), "status_asked", facts)
        elif edge.reopening is not None and edge.reopening.late is TooLate.NEW_TICKET:
            part += hand_on_again(view, source, route, link, target, now)
        elif edge.reopening is not None and edge.reopening.late is not None:
            part += _note(source.ref, keys.Late(link.id, edge.side, link.edges), "reopened_late", facts)
    return part


def _note(ticket: TicketRef, key: keys.Key, template: str, facts: Mapping[str, str]) -> Part:
    message = MessageRequest(template, facts, visibility=Visibility.PRIVATE)
    return Part(intents=(KeyedIntent(key.text, WriteComment(ticket, Visibility.PRIVATE, message)),))


def _wish(view: CaseView, link: Link, route: Route, side: Side, ticket: Ticket) -> Wish:
    advised = view.advice.wishes.get((link.id, side))
    return advised if advised is not None else route.status_map(side).wish(ticket.status)


def _status_write_outstanding(view: CaseView, link: Link) -> bool:
    record, _ = _last_status_write(view, link)
    return record is not None and record.state.outstanding


def _carry_over(link: Link, tickets: Mapping[Side, Ticket], edge: _Edge, now: datetime) -> Part:
    source, target = tickets[edge.side], tickets[edge.side.other]
    settles = Settlement(link.id, edge.side, source.status.id, target.status.id)
    change = ChangeTicket(target.ref, TicketChange(status=str(edge.wish)), settles, follows=True)
    facts = {
        "from_key": source.key,
        "status": source.status.name,
        "to_key": target.key,
        "wish": str(edge.wish),
    }
    reopened = (*link.reopened[-_KEPT:], now) if edge.reopening is not None else link.reopened
    return Part(
        intents=(KeyedIntent(keys.Status(link.id, link.edges + 1).text, change),),
        links=(replace(link, edges=link.edges + 1, waiting={}, hold=None, reopened=reopened),),
        timeline=(TimelineEntry(now, "status_carried_over", facts),),
    )


def _nothing_waits(link: Link, now: datetime) -> Part:
    if not link.waiting:
        return release_link(link, now)
    return release_link(link, now) + Part(links=(replace(link, waiting={}, hold=None),))


def _take_note(link: Link, tickets: Mapping[Side, Ticket], kept: Sequence[Side], now: datetime) -> Part:
    """Count both sides as being in step as they are, apart from what is kept for later."""
    statuses = {
        side: link.statuses[side] if side in kept else ticket.status.id for side, ticket in tickets.items()
    }
    done = {side: ticket.status.kind.done for side, ticket in tickets.items() if side not in kept}
    waiting = {side: tickets[side].status.id for side in kept}
    if (statuses, waiting) == (link.statuses, link.waiting):
        return release_link(link, now)
    new = tuple(_waits(tickets, side, now) for side in kept if link.waiting.get(side) != waiting[side])
    link = replace(
        link, statuses=statuses, done={**link.done, **done}, waiting=waiting, hold=None, chosen=None
    )
    return Part(
        links=(replace(link, edges=link.edges + 1),),
        timeline=new if kept else (_noted(tickets, now),),
    )


def _waits(tickets: Mapping[Side, Ticket], side: Side, now: datetime) -> TimelineEntry:
    facts = {
        "from_key": tickets[side].key,
        "status": tickets[side].status.name,
        "to_key": tickets[side.other].key,
        "side": side.value,
    }
    return TimelineEntry(now, "status_waits", facts)


def _noted(tickets: Mapping[Side, Ticket], now: datetime) -> TimelineEntry:
    facts = {
        "origin_status": tickets[Side.ORIGIN].status.name,
        "linked_status": tickets[Side.LINKED].status.name,
    }
    return TimelineEntry(now, "status_noted", facts)

"""Move links to other tickets: the vendor is asked, the answer is checked, and the link is saved in one transaction."""

from collections.abc import Collection
from dataclasses import replace

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry
from escalation_bridge.domain.case.writes.links import MoveLink, TakeOverLinks
from escalation_bridge.domain.links.by_hand import Ends, refuse_link
from escalation_bridge.domain.links.follow_tickets import successor
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.carry_over import not_carried_yet
from escalation_bridge.domain.sync.comments.chains import with_relays
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.wake_others import wake_neighbours
from escalation_bridge.errors import UnsupportedOperation
from escalation_bridge.store.cases import case_file, case_tickets, case_views, outbox, stored_links
from escalation_bridge.store.queue import claims, wakes


def move_link(bridge: Bridge, view: CaseView, intent: MoveLink) -> str:
    """Move a link of a case to another ticket.

    Returns:
        The outcome in a few words.

    Raises:
        VendorError, PluginError: The other ticket cannot be read at present.
    """
    link = next((each for each in view.links if each.id == intent.link), None)
    if link is None:
        return "not linked any more"
    helpdesk = bridge.helpdesks.get(intent.to.connection)
    if helpdesk is None:
        raise UnsupportedOperation(f"{intent.to.connection} is not configured any more")
    known_comments = tuple(comment.id for comment in helpdesk.fetch_comments(intent.to.id, None))
    return _move(bridge, view.id, link, intent.side, intent.to, known_comments)


def take_over_links(bridge: Bridge, view: CaseView, intent: TakeOverLinks) -> str:
    """Move all links that begin at an earlier ticket to this case's own ticket.

    Raises:
        VendorError, PluginError: The ticket cannot be read at present.
    """
    with bridge.database.read() as transaction:
        earlier = case_views.find_case(transaction, intent.earlier)
        before = case_views.load_case(transaction, earlier) if earlier is not None else None
    links = [link for link in before.links if link.origin == intent.earlier] if before is not None else []
    # All comments in the follow-up are for those who worked on the earlier one.
    moved = [_move(bridge, before.id, link, Side.ORIGIN, view.origin, ()) for link in links if before]
    return ", ".join(moved) or "nothing was linked"


def _move(
    bridge: Bridge, case_id: int, link: Link, side: Side, to: TicketRef, known_comments: Collection[str]
) -> str:
    """Move one link of a case; `said` are the ids of comments in the ticket it goes to that are not carried over."""
    helpdesk, route = bridge.helpdesks.get(to.connection), bridge.rules.routes.get(link.route)
    if helpdesk is None or route is None:
        raise UnsupportedOperation(f"{link.route} or {to.connection} is not configured any more")
    target = helpdesk.fetch_ticket(to.id)
    now = bridge.now()
    with bridge.database.write() as transaction:
        stored_links.lock_links(transaction)
        ends = Ends(link.origin, link.linked)
        if stored_links.find_link(transaction, ends) is None:
            return "not linked any more"
        home = case_id if side is Side.LINKED else stored_links.home_of(transaction, to)
        if home is None:  # before the others are locked, see `open_cases`
            home = case_tickets.open_case(transaction, to, now)
        sharing = {*stored_links.cases_that_lead_to(transaction, link.linked)}
        sharing |= {*stored_links.cases_that_lead_to(transaction, to)} - {home, case_id}
        claims.lock_in_order(transaction, sorted({case_id, home, *sharing}))
        # What was carried over a moment ago is known here and not in what was decided on.
        view = with_relays(case_views.load_case(transaction, case_id))
        other = view.tickets[link.ticket(side.other)]
        ahead = not_carried_yet(view, link, route, side.other)
        new = successor(link, view, side, to, known_comments, ahead.values(), now)
        known = stored_links.links_around(transaction, [new.origin, new.linked]) - {ends}
        pair = (target, other) if side is Side.ORIGIN else (other, target)
        refusal = refuse_link(route, *pair, known)
        stored_links.save_link(transaction, case_id, replace(link, ended=now))
        outbox.withdraw(transaction, case_id, ahead, now)
        facts = {
            "from_key": view.tickets[link.ticket(side)].key,
            "to_key": target.key,
            "other_key": other.key,
        }
        entry = TimelineEntry(now, "link_moved", facts)
        if refusal is not None:
            entry = TimelineEntry(now, "link_not_moved", {**facts, "reason": str(refusal)})
        else:
            stored_links.save_link(transaction, home, new)
            for ref in (new.origin, new.linked):
                case_tickets.add_ticket(transaction, home, ref)
            case_file.mark_case_stale(transaction, home, [new.origin, new.linked])
        wake_neighbours(transaction, sorted(sharing - {home, case_id}), now)
        for case in sorted({home, case_id}):
            case_file.save_timeline(transaction, case, [entry])
            wakes.wake(transaction, case, now, "link moved")
    return f"{other.key}: from {facts['from_key']} to {target.key}"

"""Follow tickets that moved: merged into another ticket, or permanently closed and continued by a follow-up.

The link follows. Nothing is overwritten at that moment: the last sync state still counts, so that only what the
new ticket shows differently is a change, and its earlier comments are not copied.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Hold, Link, TimelineEntry
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.links import MoveLink, TakeOverLinks
from escalation_bridge.domain.links.holds import hold_link, release_link
from escalation_bridge.domain.routes.routes import Route, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import MessageRequest, Quote
from escalation_bridge.domain.tickets.tickets import Presence, TicketRef, Visibility


def went_elsewhere(view: CaseView, link: Link) -> tuple[Side, TicketRef] | None:
    """The side of a link whose ticket was merged into another one, and that one; None: neither was."""
    for side in Side:
        ticket = view.tickets.get(link.ticket(side))
        if ticket is not None and ticket.presence is Presence.MERGED and ticket.merged_into is not None:
            return side, ticket.merged_into
    return None


def follow_merged(view: CaseView, link: Link, now: datetime) -> Part:
    """Have a link follow a ticket that was merged into another one; hold it where that could not be done."""
    merged = went_elsewhere(view, link)
    if merged is None:
        return NOTHING
    side, to = merged
    key = keys.Move(link.id, to).text
    record = view.intents.get(key)
    if record is not None and record.state is IntentState.FAILED:
        return hold_link(
            view, link, Hold(HoldReason.TICKET_GONE, now, {"ticket": str(to), "reason": record.error or ""})
        )
    return Part(intents=(KeyedIntent(key, MoveLink(link.id, side, to)),))


def take_over(view: CaseView) -> Part:
    """Have a follow-up ticket take over the links of the one that it continues."""
    origin = view.tickets.get(view.origin)
    if origin is None or origin.follows_up is None:
        return NOTHING
    key = keys.TakeOver(origin.follows_up).text
    return Part(intents=(KeyedIntent(key, TakeOverLinks(origin.follows_up)),))


def pass_first_words(view: CaseView, link: Link, route: Route) -> Part:
    """Carry over what a follow-up ticket begins with: the customer's answer is its description, not a comment."""
    origin, rule = view.tickets.get(view.origin), route.comment_rule(Side.ORIGIN)
    if origin is None or origin.follows_up is None or link.origin != origin.ref or not link.by_hand:
        return NOTHING
    if rule.take is Take.NONE or origin.description_visibility is not Visibility.PUBLIC:
        return NOTHING
    if view.absence(link.linked) is not None or not origin.description:
        return NOTHING
    author = origin.requester.name if origin.requester else origin.created_by.name
    facts = {"from_key": origin.key, "from_vendor": view.vendors.get(origin.ref.connection, "")}
    quote = Quote(author, origin.created_at, origin.description)
    message = MessageRequest("passed_comment", facts, (quote,), rule.write)
    write = WriteComment(link.linked, rule.write, message)
    return Part(intents=(KeyedIntent(keys.FirstWords(link.linked).text, write),))


def follow_project(view: CaseView, link: Link, routes: Mapping[str, Route], now: datetime) -> Part:
    """Put a link whose linked ticket was moved to another project under the route that leads there, or hold it.

    What counted in the old project may be wrong in the new one: other statuses, other fields, other readers.
    """
    route, ticket = routes.get(link.route), view.tickets.get(link.linked)
    project = ticket.custom_fields.get("project") if ticket is not None else None
    if route is None or ticket is None or not isinstance(project, str):
        return NOTHING
    if link.project in (None, project):
        back = link.hold is not None and link.hold.reason is HoldReason.PROJECT_MOVED
        released = release_link(link, now) if back else NOTHING
        noted = replace(link, project=project)
        return released if back else NOTHING if noted == link else Part(links=(noted,))
    leading = sorted(
        name
        for name, each in routes.items()
        if (each.origin, each.linked) == (route.origin, route.linked)
        and str(each.fields.get("project", "")).casefold() == project.casefold()
    )
    if not leading and not _somebody_looked(link):
        facts = {"key": ticket.key, "project": project, "route": route.name}
        return hold_link(view, link, Hold(HoldReason.PROJECT_MOVED, now, facts))
    chosen = link.route if link.route in leading or not leading else leading[0]
    entry = TimelineEntry(now, "project_followed", {"key": ticket.key, "project": project, "route": chosen})
    return Part(links=(replace(link, project=project, route=chosen, hold=None),), timeline=(entry,))


def _somebody_looked(link: Link) -> bool:
    """Whether a person resumed the link after the move. A resume after another hold does not count."""
    if link.hold is None or link.hold.reason is not HoldReason.PROJECT_MOVED:
        return False
    return link.calm_since is not None and link.calm_since > link.hold.since


def successor(
    link: Link,
    view: CaseView,
    side: Side,
    to: TicketRef,
    excluded: Collection[str],
    ahead: Collection[str],
    now: datetime,
) -> Link:
    """The link that takes the place of one whose ticket on a side went elsewhere.

    Args:
        link: The one until now.
        view: Its case.
        side: Which of its tickets went elsewhere.
        to: Where to.
        excluded: Ids of earlier comments there.
        ahead: Ids of comments on the other side that are not copied yet: they go there.
        now: The instant.
    """
    other = view.comments_of(link.ticket(side.other))
    known = {side: tuple(excluded), side.other: tuple(c.id for c in other if c.id not in ahead)}
    name = hashlib.sha256(f"{link.id}\n{side}\n{to}".encode()).hexdigest()[:16]
    return replace(
        link,
        id=keys.Moved(name).text,
        origin=to if side is Side.ORIGIN else link.origin,
        linked=to if side is Side.LINKED else link.linked,
        since=now,
        excluded=known[Side.ORIGIN],
        excluded_linked=known[Side.LINKED],
        by_hand=True,
        shown={},
        fields={},
        edges=0,
        hold=None,
        chosen=None,
    )

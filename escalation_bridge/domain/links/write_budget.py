"""The write budget of a link: how many writes it may have before a person checks it.

A robot that answers every write of the bridge would cause an endless loop. The bridge's own echo is
recognized elsewhere; this is for loops with others.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Hold, Link
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.links.holds import hold_link, release_link
from escalation_bridge.domain.links.shown_link import last_touched
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.tickets.tickets import TicketRef

_COMMENTS_PER_CHANGE = 3
"""People talk more often than they change fields."""


def rest_while_overspent(view: CaseView, link: Link, route: Route, now: datetime) -> Part | None:
    """Decide about a link that is on hold for its budget.

    Returns:
        None if it is not; a part with a changed link if it resumes; else when to check again.
    """
    if link.hold is None or link.hold.reason is not HoldReason.WRITE_BUDGET:
        return None
    if link.calm_since is not None and link.calm_since > link.hold.since:
        return release_link(link, now)
    ends = [view.tickets[ref] for ref in (link.origin, link.linked) if ref in view.tickets]
    quiet_at = max((link.hold.since, *(last_touched(view, ticket) for ticket in ends))) + route.budget.quiet
    if now < quiet_at:
        return Part(wake_at=(quiet_at,))
    # What was written before the quiet time counts no more, even where the budget looks back farther than that.
    return release_link(replace(link, calm_since=now), now)


def stay_within(view: CaseView, link: Link, route: Route, planned: Part, now: datetime) -> Part:
    """What is planned for a link, if its budget allows it; else the link is held, and what is planned waits.

    Comments that were written long ago do not count: they are a backlog, and no part of a loop.
    """
    ahead = [keyed.intent for keyed in planned.intents if keyed.key not in view.intents]
    if not ahead:
        return planned
    since = now - route.budget.per
    if link.calm_since is not None:
        since = max(since, link.calm_since)
    before = [
        record.intent
        for record in view.intents.values()
        if record.decided_at > since and record.state is not IntentState.CANCELLED
    ]
    intents = (*before, *ahead)
    fresh = {(comment.ticket, comment.id) for comment in view.comments if comment.created_at > since}
    changes = sum(link.id in intent.settled_links for intent in intents)
    comments = sum(_carries_over(intent, link, fresh) for intent in intents)
    limit = route.budget.changes
    if changes <= limit and comments <= limit * _COMMENTS_PER_CHANGE:
        return planned
    spent = changes if changes > limit else comments
    minutes = int(route.budget.per.total_seconds() // 60)
    facts = {
        "count": str(spent),
        "minutes": str(minutes),
        "quiet": str(int(route.budget.quiet.total_seconds())),
    }
    return hold_link(view, link, Hold(HoldReason.WRITE_BUDGET, now, facts))


def _carries_over(intent: Write, link: Link, fresh: Collection[tuple[TicketRef, str]]) -> bool:
    source = intent.passes_on
    if source is None or source not in fresh:
        return False
    return {intent.written_to, source[0]} == {link.origin, link.linked}

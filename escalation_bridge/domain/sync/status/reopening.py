"""Reopening: with the other ticket, too late for that, or too often.

A side is *reopened* if it was done when both were last in sync and is not done now. The link stores whether it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.case.cases import CaseView, Hold, Link
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.routes.routes import ReopenRule, TooLate
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Ticket

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reopening:
    """What is to happen to the other side of a ticket that was reopened.

    Attributes:
        word: The status that it gets instead of what the map says; None: what the map says.
        hold: Why a person has to look first.
        until: When that may be over by itself.
        late: What happens instead if it is too late to reopen.
    """

    word: str | Keep | None = None
    hold: Hold | None = None
    late: TooLate | None = None
    until: datetime | None = None


def judge_reopening(
    view: CaseView, link: Link, rule: ReopenRule, side: Side, tickets: Mapping[Side, Ticket], now: datetime
) -> Reopening | None:
    """Say what a reopened ticket means for the other one; None: it was not reopened, or the other one is not done."""
    source, target = tickets[side], tickets[side.other]
    if not link.done.get(side, False) or source.status.kind.done or not target.status.kind.done:
        return None
    lately = [
        at for at in link.reopened if now - at < _DAY and (link.calm_since is None or at > link.calm_since)
    ]
    if len(lately) >= rule.at_most:
        facts = {"from_key": source.key, "to_key": target.key, "count": str(len(lately))}
        return Reopening(hold=Hold(HoldReason.PING_PONG, now, facts), until=min(lately) + _DAY)
    done_at = _done_at(view, target)
    if rule.within is not None and done_at is not None and now - done_at > rule.within:
        late = rule.too_late if side is Side.ORIGIN else TooLate.NOTE
        return Reopening(word=Keep.KEEP, late=late)
    return Reopening(word=rule.word(side))


def _done_at(view: CaseView, ticket: Ticket) -> datetime | None:
    """Since when a ticket that is done has been; None: nobody knows."""
    events = view.events if ticket.ref == view.origin else view.linked_events.get(ticket.ref, ())
    since: datetime | None = None
    for event in events:
        if event.status is not None:
            since = (since or event.at) if event.status.done else None
    return since

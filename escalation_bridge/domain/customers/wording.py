"""The facts of an update, from which the message catalogue makes its words."""

from collections.abc import Iterable

from escalation_bridge.domain.customers.expectation import Expectation
from escalation_bridge.domain.customers.occasions import News
from escalation_bridge.domain.customers.reach import SHORT
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.customer_updates import Occasion
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

_SORRY = (Occasion.ESCALATED, Occasion.MISSED)


def update(
    at: Situation, news: Iterable[News], expected: Expectation | None, zone: str, *, zone_is_known: bool
) -> MessageRequest:
    """One update that reports all of it.

    Args:
        at: The case.
        news: What is to be reported, the most important first.
        expected: What the customer may expect.
        zone: The time zone in which times are written.
        zone_is_known: Whether it is the customer's own; otherwise times name it.
    """
    first, *others = news
    kinds = {each.kind for each in (first, *others)}
    abouts = {each.about for each in (first, *others)}
    missed = any(clock.breached_at is not None for clock in at.clocks)
    over = first.about in ("done", "incident_over")
    if over or "question" in abouts or first.about == "returned":
        expected = None  # it is the customer's turn, or an agent's who answers next
    facts = {
        "about": first.about,
        "started": "yes" if "started" in abouts else "",
        "question": "yes" if "question" in abouts else "",
        "moved": "yes" if Occasion.DUE in kinds else "",
        "sorry": "yes" if missed and kinds.intersection(_SORRY) and not over else "",
        "customer": at.origin.requester.name if at.origin.requester else "",
        "key": at.origin.key,
        "expected": str(expected.what) if expected is not None else "",
        "due": expected.by.isoformat() if expected is not None else "",
        "timezone": zone,
        "foreign_zone": "" if zone_is_known else "yes",
        "escalation": str(at.view.escalations[-1].number) if at.view.escalations else "",
        "url": "",  # the link of a question, if it asks one
        "occasions": "\n".join(each.id for each in (first, *others)),
    }
    language = (at.origin.language or "")[:2] or None
    short = at.origin.channel in SHORT
    if short:
        return MessageRequest("customer_update_short", facts, visibility=Visibility.PUBLIC, language=language)
    return MessageRequest("customer_update", facts, visibility=Visibility.PUBLIC, language=language)


def draft(proposed: MessageRequest, reason: str, error: str) -> MessageRequest:
    """A note that proposes an update to agents.

    Args:
        proposed: The update.
        reason: Why it is not sent: a word of the message catalogue.
        error: What the helpdesk answered, if it refused it.
    """
    facts = {"reason": reason, "error": error}
    return MessageRequest("customer_draft", facts, visibility=Visibility.PRIVATE, proposes=proposed)

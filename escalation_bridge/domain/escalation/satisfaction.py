"""Ask the customer of an escalated case whether it went well, once it is over, and note the answer."""

from collections.abc import Iterator
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.escalations import Cause, Change, ChangeKind, Escalation, Outcome
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import CaseLook
from escalation_bridge.domain.case.satisfaction import RATE, SatisfactionRule, Survey
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Presence, StatusKind, TicketRef, Visibility

_ENDED_WITH_WORK = (Outcome.SOLVED, Outcome.RETURNED, Outcome.DEESCALATED)
"""Other ends are nothing that a customer could judge."""


def follow_satisfaction(look: CaseLook) -> Part:
    """Note new answers, and ask where nobody has asked yet."""
    part = NOTHING
    for event in look.view.events:
        if event.kind is EventKind.RATED:
            part += _record_answer(look, event)
    return part + _asked(look)


def escalation_to_rate(view: CaseView) -> Escalation | None:
    """The escalation of a solved ticket that the customer may judge, and has not judged; None: there is none."""
    origin = view.tickets.get(view.origin)
    last = view.escalations[-1] if view.escalations else None
    if origin is None or last is None or last.outcome not in _ENDED_WITH_WORK or is_rated(view, last.number):
        return None
    is_there = origin.presence is Presence.PRESENT and view.absence(origin.ref) is None
    return last if is_there and origin.status.kind.done else None


def is_rated(view: CaseView, number: int) -> bool:
    """Whether the customer has judged an escalation."""
    return any(event.kind is EventKind.RATED and event.choice[0] == str(number) for event in view.events)


def rests_on_origin(look: CaseLook, part: Part) -> Iterator[TicketRef]:
    """Somebody who is asked cannot be unasked."""
    if part.intents:
        yield look.view.origin


# --- asking ---------------------------------------------------------------------------------------------------------------


def _asked(look: CaseLook) -> Part:
    view, origin, now = look.view, look.origin, look.now
    rule = look.rules.satisfaction.get(view.origin.connection)
    ended = escalation_to_rate(view)
    if rule is None or ended is None or ended.closed_at is None:
        return NOTHING
    if rule.survey is Survey.HELPDESK:
        reading = _next_reading(ended.closed_at, rule, now)
        return Part(wake_at=(reading,)) if reading is not None else NOTHING
    key = _key(ended, "ask")
    if key in view.intents or origin.status.kind is StatusKind.CLOSED:
        return NOTHING
    due = ended.closed_at + rule.after
    if due > now:
        return Part(wake_at=(due,))
    if now - due > rule.valid_for:
        return NOTHING  # after a long downtime nobody remembers what it was about
    facts = {
        "customer": origin.requester.name if origin.requester else "",
        "key": origin.key,
        "subject": origin.subject,
        "page": RATE,
        "escalation": str(ended.number),
        "valid_seconds": str(int(rule.valid_for.total_seconds())),
    }
    message = MessageRequest(
        "rate_us", facts, visibility=Visibility.PUBLIC, language=(origin.language or "")[:2] or None
    )
    return Part(intents=(KeyedIntent(key, WriteComment(view.origin, Visibility.PUBLIC, message)),))


def _next_reading(ended: datetime, rule: SatisfactionRule, now: datetime) -> datetime | None:
    """When the helpdesk's survey is read next without news: at growing distances from the end; None: not any more."""
    wait = rule.after
    while wait <= rule.valid_for:
        if ended + wait > now:
            return ended + wait
        wait *= 2
    return None


# --- the answer -----------------------------------------------------------------------------------------------------------


def _record_answer(look: CaseLook, event: TicketEvent) -> Part:
    """Put an answer into the record of its escalation, the history and an internal note, once."""
    number, verdict, score, comment, survey = event.choice
    escalation = next((each for each in look.view.escalations if str(each.number) == number), None)
    if escalation is None or any(change.what is ChangeKind.RATED for change in escalation.changes):
        return NOTHING
    facts = {"verdict": verdict, "score": score, "comment": comment, "survey": survey}
    change = Change(event.at, ChangeKind.RATED, escalation.owner, cause=Cause.EXTERNAL, facts=facts)
    # The history holds no customer's text.
    entry = TimelineEntry(look.now, "rated", {"verdict": verdict, "survey": survey})
    part = Part(escalations=(escalation.changed(change),), timeline=(entry,))
    if is_closed_for_good(look.view, look.view.origin):
        return part
    note = {**facts, "team": look.rules.directory.title_of(escalation.owner.team)}
    message = MessageRequest("rated", note, visibility=Visibility.PRIVATE)
    write = WriteComment(look.view.origin, Visibility.PRIVATE, message)
    return part + Part(intents=(KeyedIntent(_key(escalation, "rated"), write),))


def _key(escalation: Escalation, what: str) -> str:
    """Of what is written once about an ended escalation: what is written of its end has the same position."""
    position = next(at for at, each in enumerate(escalation.changes) if each.what is ChangeKind.CLOSED)
    return keys.OfEscalation(escalation.number, position, what).text

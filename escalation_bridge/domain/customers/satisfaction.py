"""Ask the customer of an escalated case whether it went well, once it is over, and note the answer."""

from collections.abc import Iterator
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.escalations import Cause, Change, ChangeKind
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import CaseLook
from escalation_bridge.domain.case.satisfaction import SatisfactionRule, Survey
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.customers.inform import reports_the_end
from escalation_bridge.domain.customers.permission import Permission
from escalation_bridge.domain.customers.rating_question import (
    ASK,
    escalation_to_rate,
    key_of_end,
    open_question,
)
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.sla.events import EventKind, TicketEvent
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility


def follow_satisfaction(look: CaseLook) -> Part:
    """Note new answers, and ask where nobody has asked yet."""
    part = NOTHING
    for event in look.view.events:
        if event.kind is EventKind.RATED:
            part += _record_answer(look, event)
    return part + _asked(look)


def rests_on_origin(look: CaseLook, part: Part) -> Iterator[TicketRef]:
    """Somebody who is asked cannot be unasked."""
    if part.intents:
        yield look.view.origin


# --- asking ---------------------------------------------------------------------------------------------------------------


def _asked(look: CaseLook) -> Part:
    """Ask by itself, where no update asks: once it is due, and the customer may be written to."""
    at, view, origin, now = Situation.of(look), look.view, look.origin, look.now
    rule, ended = look.rules.satisfaction.get(view.origin.connection), escalation_to_rate(view)
    if rule is not None and rule.survey is Survey.HELPDESK and ended is not None and ended.closed_at:
        reading = _next_reading(ended.closed_at, rule, now)
        return Part(wake_at=(reading,)) if reading is not None else NOTHING
    unsent, question, permission = _unsent(view), open_question(at), Permission(at, look.policy)
    if question is None or not permission.is_given_now or reports_the_end(at, look.policy):
        return Part(withdrawn=unsent)
    if origin.ref in view.unread:
        return Part(frozen=frozenset(unsent))
    due = max(question.due, permission.moment(question.key))
    if due > now:
        return Part(frozen=frozenset(unsent), wake_at=(due,))
    if question.key in view.intents:  # look again before it is sent
        return Part(rests_on=frozenset({origin.ref})) if unsent else NOTHING
    facts = {
        **question.facts,
        "customer": origin.requester.name if origin.requester else "",
        "key": origin.key,
        "subject": origin.subject,
    }
    message = MessageRequest(
        "rate_us", facts, visibility=Visibility.PUBLIC, language=(origin.language or "")[:2] or None
    )
    return Part(intents=(KeyedIntent(question.key, WriteComment(view.origin, Visibility.PUBLIC, message)),))


def _unsent(view: CaseView) -> tuple[str, ...]:
    """The keys of questions that are decided and not sent."""
    pending = (key for key, record in view.intents.items() if record.state is IntentState.PENDING)
    return tuple(key for key in pending if (read := keys.OfEscalation.read(key)) and read.what == ASK)


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
    return part + Part(intents=(KeyedIntent(key_of_end(escalation, "rated"), write),))

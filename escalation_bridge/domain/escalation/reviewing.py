"""Ask for a review after an emergency or an incident, write it into the tickets, and remind people of its actions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.case.escalations import ChangeKind, Escalation, Outcome
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.review import (
    ACTION,
    REVIEW,
    Review,
    ReviewAction,
    ReviewRule,
    done_actions,
    reviews_in,
)
from escalation_bridge.domain.case.rule import CaseLook
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.links.closed_tickets import is_closed_for_good
from escalation_bridge.domain.notices.notice import About
from escalation_bridge.domain.notices.recipients import recipients
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Presence, Severity, Visibility

_WORKED_ON = (Outcome.SOLVED, Outcome.RETURNED, Outcome.DEESCALATED)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a review is about.

    Attributes:
        name: `I-3` for an incident, `E-1` for an escalation of the case.
        ended_at: When it ended.
    """

    name: str
    ended_at: datetime


def follow_review(look: CaseLook) -> Part:
    """Ask for a missing review, write a new one into the ticket, and remind people of what it asks of them."""
    rule = look.rules.review
    part = _of_others(look)
    if rule is None:
        return part
    written = {review.subject: review for review in reviews_in(look.view.events)}
    for review in written.values():
        part += _recorded(look, review) + _remind_of_actions(look, rule, review)
    subject = _subject(look.view)
    if subject is not None and subject.name not in written:
        part += _ask(look, rule, subject)
    return part


def _subject(view: CaseView) -> _Subject | None:
    """What is to be reviewed: an incident that this case speaks for, or an emergency of its own."""
    incident = view.incident
    if incident is not None:
        is_over = incident.leads and incident.ended_at is not None
        return _Subject(incident.name, incident.ended_at) if is_over and incident.ended_at else None
    last = view.escalations[-1] if view.escalations else None
    is_emergency = view.classification.severity is Severity.EMERGENCY
    if last is None or not is_emergency or last.outcome not in _WORKED_ON or last.closed_at is None:
        return None
    return _Subject(f"E-{last.number}", last.closed_at)


# --- asking ---------------------------------------------------------------------------------------------------------------


def _ask(look: CaseLook, rule: ReviewRule, subject: _Subject) -> Part:
    """A note in the ticket with the link, a notice to who writes it, and reminders."""
    if look.now - subject.ended_at > rule.remind_every * (rule.reminders + 1):
        return NOTHING  # it ended before reviews were asked for, or nobody wants to write one
    message = _request(look, "review_please", subject.name, rule)
    part = _once(look, _key(look.view, subject.name, "ask"), message)
    to = rule.to or _owner(look.view.escalations)
    return part + _remind(look, rule, to, message, subject.name, subject.ended_at)


def _owner(escalations: tuple[Escalation, ...]) -> str:
    """Who had the last escalation; empty: there was none."""
    if not escalations:
        return ""
    owner = escalations[-1].owner
    return owner.person or owner.team


def _remind(
    look: CaseLook, rule: ReviewRule, to: str, message: MessageRequest, what: str, since: datetime
) -> Part:
    """A notice now, and again from time to time, while nothing is done."""
    subject, _, action = what.partition(" ")
    for number in range(rule.reminders + 1):
        at = since + rule.remind_every * number
        key = _key(look.view, subject, f"remind{action}_{number}")
        if key in look.view.intents:
            continue
        if at > look.now:
            return Part(wake_at=(at,))
        if at + rule.remind_every <= look.now and number < rule.reminders:
            continue  # after a downtime the newest reminder is enough
        if not recipients(look.rules.directory, to, look.now):
            return NOTHING
        notice = Notify(to, message, about=About(review=what))
        following = () if number == rule.reminders else (since + rule.remind_every * (number + 1),)
        return Part(intents=(KeyedIntent(key, notice),), wake_at=following)
    return NOTHING


def _request(
    look: CaseLook, template: str, subject: str, rule: ReviewRule, page: str = REVIEW, **facts: str
) -> MessageRequest:
    origin = look.origin
    given = {
        "ticket_key": origin.key,
        "ticket_url": origin.url,
        "ticket_subject": origin.subject,
        "subject": subject,
        "incident": subject if subject.startswith("I-") else "",
        "page": page,
        "valid_seconds": str(int(rule.valid_for.total_seconds())),
        **facts,
    }
    return MessageRequest(template, given, visibility=Visibility.PRIVATE)


# --- the review, and its actions ------------------------------------------------------------------------------------------


def _recorded(look: CaseLook, review: Review) -> Part:
    """The review as a note in the ticket and a line of the history, once."""
    key = _key(look.view, review.subject, "reviewed")
    if key in look.view.intents:
        return NOTHING
    facts = {"by": review.by, "subject": review.subject, "actions": str(len(review.actions))}
    entry = TimelineEntry(look.now, "reviewed", facts)
    return Part(timeline=(entry,)) + _once(look, key, review_note(review))


def _of_others(look: CaseLook) -> Part:
    """The review of the incident of a ticket that does not speak for it."""
    incident = look.view.incident
    if incident is None or incident.leads or incident.review is None:
        return NOTHING
    review = Review.read(incident.review)
    return _once(look, _key(look.view, review.subject, "reviewed"), review_note(review))


def review_note(review: Review) -> MessageRequest:
    """A review as an internal note."""
    actions = (
        ", ".join(filter(None, (each.what, each.who, each.due.isoformat() if each.due else "")))
        for each in review.actions
    )
    facts = {
        "by": review.by,
        "subject": review.subject,
        "happened": review.happened,
        "cause": review.cause,
        "prevention": review.prevention,
        "actions": "\n".join(actions),
    }
    return MessageRequest("review_note", facts, visibility=Visibility.PRIVATE)


def _remind_of_actions(look: CaseLook, rule: ReviewRule, review: Review) -> Part:
    """A notice when an action is due, and again until it is done."""
    part, done = NOTHING, done_actions(look.view.events, review.subject)
    for position, action in enumerate(review.actions):
        due = _due(look, action)
        if position in done or due is None:
            continue
        known = recipients(look.rules.directory, action.who, look.now)
        to = action.who if known else rule.to or _owner(look.view.escalations)
        facts = {"action": str(position), "what": action.what, "who": action.who, "due": due.isoformat()}
        message = _request(look, "review_action", review.subject, rule, ACTION, **facts)
        part += _remind(look, rule, to, message, f"{review.subject} {position}", due)
    return part


def _due(look: CaseLook, action: ReviewAction) -> datetime | None:
    """When an action is due: in the morning of its day."""
    if action.due is None:
        return None
    notices = look.rules.directory.notices
    zone = ZoneInfo(notices.timezone)
    return datetime.combine(action.due, notices.digest_at, zone).astimezone(UTC)


def _once(look: CaseLook, key: str, message: MessageRequest) -> Part:
    """A note in the customer's ticket, unless it is there or the ticket takes none."""
    view, origin = look.view, look.origin
    is_there = origin.presence is Presence.PRESENT and view.absence(origin.ref) is None
    if key in view.intents or not is_there or is_closed_for_good(view, view.origin):
        return NOTHING
    return Part(intents=(KeyedIntent(key, WriteComment(view.origin, Visibility.PRIVATE, message)),))


def _key(view: CaseView, subject: str, what: str) -> str:
    kind, _, number = subject.partition("-")
    if kind == "I":
        time_of = view.incident.time if view.incident is not None else 0
        return keys.OfIncident(int(number), time_of, what).text
    escalation = next(each for each in view.escalations if each.number == int(number))
    ended = next(at for at, each in enumerate(escalation.changes) if each.what is ChangeKind.CLOSED)
    return keys.OfEscalation(escalation.number, ended, what).text

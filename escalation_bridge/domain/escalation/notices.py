"""Notices about an escalation: who has it now hears of it, wherever the person is, and nobody is called for what has ended."""

from datetime import timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseState, CaseView
from escalation_bridge.domain.case.escalations import Change, ChangeKind, Escalation
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.review import done_actions, reviews_in
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.notices.notice import About, Notice
from escalation_bridge.domain.notices.recipients import recipients
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Severity

_GIVEN = (ChangeKind.OPENED, ChangeKind.HANDED_ON, ChangeKind.TAKEN, ChangeKind.RAISED)
_JUST_NOW = timedelta(minutes=5)
"""Changes that are older were recorded before notices were configured."""


def notify_owner(at: Situation) -> Part:
    """Notify who has the open escalation since just now: the person, or the team that has it in its queue."""
    present = at.present
    given = _last_given(present) if present is not None else None
    if present is None or given is None:
        return NOTHING
    position, change = given
    key = keys.OfEscalation(present.number, position, "notice").text
    if key in at.view.intents or at.now - change.at > _JUST_NOW or _is_own_doing(at, change):
        return NOTHING
    owner = present.owner
    to = owner.person if owner.person and recipients(at.directory, owner.person, at.now) else owner.team
    if not recipients(at.directory, to, at.now):
        return NOTHING  # no way is configured; the helpdesk's own notifications have to do
    severity = at.view.classification.severity
    notice = Notify(
        to,
        MessageRequest("escalation_yours", _facts_of_owner(at, present, change)),
        page=severity is Severity.EMERGENCY,
        about=About(escalation=present.number, incident=incident_of(at.view)),
        severity=severity,
    )
    return Part(intents=(KeyedIntent(key, notice),))


def incident_of(view: CaseView) -> str:
    """The incident that the case's ticket belongs to, if it goes on; else empty."""
    incident = view.incident
    return incident.name if incident is not None and incident.ended_at is None else ""


def _last_given(present: Escalation) -> tuple[int, Change] | None:
    """The change by which the present owner has an escalation, and its position."""
    changes = list(enumerate(present.changes))
    return next((each for each in reversed(changes) if each[1].what in _GIVEN), None)


def _is_own_doing(at: Situation, change: Change) -> bool:
    """Whether the person took it: whoever did something need not be told."""
    person = change.owner.person
    return person is not None and bool(change.by) and change.by == at.directory.name_of(person)


def _facts_of_owner(at: Situation, present: Escalation, change: Change) -> dict[str, str]:
    origin = at.origin
    running = [(clock.due, clock) for clock in at.clocks if clock.due is not None and clock.state.is_open]
    due, clock = min(running, key=lambda each: each[0], default=(None, None))
    return {
        "ticket_key": origin.key,
        "ticket_url": origin.url,
        "ticket_subject": origin.subject,
        "team": at.directory.title_of(present.owner.team),
        "person": at.directory.name_of(present.owner.person),
        "customer": origin.requester.name if origin.requester else "",
        "organisation": origin.organisation.name if origin.organisation else "",
        "cause": str(change.cause),
        "by": change.by,
        "summary": present.summary,
        "severity": str(at.view.classification.severity),
        "metric": str(clock.metric) if clock is not None else "",
        "due": due.isoformat() if due is not None else "",
        "missed": "yes" if clock is not None and clock.breached_at is not None else "",
    }


def why_not_wanted(view: CaseView, notice: Notice) -> str | None:
    """Why a notice is not needed any more, as a code of the section `word`; None: it is.

    It may have waited: for the end of quiet hours, for a digest, for a channel that failed.
    """
    if notice.about.review:
        return "done_already" if _is_done(view, notice.about.review) else None
    if view.state is CaseState.CLOSED:
        return "case_closed"
    if notice.about.escalation is not None:
        return _escalation_not_wanted(view, notice, notice.about.escalation)
    if notice.about.metric is not None:
        return _clock_not_wanted(view, notice)
    return None


def _is_done(view: CaseView, asked: str) -> bool:
    """Whether a review is written, or an action of one is done."""
    subject, _, action = asked.partition(" ")
    if action:
        return int(action) in done_actions(view.events, subject)
    return any(review.subject == subject for review in reviews_in(view.events))


def _escalation_not_wanted(view: CaseView, notice: Notice, number: int) -> str | None:
    escalation = next((each for each in view.escalations if each.number == number), None)
    if escalation is None or not escalation.is_open:
        return "escalation_ended"
    if escalation.acknowledged_at is not None and escalation.acknowledged_at >= notice.created_at:
        return "acknowledged"
    has_moved_on = escalation.owned_since > notice.created_at
    is_theirs = notice.recipient.person == escalation.owner.person
    return "somebody_else_has_it" if has_moved_on and not is_theirs else None


def _clock_not_wanted(view: CaseView, notice: Notice) -> str | None:
    about = notice.about
    clock = next(
        (c for c in view.clocks if (c.metric, c.started_at) == (about.metric, about.started_at)), None
    )
    if clock is None or not clock.state.is_open:
        return "target_met"
    acknowledged = (e.at for e in view.events if e.kind is EventKind.ACKNOWLEDGED)
    return "acknowledged" if any(at >= notice.created_at for at in acknowledged) else None

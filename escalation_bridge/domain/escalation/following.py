"""Follow what happens to an open escalation: it ends with its work, people take tickets over by hand, and it grows old."""

from dataclasses import replace
from datetime import timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.escalations import (
    Cause,
    Change,
    ChangeKind,
    Escalation,
    Outcome,
    Owner,
    merged,
)
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.escalating import Request, Situation, escalate, next_level, nobody
from escalation_bridge.domain.escalation.own_writes import is_move, moves, number_of, unsent
from escalation_bridge.domain.escalation.package import field_text
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.teams.team import Place
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Presence, Visibility

_WAITED = timedelta(seconds=1)
"""What is not sent by then waits: for a helpdesk, or for its turn."""


def follow_escalation(at: Situation) -> Part:
    """Bring the open escalation up to date."""
    present = at.present
    if present is None:
        again = _taken_up_again(at)
        return again + _followed(at, again.escalations[-1]) if again.escalations else again
    outcome = _outcome(at, present)
    if outcome is not None:
        return closed(at, present, outcome)
    if _is_overtaken(at, present):
        return closed(at, present, Outcome.WITHDRAWN)
    return _followed(at, present)


def _followed(at: Situation, present: Escalation) -> Part:
    """What others did to an escalation that goes on."""
    part = _acknowledged(at, present)
    present = _after(part, present)
    part += _moved_by_others(at, present)
    part += _without_refused_person(at, _after(part, present))
    part += _pass_filled_fields(at, present)
    return part + _raised(at, _after(part, present))


def closed(at: Situation, present: Escalation, outcome: Outcome, by: str = "", reason: str = "") -> Part:
    """End an escalation, and withdraw its unsent writes."""
    facts = {"outcome": str(outcome), "reason": reason}
    cause = Cause.BY_HAND if by else Cause.EXTERNAL
    change = Change(at.now, ChangeKind.CLOSED, present.owner, by, cause, facts)
    entry = TimelineEntry(
        at.now,
        "escalation_closed",
        {**facts, "team": at.directory.title_of(present.owner.team), "by": by},
    )
    return Part(
        escalations=(present.changed(change, outcome=outcome),),
        timeline=(entry,),
        withdrawn=tuple(record.key for record in unsent(at.view, present)),
    )


def _after(part: Part, present: Escalation) -> Escalation:
    return part.escalations[-1] if part.escalations else present


# --- how it ends --------------------------------------------------------------------------------------------------------


def _outcome(at: Situation, present: Escalation) -> Outcome | None:
    """How an escalation has ended; None: it goes on."""
    view, origin = at.view, at.origin
    if origin.presence is not Presence.PRESENT or origin.ref in view.gone:
        return Outcome.GONE
    if origin.status.kind.done:
        return Outcome.SOLVED
    if present.route is None or present.route not in at.rules.routes:
        return None
    if at.rules.routes[present.route].linked != present.owner.team and not _has_route(at, present):
        return None  # it was handed on within the customer's helpdesk since
    if _is_being_created(at, present):
        return None
    linked = [link for link in view.links if link.route == present.route]
    if not linked:
        return Outcome.WITHDRAWN if _was_withdrawn(at, present) else Outcome.UNLINKED
    tickets = [view.tickets.get(link.linked) for link in linked]
    is_done = all(ticket is not None and ticket.status.kind.done for ticket in tickets)
    return Outcome.RETURNED if is_done else None


def _has_route(at: Situation, present: Escalation) -> bool:
    team = at.directory.teams.get(present.owner.team)
    return team is not None and present.route in team.routes


def _is_being_created(at: Situation, present: Escalation) -> bool:
    """Whether its linked ticket does not exist yet: decided in this look, outstanding, or given up for now."""
    waiting = (IntentState.PENDING, IntentState.SENT, IntentState.FAILED)
    stored = (record.intent for record in at.view.intents.values() if record.state in waiting)
    intents = (*stored, *(keyed.intent for keyed in at.decided))
    return any(intent.escalates_along == present.route for intent in intents)


def _was_withdrawn(at: Situation, present: Escalation) -> bool:
    """Whether its linked ticket was never created, because the target was met before."""
    created = [r for r in at.view.intents.values() if r.intent.escalates_along == present.route]
    return bool(created) and created[-1].state is IntentState.CANCELLED


def _is_overtaken(at: Situation, present: Escalation) -> bool:
    """Whether the target of an escalation was met before any of its writes was sent, as while a helpdesk is down."""
    first = present.changes[0]
    metric = first.facts.get("metric")  # the target of a late hand-off is no clock of the customer's
    if len(present.changes) > 1 or first.cause is not Cause.SLA or metric is None:
        return False
    if at.now - first.at < _WAITED:
        return False
    if any(str(clock.metric) == metric and clock.state.is_open for clock in at.clocks):
        return False
    own = [record for key, record in at.view.intents.items() if number_of(key) == present.number]
    return bool(own) and all(record.state is IntentState.PENDING for record in own)


def _taken_up_again(at: Situation) -> Part:
    """Its team has the case again: somebody reopened the linked ticket of an escalation that had come back, or the
    customer's ticket is there again, after it was marked as spam or deleted by mistake.
    """
    last = at.view.escalations[-1] if at.view.escalations else None
    if last is None:
        return NOTHING
    if last.outcome is Outcome.RETURNED:
        linked = [at.view.tickets.get(link.linked) for link in at.view.links if link.route == last.route]
        if not any(ticket is not None and not ticket.status.kind.done for ticket in linked):
            return NOTHING
        owner, before = Owner(last.owner.team), None
    elif last.outcome is Outcome.GONE:
        owner, before = last.owner, last.from_team
    else:
        return NOTHING
    change = Change(at.now, ChangeKind.OPENED, owner, cause=Cause.EXTERNAL)
    number = last.number + 1
    again = replace(
        last, number=number, cause=Cause.EXTERNAL, changes=(change,), outcome=None, from_team=before
    )
    if _outcome(at, again) is not None:
        return NOTHING  # what it was about has ended meanwhile
    facts = {
        "team": at.directory.title_of(owner.team),
        "person": at.directory.name_of(owner.person),
        "from_team": "",
        "cause": str(Cause.EXTERNAL),
        "by": "",
    }
    entry = TimelineEntry(at.now, "escalated_to_team", facts)
    return Part(escalations=(again,), timeline=(entry,))


# --- what people do by hand ---------------------------------------------------------------------------------------------


def _acknowledged(at: Situation, present: Escalation) -> Part:
    """Note an acknowledgement that came since the present owner has it."""
    if present.acknowledged_at is not None:
        return NOTHING
    since = present.handed_on_at or present.opened_at
    events = [e for e in at.view.events if e.kind is EventKind.ACKNOWLEDGED and since <= e.at <= at.now]
    if not events:
        return NOTHING
    last = events[-1]
    change = Change(last.at, ChangeKind.ACKNOWLEDGED, present.owner, "".join(last.choice[:1]))
    return Part(escalations=(present.changed(change),))


def _moved_by_others(at: Situation, present: Escalation) -> Part:
    """Somebody moved the ticket to another team, or took it, in the helpdesk itself: the record follows."""
    directory, origin = at.directory, at.origin
    team = directory.teams.get(present.owner.team)
    place = team.place_at(origin.ref.connection) if team is not None else None
    if place is None or not _has_arrived(at, present, place):
        return NOTHING
    holding = directory.team_holding(origin)
    if holding is not None and holding.name != present.owner.team and not place.holds(origin):
        member = holding.member(origin.assignee, origin.ref.connection) if origin.assignee else None
        owner = Owner(holding.name, member.email if member else None)
        change = Change(at.now, ChangeKind.HANDED_ON, owner, cause=Cause.EXTERNAL)
        facts = {
            "team": holding.title,
            "person": member.name if member else "",
            "from_team": directory.title_of(present.owner.team),
            "cause": str(Cause.EXTERNAL),
            "by": "",
        }
        entry = TimelineEntry(at.now, "handed_on", facts)
        return Part(escalations=(present.changed(change),), timeline=(entry,))
    if holding is None or holding.name != present.owner.team or origin.assignee is None:
        return NOTHING
    member = holding.member(origin.assignee, origin.ref.connection)
    if member is None or member.email == present.owner.person:
        return NOTHING
    change = Change(at.now, ChangeKind.TAKEN, Owner(holding.name, member.email), cause=Cause.EXTERNAL)
    entry = TimelineEntry(at.now, "escalation_taken", {"person": member.name, "by": ""})
    return Part(escalations=(present.changed(change),), timeline=(entry,))


def _has_arrived(at: Situation, present: Escalation, place: Place) -> bool:
    """Whether the bridge's own last move of the ticket was carried out: what differs since is somebody else's doing.

    While the ticket cannot be read, nothing is known of it.
    """
    origin = at.origin
    if origin.ref in at.view.unread or any(is_move(keyed.key, present) for keyed in at.decided):
        return False
    own = moves(at.view, present)
    if any(record.state is not IntentState.DONE for record in own):
        return False
    return bool(own) or place.holds(origin) or _was_there(present)


def _was_there(present: Escalation) -> bool:
    """Whether somebody else moved it there: then there is no move of the bridge's own."""
    last = next(
        (c for c in reversed(present.changes) if c.what in (ChangeKind.HANDED_ON, ChangeKind.TAKEN)), None
    )
    return last is not None and last.cause is Cause.EXTERNAL


# --- fields that were missing -------------------------------------------------------------------------------------------


def _pass_filled_fields(at: Situation, present: Escalation) -> Part:
    """Pass on fields that the team of the linked ticket needs, and that were empty when the case was handed over."""
    part = NOTHING
    for key, record in at.view.intents.items():
        package = record.intent.says.package if record.intent.says is not None else None
        linked = record.intent.written_to
        if number_of(key) != present.number or package is None or linked in (None, at.origin.ref):
            continue
        for each in package.missing_fields:
            value = field_text(at.origin, each.name)
            passed = keys.OfEscalation(present.number, 0, f"field {each.name}").text
            if value and passed not in at.view.intents and linked is not None:
                message = MessageRequest(
                    "package_field", {"name": each.value, "value": value}, visibility=Visibility.PRIVATE
                )
                part += Part(
                    intents=(KeyedIntent(passed, WriteComment(linked, Visibility.PRIVATE, message)),)
                )
    return part


# --- a refused person ---------------------------------------------------------------------------------------------------


def _without_refused_person(at: Situation, present: Escalation) -> Part:
    """If the helpdesk refuses the assignee, move the ticket to the team without one."""
    if present.owner.person is None:
        return NOTHING
    failed = [record for record in moves(at.view, present) if record.state is IntentState.FAILED]
    if not failed:
        return NOTHING
    intent = failed[-1].intent
    if not isinstance(intent, ChangeTicket) or not intent.change.assignee:
        return NOTHING
    person = at.directory.name_of(present.owner.person)
    facts = {"person": person, "error": failed[-1].error or ""}
    change = Change(at.now, ChangeKind.UNASSIGNED, Owner(present.owner.team), facts=facts)
    escalation = present.changed(change)
    key = keys.OfEscalation(escalation.number, len(escalation.changes) - 1, "move").text
    again = replace(intent, change=replace(intent.change, assignee=nobody(at.origin)))
    return Part(
        escalations=(escalation,),
        intents=(KeyedIntent(key, again),),
        withdrawn=tuple(record.key for record in failed),
        timeline=(TimelineEntry(at.now, "escalation_unassigned", facts),),
    )


# --- age ----------------------------------------------------------------------------------------------------------------


def _raised(at: Situation, present: Escalation) -> Part:
    """An escalation that is open for too long goes to the next level, once."""
    days = at.directory.discipline.raise_after_days
    if not at.directory.teams or any(change.what is ChangeKind.RAISED for change in present.changes):
        return NOTHING
    due = present.opened_at + timedelta(days=days)
    if at.now < due:
        return Part(wake_at=(due,))
    facts = {"days": str(days)}
    change = Change(at.now, ChangeKind.RAISED, present.owner, cause=Cause.AGE, facts=facts)
    escalation = present.changed(change)
    entry = TimelineEntry(
        at.now, "escalation_raised", {**facts, "team": at.directory.title_of(present.owner.team)}
    )
    part = Part(escalations=(escalation,), timeline=(entry,))
    team = next_level(at)
    if team is None:
        return part
    view = replace(at.view, escalations=merged(at.view.escalations, (escalation,)))
    request = Request(Cause.AGE, to_team=team, facts=facts, is_lead=True)
    return part + escalate(replace(at, view=view), request)

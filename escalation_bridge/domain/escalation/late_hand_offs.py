"""Targets of hand-offs: a linked ticket's team gets a note if its hand-off is late."""

from dataclasses import replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Rules, TimelineEntry
from escalation_bridge.domain.case.escalations import Cause
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import with_part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.case_hand_offs import case_hand_offs, linked_tickets
from escalation_bridge.domain.escalation.escalating import (
    NEXT_LEVEL,
    Request,
    Situation,
    escalate,
    next_level,
)
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.hand_offs import HandOffClock, compute_hand_off_clocks
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

_FACT = "late_hand_off"
_BEGUN = timedelta(seconds=2)
"""Hand-offs are counted in whole seconds."""


def hand_off_clocks(view: CaseView, rules: Rules, now: datetime) -> tuple[HandOffClock, ...]:
    """The clocks of the hand-offs for which a route has a target."""
    targets = {
        link.id: route.hand_off
        for link in view.links
        if (route := rules.routes.get(link.route)) and route.hand_off
    }
    if not targets:
        return ()
    hand_offs = case_hand_offs(view, now, view.linked_events)
    return compute_hand_off_clocks(hand_offs, linked_tickets(view, view.linked_events), targets)


def watch_hand_offs(at: Situation) -> Part:
    """Write a note for the team whose hand-off is over its target, once, and climb the ladder of the late hand-off.

    It wakes again when the next one is due.
    """
    view, rules, now = at.view, at.rules, at.now
    tickets = {link.id: link.linked for link in view.links}
    part = NOTHING
    for clock in hand_off_clocks(view, rules, now):
        key = keys.HandOffOver(clock.link).text
        if clock.state is ClockState.PAUSED and clock.started_at + _BEGUN > now:
            # A hand-off of no length yet belongs to nobody. The echo of the new ticket wakes nobody, either.
            part += Part(wake_at=(clock.started_at + _BEGUN,))
        if clock.state is ClockState.RUNNING and clock.due is not None and clock.due >= now:
            part += Part(wake_at=(clock.due + timedelta(seconds=1),))
        elif clock.state is ClockState.RUNNING and key not in view.intents:
            ref = tickets[clock.link]
            facts = {"target_seconds": str(clock.target_seconds), "connection": ref.connection}
            message = MessageRequest("leg_over", facts, visibility=Visibility.PRIVATE)
            part += Part(
                intents=(KeyedIntent(key, WriteComment(ref, Visibility.PRIVATE, message)),),
                timeline=(TimelineEntry(now, "leg_over", facts),),
            )
        if clock.state is ClockState.RUNNING and clock.due is not None:
            part += _climb(at, clock, clock.due)
    return part


def _climb(at: Situation, clock: HandOffClock, due: datetime) -> Part:
    """Escalate by the steps that are due and were not carried out, in order."""
    part = NOTHING
    link = next(link for link in at.view.links if link.id == clock.link)
    target = at.rules.routes[link.route].hand_off
    for number, step in enumerate(target.late if target is not None else ()):
        name = f"{link.id} {number}"
        if target is None or _was_climbed(at, name):
            continue
        reached = target.calendar.due(due, step.after_seconds)
        if reached >= at.now:
            return part + Part(wake_at=(reached + timedelta(seconds=1),))
        team = next_level(at) if step.to == NEXT_LEVEL else step.to
        if team is None or team not in at.directory.teams:
            continue
        facts = {_FACT: name, "connection": link.linked.connection}
        done = escalate(at, Request(Cause.SLA, to_team=team, facts=facts))
        if done.escalations:
            part += done
            at = replace(at, view=with_part(at.view, done), decided=(*at.decided, *done.intents))
    return part


def _was_climbed(at: Situation, name: str) -> bool:
    changes = (change for each in at.view.escalations for change in each.changes)
    return any(change.facts.get(_FACT) == name for change in changes)

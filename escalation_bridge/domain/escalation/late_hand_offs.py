"""Targets of hand-offs: a linked ticket's team gets a note if its hand-off is late."""

from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Rules, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.case_hand_offs import case_hand_offs, linked_tickets
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.hand_offs import HandOffClock, compute_hand_off_clocks
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


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


def watch_hand_offs(view: CaseView, rules: Rules, now: datetime) -> Part:
    """Write a note for the team whose hand-off is over its target, once; wake again when the next one is due."""
    tickets = {link.id: link.linked for link in view.links}
    part = NOTHING
    for clock in hand_off_clocks(view, rules, now):
        key = keys.LegOver(clock.link).text
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
    return part

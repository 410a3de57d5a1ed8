"""The team behind a linked ticket has promised something too: when its leg takes too long, those who hold the ball are told."""

from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Rules, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes import WriteComment
from escalation_bridge.domain.escalation.case_legs import case_legs, linked_tickets
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.legs import LegClock, compute_leg_clocks
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


def leg_clocks(view: CaseView, rules: Rules, now: datetime) -> tuple[LegClock, ...]:
    """The clocks of the legs for which a route promises something."""
    targets = {
        link.id: route.leg for link in view.links if (route := rules.routes.get(link.route)) and route.leg
    }
    if not targets:
        return ()
    legs = case_legs(view, now, view.linked_events)
    return compute_leg_clocks(legs, linked_tickets(view, view.linked_events), targets)


def watch_legs(view: CaseView, rules: Rules, now: datetime) -> Part:
    """Tell the team whose leg is over its target, once; look again when the next one is due."""
    tickets = {link.id: link.linked for link in view.links}
    part = NOTHING
    for clock in leg_clocks(view, rules, now):
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

"""A case after a decision was recorded: the store saves it, and the round continues with it."""

from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Decision
from escalation_bridge.domain.case.escalations import merged
from escalation_bridge.domain.case.write_records import IntentState, as_retried, new_record
from escalation_bridge.domain.sla.events import order


def as_recorded(view: CaseView, decision: Decision, bridge_id: str, now: datetime) -> CaseView:
    """Apply a decision to its case.

    Args:
        view: The case before the decision.
        decision: The decision.
        bridge_id: The bridge's own id, for the writes' tokens.
        now: When it was recorded.
    """
    intents = dict(view.intents)
    for key in decision.retried:
        intents[key] = as_retried(intents[key])
    for key in decision.withdrawn:
        if intents[key].state is not IntentState.DONE:
            intents[key] = replace(intents[key], state=IntentState.CANCELLED)
    for keyed in decision.revised:
        intents[keyed.key] = replace(
            intents[keyed.key], intent=keyed.intent, next_attempt_at=keyed.not_before
        )
    for keyed in decision.intents:
        intents[keyed.key] = new_record(bridge_id, view.id, keyed, now)
    links = {link.id: link for link in (*view.links, *decision.links)}
    return replace(
        view,
        state=decision.state,
        clocks=decision.clocks,
        links=tuple(link for link in links.values() if link.ended is None),
        fired=view.fired + decision.fired,
        events=order((*view.events, *decision.happened)),
        promised=decision.promised,
        intents=intents,
        escalations=merged(view.escalations, decision.escalations),
        workload=None,
        classification=decision.corrections[-1].after if decision.corrections else view.classification,
    )

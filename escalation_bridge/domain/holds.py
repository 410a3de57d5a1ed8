"""A link that is on hold: not written to until somebody looks, and both tickets say why."""

from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.cases import CaseView, Hold, Link, TimelineEntry
from escalation_bridge.domain.intent_records import KeyedIntent
from escalation_bridge.domain.intents import WriteComment
from escalation_bridge.domain.messages import MessageRequest
from escalation_bridge.domain.parts import NOTHING, Part
from escalation_bridge.domain.tickets import Visibility


def hold_link(view: CaseView, link: Link, hold: Hold) -> Part:
    """Hold a link; both tickets' agents are told, once for each cause."""
    if link.hold is not None and (link.hold.reason, link.hold.facts) == (hold.reason, hold.facts):
        return NOTHING
    held = replace(link, edges=link.edges + 1, hold=hold)
    told = [ref for ref in (link.origin, link.linked) if view.absence(ref) is None]
    notes = tuple(
        KeyedIntent(
            f"hold:{link.id}:{held.edges}:{ref}",
            WriteComment(
                ref,
                Visibility.PRIVATE,
                MessageRequest(hold.reason, hold.facts, visibility=Visibility.PRIVATE),
            ),
        )
        for ref in told
    )
    return Part(
        intents=notes, links=(held,), timeline=(TimelineEntry(hold.since, f"held_{hold.reason}", hold.facts),)
    )


def release_link(link: Link, now: datetime) -> Part:
    if link.hold is None:
        return NOTHING
    return Part(
        links=(replace(link, hold=None, chosen=None),),
        timeline=(TimelineEntry(now, "released", {"reason": link.hold.reason}),),
    )

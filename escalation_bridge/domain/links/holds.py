"""Links on hold: not written to until a person checks, with a note in both tickets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Hold, Link, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


def hold_link(view: CaseView, link: Link, hold: Hold) -> Part:
    """Put a link on hold; both tickets' agents are notified, once per cause."""
    if link.hold is not None and (link.hold.reason, link.hold.facts) == (hold.reason, hold.facts):
        return NOTHING
    held = replace(link, edges=link.edges + 1, hold=hold)
    readers = [ref for ref in (link.origin, link.linked) if view.absence(ref) is None]
    notes = tuple(
        KeyedIntent(
            keys.OnHold(link.id, held.edges, ref).text,
            WriteComment(
                ref,
                Visibility.PRIVATE,
                MessageRequest(hold.reason, hold.facts, visibility=Visibility.PRIVATE),
            ),
        )
        for ref in readers
    )
    return Part(
        intents=notes, links=(held,), timeline=(TimelineEntry(hold.since, f"held_{hold.reason}", hold.facts),)
    )


def withdraw_outdated_notes(view: CaseView, links: Iterable[Link]) -> Part:
    """Withdraw unsent notes about a hold that no longer exists.

    Args:
        view: The case.
        links: Its links, as they are from now on.
    """
    present = [
        (kind, link.id, hold.reason, hold.facts)
        for link in links
        for kind, hold in ((keys.OnHold, link.hold), *_fields_on_hold(link))
        if hold is not None
    ]
    return Part(
        withdrawn=tuple(
            key
            for key, record in view.intents.items()
            if (of := keys.OnHold.read(key) or keys.FieldOnHold.read(key)) is not None
            and (note := record.intent.says) is not None
            and (record.state.outstanding or record.state is IntentState.FAILED)
            and (type(of), of.link, note.template, note.facts) not in present
        )
    )


def _fields_on_hold(link: Link) -> Iterator[tuple[type[keys.Key], Hold | None]]:
    return ((keys.FieldOnHold, state.hold) for state in link.fields.values())


def release_link(link: Link, now: datetime) -> Part:
    if link.hold is None:
        return NOTHING
    return Part(
        links=(replace(link, hold=None, chosen=None),),
        timeline=(TimelineEntry(now, "released", {"reason": link.hold.reason}),),
    )

"""Write changed fields, all of one ticket at once, and record the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, FieldState, Link, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write import FieldEdge, FieldSettlement
from escalation_bridge.domain.case.write_records import IntentRecord, KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.fields.rule import FieldRule
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange


@dataclass(frozen=True, slots=True)
class Carried:
    """A change of a field to copy.

    Attributes:
        source: The side that changed.
        seen: Its value there, for people.
        alone: Whether it needs a separate write, because it was refused together with others and may not be the cause.
    """

    rule: FieldRule
    source: Side
    edge: FieldEdge
    seen: str
    alone: bool


def last_write(view: CaseView, link: Link, key: str) -> IntentRecord | None:
    """The last write of a field, in any state."""
    found = None
    for record in view.intents.values():
        settles = record.intent.fields_settled
        if settles is not None and settles.link == link.id and key in settles.fields:
            found = record
    return found


def write_fields(
    link: Link, tickets: Mapping[Side, Ticket], carried: Sequence[Carried], now: datetime
) -> Part:
    """One batched write per ticket, with all its fields, because vendors count writes."""
    part = NOTHING
    for side in Side:
        mine = _one_person_a_write([each for each in carried if each.source is side])
        together = [each for each in mine if not each.alone]
        groups = [together] if together else []
        groups += [[each] for each in mine if each.alone]
        for group in groups:
            part += _write(link, tickets, side, group, now)
    return part


def _one_person_a_write(carried: Sequence[Carried]) -> Sequence[Carried]:
    """Each field about people but the first in a write of its own: a refusal does not say which person is unknown."""
    people = [each for each in carried if each.rule.names_people and not each.alone]
    return [replace(each, alone=True) if each in people[1:] else each for each in carried]


def _write(
    link: Link, tickets: Mapping[Side, Ticket], source: Side, group: Sequence[Carried], now: datetime
) -> Part:
    target = tickets[source.other]
    change = TicketChange()
    for each in group:
        change = change.joined(each.rule.change(source.other, each.edge.wish, target))
    settles = FieldSettlement(link.id, source, {each.rule.key: each.edge for each in group})
    alone = group[0].rule.key if group[0].alone else None
    key = keys.Fields(link.id, link.edges + 1, source.other, alone)
    intent = ChangeTicket(target.ref, change, follows=True, settles_fields=settles)
    facts = {
        "from_key": tickets[source].key,
        "to_key": target.key,
        "fields": ", ".join(_summary(each) for each in group),
    }
    return Part(
        intents=(KeyedIntent(key.text, intent),), timeline=(TimelineEntry(now, "fields_carried_over", facts),)
    )


def _summary(carried: Carried) -> str:
    name = str(carried.rule.name)
    if carried.rule.forgets:
        return name if carried.edge.wish else f"no {name}"
    return f"{name} {carried.seen}" if carried.rule.shows_values else name


def after_fields(
    view: CaseView, record: IntentRecord, changed: Ticket, routes: Mapping[str, Route]
) -> Link | None:
    """The link after its fields were written: both sides count as in sync at the written ticket's values.

    Vendors normalize what they store, so the answer counts and not the request.
    """
    found = _link_of(view, record)
    if found is None:
        return None
    link, settles = found
    route = routes.get(link.route)
    tickets = {side: view.tickets.get(link.ticket(side)) for side in Side} | {settles.source.other: changed}
    origin, linked = tickets[Side.ORIGIN], tickets[Side.LINKED]
    if route is None or route.synced is None or origin is None or linked is None:
        return None
    severity = view.classification.severity
    states = dict(link.fields)
    for rule in route.synced.rules(origin, linked, link.fields):
        edge = settles.fields.get(rule.key)
        if edge is not None:
            shown = rule.shown(settles.source.other, changed, severity)
            values = {settles.source: edge.source_value, settles.source.other: shown.text}
            states[rule.key] = FieldState(values)
            if rule.forgets and not any(values.values()):
                del states[rule.key]
    return replace(link, fields=states)


def after_unknown_person(view: CaseView, record: IntentRecord, routes: Mapping[str, Route]) -> Link | None:
    """The link after a vendor did not know a person: that name is not tried again. None: the write names nobody."""
    found = _link_of(view, record)
    route = routes.get(found[0].route) if found else None
    if found is None or route is None or route.synced is None:
        return None
    link, settles = found
    for rule in route.synced.single:
        edge, state = settles.fields.get(rule.key), link.fields.get(rule.key)
        if rule.names_people and edge is not None and state is not None:
            unknown = replace(state, unknown=(*state.unknown, edge.wish))
            return replace(link, fields={**link.fields, rule.key: unknown})
    return None


def _link_of(view: CaseView, record: IntentRecord) -> tuple[Link, FieldSettlement] | None:
    settles = record.intent.fields_settled
    link = next((link for link in view.links if settles and link.id == settles.link), None)
    return (link, settles) if link and settles else None

"""Keep the fields of a link in sync, by edges like the status: priority, severity, assignee, tags, custom fields.

A link stores for each field the values at which both sides were last in sync. A side has *changed* if it shows another one.
Fields are independent: one that is on hold does not block the others, the status or comments.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, FieldState, Hold, Link, TimelineEntry
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write import FieldEdge, FieldSettlement
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.routes.fields.rule import FieldRule
from escalation_bridge.domain.routes.fields.values import Shown
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped
from escalation_bridge.domain.sync.fields.holds import (
    conflict_of,
    hold_field,
    refused_of,
    release_field,
    unmapped_of,
)
from escalation_bridge.domain.sync.fields.writing import Carried, last_write, write_fields
from escalation_bridge.domain.tickets.tickets import Severity, Ticket


def begin_fields(view: CaseView, link: Link, route: Route) -> Part:
    """Begin to sync the fields of a new link.

    The origin's values are copied as if they had just been set; without a value, the linked ticket stays as it
    was created. Two tickets that were linked by hand both keep their values.
    """
    look = _look(view, link, route)
    if look is None or look.link.fields:
        return NOTHING
    states = {rule.key: look.begun(rule) for rule in look.rules if not rule.forgets}
    theirs = {rule.key: look.begun(rule) for rule in look.rules if rule.forgets}
    present = {key: state for key, state in theirs.items() if any(state.values.values())}
    return Part(links=(replace(link, fields={**states, **present, **look.mark()}),))


def sync_fields(view: CaseView, link: Link, route: Route, now: datetime) -> Part:
    """Copy changes, record those that change nothing, and put single fields on hold."""
    look = _look(view, link, route)
    if look is None or _is_held_as_a_whole(link):
        return NOTHING
    known = look.known_fields()
    part, carried, noted = NOTHING, list[Carried](), list[FieldRule]()
    look = replace(look, link=replace(link, fields=known))
    for rule in look.rules:
        outcome = look.outcome(rule, now)
        match outcome:
            case None:
                continue
            case Carried():
                carried.append(outcome)
                known = {**known, rule.key: replace(look.state(rule), hold=None)}
                part += _replaced_person(look, outcome, now)
            case Hold():
                part += hold_field(look.link, rule, outcome)
                known = {**known, rule.key: _with_hold(look.state(rule), outcome)}
            case _Released():
                part += release_field(look.link, rule, now)
                known = {**known, rule.key: replace(look.state(rule), hold=None, chosen=None)}
            case _Noted():
                noted.append(rule)
                part += _unknown_person(look, outcome, now)
                known = _with_noted(known, rule, outcome.values)
    part += write_fields(look.link, look.tickets, carried, now) + _note(noted, now)
    if known == link.fields and not carried:
        return part
    edges = link.edges + (1 if part.intents or noted else 0)
    return part + Part(links=(replace(link, fields=known, edges=edges),))


def withdraw_overtaken_fields(view: CaseView, routes: Mapping[str, Route]) -> Part:
    """Withdraw waiting writes of fields if either ticket changed meanwhile (race)."""
    links = {link.id: link for link in view.links}
    overtaken: list[str] = []
    for record in view.intents.values():
        settles = record.intent.fields_settled
        if settles is None or not record.state.outstanding or not record.failures:
            continue
        link = links.get(settles.link)
        route = routes.get(link.route) if link else None
        look = _look(view, link, route) if link and route else None
        if look is not None and look.overtakes(record, settles):
            overtaken.append(record.key)
    return Part(withdrawn=tuple(overtaken))


@dataclass(frozen=True, slots=True)
class _Noted:
    """A change that needs no write. `nobody`: people without a counterpart, by name."""

    values: Mapping[Side, str]
    nobody: str = ""


@dataclass(frozen=True, slots=True)
class _Released:
    """A field that was on hold and is released."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The input of the rules about a link's fields."""

    view: CaseView
    link: Link
    route: Route
    tickets: Mapping[Side, Ticket]
    rules: tuple[FieldRule, ...]

    @property
    def severity(self) -> Severity:
        return self.view.classification.severity

    def shown(self, rule: FieldRule) -> dict[Side, Shown]:
        return {side: rule.shown(side, self.tickets[side], self.severity) for side in Side}

    def state(self, rule: FieldRule) -> FieldState:
        """The sync state of a field; an unknown tag was on neither ticket."""
        return self.link.fields.get(rule.key, FieldState(dict.fromkeys(Side, "")))

    def mark(self) -> dict[str, FieldState]:
        """Which families of fields are synced at all."""
        families = self.route.synced.families if self.route.synced else ()
        return {family.key: FieldState() for family in families}

    def begun(self, rule: FieldRule) -> FieldState:
        """The state of a new link's field: the origin's value still has to be copied."""
        if self.link.by_hand or not rule.direction.carries(Side.ORIGIN):
            return self.joined(rule)
        return FieldState({**self.joined(rule).values, Side.ORIGIN: ""})

    def joined(self, rule: FieldRule) -> FieldState:
        """The state of a field that was configured after the link was created: both sides keep their values."""
        return FieldState({side: shown.text for side, shown in self.shown(rule).items()})

    def known_fields(self) -> Mapping[str, FieldState]:
        """The stored states, without fields that are no longer configured, and with new ones."""
        marks, keys = self.mark(), {rule.key for rule in self.rules}
        kept = {key: state for key, state in self.link.fields.items() if key in keys | marks.keys()}
        fresh = marks.keys() - kept.keys()
        new = [(rule, self.joined(rule)) for rule in self.rules if rule.key not in kept]
        begun = {
            rule.key: state
            for rule, state in new
            if not rule.forgets or (rule.family in fresh and any(state.values.values()))
        }
        return {**kept, **begun, **marks}

    # --- one field --------------------------------------------------------------------------------------------------

    def outcome(self, rule: FieldRule, now: datetime) -> Carried | _Noted | _Released | Hold | None:
        """Decide about a field; None: nothing new."""
        last = last_write(self.view, self.link, rule.key)
        if last is not None and last.state.outstanding:
            return None
        state, shown = self.state(rule), self.shown(rule)
        changed = [side for side in Side if shown[side].text != state.values.get(side)]
        if not changed:
            return _Released() if state.hold is not None else None
        wishes = {side: self._wish(rule, side, shown[side], state) for side in changed}
        unmapped = next((side for side, wish in wishes.items() if wish is Unmapped.UNMAPPED), None)
        values = {side: each.text for side, each in shown.items()}
        if unmapped is not None and not rule.names_people:
            return self._held(state, unmapped_of(rule, unmapped, shown[unmapped], self.route, now))
        telling = {
            side: wish
            for side, wish in wishes.items()
            if not isinstance(wish, Keep | Unmapped) and not rule.is_met(side.other, shown[side.other], wish)
        }
        if len(telling) > 1:
            winner = _chosen(state, last, rule.key, _edges_of(telling, values)) or rule.owner
            if winner is None:
                return self._held(state, conflict_of(rule, shown, now))
            telling = {winner: telling[winner]}
        if not telling:
            return _Noted(values, "" if unmapped is None else shown[unmapped].seen)
        ((side, wish),) = telling.items()
        edge = FieldEdge(values[side], values[side.other], wish)
        refused = _refused(last, rule.key, side, edge)
        if refused and last is not None and len(_edges(last)) == 1:
            return self._held(state, refused_of(rule, self.tickets[side.other], wish, last.error or "", now))
        return Carried(rule, side, edge, shown[side].seen, alone=refused)

    def overtakes(self, record: IntentRecord, settles: FieldSettlement) -> bool:
        """Whether the tickets changed since a write of fields was decided.

        A write with an unknown or partial outcome is verified first, whatever its source shows by now: otherwise it would
        count as a person's change.
        """
        source, target = settles.source, settles.source.other
        rules = [rule for rule in self.rules if rule.key in settles.fields]
        looks = [(rule, self.shown(rule), settles.fields[rule.key]) for rule in rules]
        unmet = [
            (shown, edge) for rule, shown, edge in looks if not rule.is_met(target, shown[target], edge.wish)
        ]
        may_be_done = record.state is IntentState.SENT or len(unmet) < len(looks)
        return any(
            shown[target].text != edge.target_value
            or (shown[source].text != edge.source_value and not may_be_done)
            for shown, edge in unmet
        )

    def _wish(self, rule: FieldRule, side: Side, shown: Shown, state: FieldState) -> str | Keep | Unmapped:
        if not rule.direction.carries(side) or self._is_the_customers_own(rule, side):
            return Keep.KEEP
        return rule.wish(side, shown, state.unknown)

    def _is_the_customers_own(self, rule: FieldRule, side: Side) -> bool:
        """Whether the linked ticket is shared, and the field must not be copied from one customer's ticket to the
        next.

        What it shows may be another customer's. Its priority is that of the most urgent of them, which is seen to elsewhere.
        """
        shared = bool(self.view.siblings.get(self.link.id))
        return shared and (side is Side.LINKED or rule.is_settled_for_all)

    def _held(self, state: FieldState, hold: Hold) -> Hold | None:
        """A hold, unless the field has the same one already."""
        held = state.hold
        return None if held is not None and (held.reason, held.facts) == (hold.reason, hold.facts) else hold


def _look(view: CaseView, link: Link, route: Route) -> _Look | None:
    """None if nothing is synced, or one of the tickets is unknown or gone."""
    origin, linked = view.tickets.get(link.origin), view.tickets.get(link.linked)
    if not (route.synced or link.fields) or origin is None or linked is None:
        return None
    if any(view.absence(ref) is not None for ref in (link.origin, link.linked)):
        return None
    rules = route.synced.rules(origin, linked, link.fields) if route.synced else ()
    return _Look(view, link, route, {Side.ORIGIN: origin, Side.LINKED: linked}, rules)


def _is_held_as_a_whole(link: Link) -> bool:
    """A hold of the statuses alone does not block fields; any other one does, and so does the end of the link."""
    if link.ended is not None:
        return True
    return link.hold is not None and not link.hold.reason.is_of_status


def _with_hold(state: FieldState, hold: Hold) -> FieldState:
    """A field that is put on hold. Only what a vendor refused is still decided by an earlier choice."""
    return replace(state, hold=hold, chosen=state.chosen if hold.reason.is_refusal else None)


def _edges_of(telling: Mapping[Side, str], values: Mapping[Side, str]) -> Mapping[Side, FieldEdge]:
    """By side, the change that would be copied from it."""
    return {side: FieldEdge(values[side], values[side.other], wish) for side, wish in telling.items()}


def _chosen(
    state: FieldState, last: IntentRecord | None, key: str, edges: Mapping[Side, FieldEdge]
) -> Side | None:
    """The side that a person chose, if both tickets still show what the choice was about.

    Once it was written, the write shows what that was. If the vendor refused it, the choice still holds.
    """
    if state.chosen is None or (state.hold is not None and state.hold.reason.is_conflict):
        return state.chosen
    settles = last.intent.fields_settled if last is not None else None
    is_same = (
        settles is not None
        and settles.source is state.chosen
        and settles.fields.get(key) == edges[state.chosen]
    )
    return state.chosen if is_same else None


def _edges(record: IntentRecord) -> Mapping[str, FieldEdge]:
    settles = record.intent.fields_settled
    return settles.fields if settles else {}


def _refused(last: IntentRecord | None, key: str, source: Side, edge: FieldEdge) -> bool:
    """Whether the same change was refused, alone or together with other fields, which may be the cause."""
    if last is None or last.state is not IntentState.FAILED:
        return False
    settles = last.intent.fields_settled
    return settles is not None and settles.source is source and settles.fields.get(key) == edge


def _with_noted(
    known: Mapping[str, FieldState], rule: FieldRule, values: Mapping[Side, str]
) -> Mapping[str, FieldState]:
    if rule.forgets and not any(values.values()):
        return {key: state for key, state in known.items() if key != rule.key}
    return {**known, rule.key: FieldState(values)}


def _note(noted: Iterable[FieldRule], now: datetime) -> Part:
    names = ", ".join(str(rule.name) for rule in noted)
    return Part(timeline=(TimelineEntry(now, "fields_noted", {"fields": names}),)) if names else NOTHING


def _replaced_person(look: _Look, carried: Carried, now: datetime) -> Part:
    """Record in the history that somebody else was used for a person."""
    rule, source = carried.rule, carried.source
    if not rule.stands_in(source, look.shown(rule)[source], carried.edge.wish):
        return NOTHING
    facts = {
        "name": carried.seen,
        "to_key": look.tickets[source.other].key,
        "default": carried.edge.wish,
    }
    return Part(timeline=(TimelineEntry(now, "person_replaced", facts),))


def _unknown_person(look: _Look, noted: _Noted, now: datetime) -> Part:
    if not noted.nobody:
        return NOTHING
    facts = {"name": noted.nobody, "key": look.tickets[Side.ORIGIN].key}
    return Part(timeline=(TimelineEntry(now, "person_not_mapped", facts),))

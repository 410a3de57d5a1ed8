"""Fields on hold: the rest of the link continues, both tickets show why, and a person can settle it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import Hold, Link, TimelineEntry
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.routes.fields.rule import FieldRule
from escalation_bridge.domain.routes.fields.values import Shown
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Ticket, Visibility

_LONGEST = 120
"""The maximum length of a value in a note."""
_VALUES = frozenset({"value", "origin_value", "linked_value", "wish"})


def settle(link: Link, field: str | None, side: Side) -> Link:
    """Apply a person's choice in a conflict: the value of `side` is copied next.

    Args:
        link: The link.
        field: The name of the field ("priority", "tag:vip", its label, ...); None: all fields in conflict.
        side: Whose value wins. It applies to the current conflict only.

    Returns:
        The link; unchanged if no such field is in conflict.
    """
    waiting = {
        key: state
        for key, state in link.fields.items()
        if state.hold is not None
        and state.hold.reason is HoldReason.FIELD_CONFLICT
        and (field is None or _is_called(key, state.hold, field))
    }
    chosen = {key: replace(state, chosen=side) for key, state in waiting.items()}
    return replace(link, fields={**link.fields, **chosen}) if chosen else link


def _is_called(key: str, hold: Hold, field: str) -> bool:
    return field.casefold() in (key.casefold(), hold.facts.get("key", "").casefold())


def conflict_of(rule: FieldRule, shown: Mapping[Side, Shown], now: datetime) -> Hold:
    """A conflict: both sides changed, and no owner is configured."""
    values = {f"{side}_value": _shorten(each.seen) for side, each in shown.items()}
    return Hold(HoldReason.FIELD_CONFLICT, now, {**_naming(rule), "key": rule.word, **values})


def unmapped_of(rule: FieldRule, side: Side, shown: Shown, route: Route, now: datetime) -> Hold:
    """A value that the route does not map."""
    facts = {"side": side.value, "value": _shorten(shown.seen), "route": route.name}
    return Hold(HoldReason.FIELD_UNMAPPED, now, {**_naming(rule), **facts})


def refused_of(rule: FieldRule, target: Ticket, wish: str, error: str, now: datetime) -> Hold:
    """A value that the vendor refused, with its message."""
    facts = {"to_key": target.key, "wish": "" if rule.forgets else _shorten(wish), "error": error}
    return Hold(HoldReason.FIELD_REFUSED, now, {**_naming(rule), **facts})


def hold_field(link: Link, rule: FieldRule, hold: Hold) -> Part:
    """Notify both tickets' agents, once per cause."""
    request = MessageRequest(hold.reason, hold.facts, visibility=Visibility.PRIVATE)
    notes = tuple(
        KeyedIntent(
            keys.FieldOnHold(link.id, link.edges + 1, rule.key, ref).text,
            WriteComment(ref, Visibility.PRIVATE, request),
        )
        for ref in (link.origin, link.linked)
    )
    facts = {name: value for name, value in hold.facts.items() if rule.shows_values or name not in _VALUES}
    return Part(intents=notes, timeline=(TimelineEntry(hold.since, f"held_{hold.reason}", facts),))


def release_field(link: Link, rule: FieldRule, now: datetime) -> Part:
    """Report that a field is no longer on hold."""
    hold = link.fields[rule.key].hold
    facts = {**_naming(rule), "reason": hold.reason if hold else ""}
    return Part(timeline=(TimelineEntry(now, "field_released", facts),))


def _naming(rule: FieldRule) -> dict[str, str]:
    return {"field": rule.name.kind, "name": rule.name.name}


def _shorten(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"

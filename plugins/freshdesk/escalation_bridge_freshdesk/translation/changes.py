"""Convert a change to Freshdesk's terms. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from escalation_bridge.plugin import (
    UNASSIGNED,
    Ticket,
    TicketChange,
    Wish,
)
from escalation_bridge_freshdesk.http.shapes import TicketShape
from escalation_bridge_freshdesk.translation.properties import PROPERTIES


@dataclass(frozen=True, slots=True)
class Resolved:
    """The ids for the words of a change; None if nothing is wanted."""

    status: int | None = None
    assignee: int | None = None
    group: int | None = None


WRITTEN = frozenset({"status", "assignee", "group", "fields", "add_tags", "remove_tags", *PROPERTIES})
"""The parts of a change that this plugin writes."""
TicketWish = Wish[TicketShape, object]


def same(one: object, other: object) -> bool:
    """Whether two values of a field are equal: tags in any order and case, numbers also as text."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return {str(tag).casefold() for tag in one} == {str(tag).casefold() for tag in other}
    if one is None or other is None:
        return one is other
    return (
        one == other
        or str(one) == str(other)
        or (_number(one) is not None and _number(one) == _number(other))
    )


def wishes(
    current: TicketShape, change: TicketChange, expected: Ticket, resolved: Resolved
) -> Iterator[TicketWish]:
    """The parts of a change, field by field."""

    def wish(name: str, then: object, wanted: object) -> TicketWish:
        changed_since = not same(current.value_of(name), then)
        return Wish(name, wanted, lambda raw: same(raw.value_of(name), wanted), changed_since)

    if resolved.status is not None:
        yield wish("status", expected.status.id, resolved.status)
    for name, value in change.asked():
        if name in PROPERTIES:
            known = getattr(expected, name)
            then = PROPERTIES[name].write(known) if known is not None else None
            yield wish(PROPERTIES[name].field, then, PROPERTIES[name].write(value))
    if resolved.assignee is not None or change.assignee == UNASSIGNED:
        yield wish("responder_id", expected.assignee.id if expected.assignee else None, resolved.assignee)
    if resolved.group is not None:
        yield wish("group_id", expected.group.id if expected.group else None, resolved.group)
    for name, value in _flat(change.fields):
        yield wish(name, _expected(expected, name, current.value_of(name)), value)
    if change.add_tags or change.remove_tags:
        added = {tag.casefold() for tag in change.add_tags}
        removed = {tag.casefold() for tag in change.remove_tags} - added

        def is_met(raw: TicketShape) -> bool:
            """Others may add and remove tags at the same time: only ours are looked at."""
            tags = {tag.casefold() for tag in raw.tags}
            return added <= tags and not removed & tags

        yield Wish("tags", merge_tags(current.tags, change.add_tags, change.remove_tags), is_met)


def merge_tags(current: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """All tags, including other people's: Freshdesk replaces the whole list."""
    dropped = {tag.casefold() for tag in remove}
    kept = {tag.casefold(): tag for tag in current if tag.casefold() not in dropped}
    for tag in add:
        kept.setdefault(tag.casefold(), tag)
    return tuple(kept.values())


def as_body(fields: Mapping[str, object]) -> dict[str, object]:
    """Fields in the API's form: custom ones inside `custom_fields`."""
    body: dict[str, object] = {}
    own: dict[str, object] = {}
    for name, value in fields.items():
        if name == "custom_fields" and isinstance(value, Mapping):
            own.update(value)
        elif name.startswith("cf_"):
            own[name] = value
        else:
            body[name] = list(value) if isinstance(value, tuple) else value
    return {**body, "custom_fields": own} if own else body


def _flat(fields: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in fields.items():
        if name == "custom_fields" and isinstance(value, Mapping):
            yield from value.items()
        else:
            yield name, value


def _number(value: object) -> Decimal | None:
    """Decimal fields come back as `"5.0"`."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _expected(expected: Ticket, name: str, now: object) -> object:
    if name.startswith("cf_"):
        return expected.custom_fields.get(name)
    # The bridge's ticket has no room for the other fields, so nobody can be said to have changed them.
    return expected.type if name == "type" else now

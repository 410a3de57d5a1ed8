"""Conditions: tests of a ticket's fields, combined with all, any and none. Pure.

A field has texts, ids or nothing. Texts are compared without regard to case. What is not there is never equal to anything,
never contains anything, and is neither more nor less, earlier nor later than anything; so `is_not` and `contains_not`
hold of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Group,
    Organisation,
    Person,
    Priority,
    Severity,
    StatusKind,
    Ticket,
)


class Operator(StrEnum):
    """How a field is compared with the values: with any of them, or, where it says "not", with none."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    CONTAINS_NOT = "contains_not"
    STARTS_WITH = "starts_with"
    LESS_THAN = "less_than"
    GREATER_THAN = "greater_than"
    BEFORE = "before"
    AFTER = "after"
    PRESENT = "present"
    NOT_PRESENT = "not_present"


_EQUAL = (Operator.IS, Operator.IS_NOT)
_PART = (Operator.CONTAINS, Operator.CONTAINS_NOT)
_SIZE = (Operator.LESS_THAN, Operator.GREATER_THAN)
_TIME = (Operator.BEFORE, Operator.AFTER)
_THERE = (Operator.PRESENT, Operator.NOT_PRESENT)

CONNECTION = "connection"
SINGLE_VALUE = (*_SIZE, *_TIME)
"""Operators that compare with exactly one value."""
WITHOUT_VALUE = _THERE
"""Operators that compare with nothing."""


class FieldKind(StrEnum):
    """What a field holds, and so how it can be tested."""

    CHOICE = "choice"
    """One of few words, always there."""
    RANK = "rank"
    """A priority."""
    TEXT = "text"
    LABELS = "labels"
    """A set of whole words."""
    MOMENT = "moment"
    ANY = "any"
    """Whatever the vendor keeps there."""

    @property
    def operators(self) -> tuple[Operator, ...]:
        return _OPERATORS[self]


_OPERATORS: Mapping[FieldKind, tuple[Operator, ...]] = {
    FieldKind.CHOICE: _EQUAL,
    FieldKind.RANK: (*_EQUAL, *_SIZE, *_THERE),
    FieldKind.TEXT: (*_EQUAL, *_PART, Operator.STARTS_WITH, *_THERE),
    FieldKind.LABELS: (*_PART, *_THERE),
    FieldKind.MOMENT: _TIME,
    FieldKind.ANY: tuple(Operator),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a ticket has in a field.

    Attributes:
        texts: What is compared as a whole, and in part.
        ids: What is compared as a whole only: the id 12 is not a part of the id 312.
        present: Whether there is anything at all, be it something that cannot be compared.
    """

    texts: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    present: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be tested.

    Attributes:
        choices: The values it can have, where that is known.
    """

    kind: FieldKind
    read: Callable[[Ticket, Classification], Found]
    choices: tuple[str, ...] = ()


# --- fields ---------------------------------------------------------------------------------------------------------


def _found(*texts: str | None, ids: Iterable[str | None] = ()) -> Found:
    there, known = tuple(text for text in texts if text), tuple(each for each in ids if each)
    return Found(there, known, bool(there or known))


def _named(thing: Group | Organisation | None) -> Found:
    return _found(thing.name, ids=(thing.id,)) if thing else Found()


def _person(person: Person | None) -> Found:
    return _found(person.email, person.name, ids=(person.id,)) if person else Found()


def _domain(person: Person | None) -> Found:
    _, at, domain = (person.email or "").rpartition("@") if person else ("", "", "")
    return _found(domain if at else None)


def _status(ticket: Ticket, _: Classification) -> Found:
    return _found(ticket.status.name, ids=(ticket.status.id,))


def _requester(read: Callable[[Person], Found]) -> Callable[[Ticket, Classification], Found]:
    return lambda ticket, _: read(ticket.requester) if ticket.requester else Found()


FIELDS: Mapping[str, Field] = {
    "connection": Field(FieldKind.CHOICE, lambda ticket, _: _found(ticket.ref.connection)),
    "priority": Field(FieldKind.RANK, lambda ticket, _: _found(ticket.priority), tuple(Priority)),
    "type": Field(FieldKind.TEXT, lambda ticket, _: _found(ticket.type)),
    "channel": Field(FieldKind.CHOICE, lambda ticket, _: _found(ticket.channel), tuple(Channel)),
    "tags": Field(FieldKind.LABELS, lambda ticket, _: _found(*ticket.tags)),
    "group": Field(FieldKind.TEXT, lambda ticket, _: _named(ticket.group)),
    "assignee": Field(FieldKind.TEXT, lambda ticket, _: _person(ticket.assignee)),
    "brand": Field(FieldKind.TEXT, lambda ticket, _: _found(ticket.brand)),
    "organisation": Field(FieldKind.TEXT, lambda ticket, _: _named(ticket.organisation)),
    "requester": Field(FieldKind.TEXT, _requester(_person)),
    "requester.email": Field(FieldKind.TEXT, _requester(lambda person: _found(person.email))),
    "requester.domain": Field(FieldKind.TEXT, _requester(_domain)),
    "requester.name": Field(FieldKind.TEXT, _requester(lambda person: _found(person.name))),
    "requester.id": Field(FieldKind.TEXT, _requester(lambda person: _found(person.id))),
    "language": Field(FieldKind.TEXT, lambda ticket, _: _found(ticket.language)),
    "status": Field(FieldKind.TEXT, _status),
    "status.kind": Field(FieldKind.CHOICE, lambda ticket, _: _found(ticket.status.kind), tuple(StatusKind)),
    "subject": Field(FieldKind.TEXT, lambda ticket, _: _found(ticket.subject)),
    "description": Field(FieldKind.TEXT, lambda ticket, _: _found(ticket.description.text)),
    "created": Field(FieldKind.MOMENT, lambda ticket, _: _found(ticket.created_at.isoformat())),
    "severity": Field(FieldKind.CHOICE, lambda _, graded: _found(graded.severity), tuple(Severity)),
    "category": Field(FieldKind.TEXT, lambda _, graded: _found(graded.category)),
}
"""All fields by name, apart from the vendors' own, which are `custom.<id of the field>`."""

CUSTOM = "custom."


def field_named(name: str) -> Field | None:
    """The field of that name, or None."""
    if name.startswith(CUSTOM) and len(name) > len(CUSTOM):
        key = name.removeprefix(CUSTOM)
        return Field(FieldKind.ANY, lambda ticket, _: _custom(ticket.custom_fields.get(key)))
    return FIELDS.get(name)


_NOTHING: tuple[object, ...] = (None, "", [], (), {})
_VALUE_KEYS = ("value", "name", "key", "id", "child")
"""Where a choice, a user or a version says what it is when it is more than a text: `{"id": "10021", "value": "Gold"}`."""


def _custom(value: object) -> Found:
    return Found(tuple(texts_of(value)), present=value not in _NOTHING)


def texts_of(value: object) -> Iterator[str]:
    """The words of a custom field, of plain values and of the objects in which vendors wrap choices."""
    match value:
        case None | "":
            return
        case str() | bool() | int() | float():
            yield written(value)
        case Mapping():
            for key in _VALUE_KEYS:
                yield from texts_of(value.get(key))
        case list() | tuple():
            for each in value:
                yield from texts_of(each)


def written(value: str | float | bool) -> str:
    """A single value as text, the same for a ticket's field and for the configuration: true, 5, 2.5."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


# --- values ---------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\s*[-+]?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]{1,3})?\s*", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(rf"{_DATE.pattern}[T ][0-9]{{2}}:[0-9]{{2}}.*")
_LAST_OF_A_DAY = timedelta(days=1) - timedelta(microseconds=1)


def parse_number(text: str) -> Decimal | None:
    """A number, or None."""
    return Decimal(text.strip()) if _NUMBER.fullmatch(text) else None


def parse_moments(text: str) -> tuple[datetime, datetime] | None:
    """The first and the last instant that a date or an instant means; None if it is neither.

    A date is the whole day in UTC, and what says no zone is in UTC: a ticket's field says none either.
    """
    text = text.strip()
    if not _DATE.fullmatch(text) and not _INSTANT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        return at, at + _LAST_OF_A_DAY if _DATE.fullmatch(text) else at
    except (ValueError, OverflowError):
        return None


def _earlier(text: str, other: str) -> bool:
    at, limit = parse_moments(text), parse_moments(other)
    return at is not None and limit is not None and at[0] < limit[0]


def _later(text: str, other: str) -> bool:
    at, limit = parse_moments(text), parse_moments(other)
    return at is not None and limit is not None and at[0] > limit[1]


_RANKS: Mapping[str, int] = {priority: rank for rank, priority in enumerate(Priority)}


def _less(kind: FieldKind, text: str, other: str) -> bool:
    if kind is FieldKind.RANK:
        return text in _RANKS and other in _RANKS and _RANKS[text] < _RANKS[other]
    number, limit = parse_number(text), parse_number(other)
    return number is not None and limit is not None and number < limit


# --- tests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of one field.

    Attributes:
        field: A name of `FIELDS`, or `custom.<id>`.
        values: With a list, one of them is enough; none, where the operator says "not".
    """

    __test__ = False  # what pytest asks of a class with this name

    field: str
    operator: Operator
    values: tuple[str, ...] = ()

    def __call__(self, ticket: Ticket, classification: Classification) -> bool:
        field = field_named(self.field)
        if field is None:
            raise ValueError(f"no such field: {self.field}")
        found = field.read(ticket, classification)
        texts = tuple(text.casefold() for text in found.texts)
        wanted = tuple(value.casefold() for value in self.values)
        match self.operator:
            case Operator.IS | Operator.IS_NOT:
                whole = {*texts, *(each.casefold() for each in found.ids)}
                return (not whole.isdisjoint(wanted)) is (self.operator is Operator.IS)
            case Operator.CONTAINS | Operator.CONTAINS_NOT:
                if field.kind is FieldKind.LABELS:
                    holds = not set(texts).isdisjoint(wanted)
                else:
                    holds = any(value in text for text in texts for value in wanted)
                return holds is (self.operator is Operator.CONTAINS)
            case Operator.STARTS_WITH:
                return any(text.startswith(wanted) for text in texts)
            case Operator.LESS_THAN:
                return any(_less(field.kind, text, value) for text in texts for value in wanted)
            case Operator.GREATER_THAN:
                return any(_less(field.kind, value, text) for text in texts for value in wanted)
            case Operator.BEFORE:
                return any(_earlier(text, value) for text in found.texts for value in self.values)
            case Operator.AFTER:
                return any(_later(text, value) for text in found.texts for value in self.values)
            case Operator.PRESENT:
                return found.present
            case Operator.NOT_PRESENT:
                return not found.present


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where all of `all`, at least one of `any` (if there are any) and none of `none` hold. Empty: always."""

    all: tuple[Test, ...] = ()
    any: tuple[Test, ...] = ()
    none: tuple[Test, ...] = ()

    def __call__(self, ticket: Ticket, classification: Classification) -> bool:
        def holds(test: Test) -> bool:
            return test(ticket, classification)

        return (
            all(map(holds, self.all))
            and (not self.any or any(map(holds, self.any)))
            and not any(map(holds, self.none))
        )

    def may_hold_at(self, connection: str) -> bool:
        """Whether it can hold for a ticket of a connection, as far as the connection decides that."""
        return (
            not any(_at(test, connection) is False for test in self.all)
            and (not self.any or any(_at(test, connection) is not False for test in self.any))
            and not any(_at(test, connection) is True for test in self.none)
        )

    @property
    def names_connections(self) -> bool:
        """Whether any test is about the connection of a ticket."""
        return any(test.field == CONNECTION for test in (*self.all, *self.any, *self.none))

    @classmethod
    def of(cls, fields: Mapping[str, tuple[str, ...]]) -> "Condition":
        """The short form: each field named must have one of the values."""
        return cls(
            all=tuple(Test(name, having(field_named(name)), values) for name, values in fields.items())
        )


def _at(test: Test, connection: str) -> bool | None:
    """What a test says of all tickets of a connection; None where it asks for something else."""
    if test.field != CONNECTION:
        return None
    named = connection.casefold() in {value.casefold() for value in test.values}
    return named is (test.operator is Operator.IS)


def having(field: Field | None) -> Operator:
    """The operator that asks whether a field has one of the values."""
    return Operator.CONTAINS if field is not None and field.kind is FieldKind.LABELS else Operator.IS

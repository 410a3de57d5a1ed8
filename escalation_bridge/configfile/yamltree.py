"""The tree of a YAML file: scalars, lists and mappings with their places."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from escalation_bridge.configfile.findings import Place

PlainValue: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        text: As written, without quotes.
        source: The text that the value was resolved from, for example "${PORT}"; None if the file has the value
            itself.
        broken: The value could not be parsed; that is a finding already, and the text means nothing.
    """

    place: Place
    text: str
    value: PlainValue = field(repr=False)
    source: str | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value."""

    key_place: Place
    node: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values. Keys are texts, as written: `3: open` has the key "3"."""

    place: Place
    entries: dict[str, Entry]


Node: TypeAlias = Scalar | Sequence | Mapping


def child(node: Node | None, part: str | int) -> Node | None:
    match node, part:
        case Mapping(entries=entries), str() if part in entries:
            return entries[part].node
        case Sequence(items=items), int() if 0 <= part < len(items):
            return items[part]
        case _:
            return None


def scalars(node: Node | None) -> Iterator[Scalar]:
    """Yield every scalar at and below a node."""
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case Mapping(entries=entries):
            for entry in entries.values():
                yield from scalars(entry.node)


def plain_data(node: Node) -> object:
    """Return the node as dicts, lists and values."""
    match node:
        case Scalar(value=value):
            return value
        case Sequence(items=items):
            return [plain_data(item) for item in items]
        case Mapping(entries=entries):
            return {key: plain_data(entry.node) for key, entry in entries.items()}

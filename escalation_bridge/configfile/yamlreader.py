"""Parse YAML text into a tree.

The parser is ruamel.yaml's. The tree is built from its events, because every value needs its place, because a
duplicate key must not end the parsing, and because no file may exhaust memory
or stack: depth and size are limited, with all aliases expanded.

Plain values mean what YAML 1.2's core schema says, no more: `no`, `on`, `09:00`, `2026-12-31` and `1_000` are texts
(the parser's own resolver goes beyond that). Anchors, aliases and `<<` are
supported; tags are not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from escalation_bridge.configfile.findings import Path, Place, Problem, name
from escalation_bridge.configfile.yamlproblems import explain, place_of
from escalation_bridge.configfile.yamltree import Entry, Mapping, Node, PlainValue, Scalar, Sequence

_DEEPEST = 50
_MOST_VALUES = 50_000
_LONGEST_NUMBER = 100
"""Python refuses to convert numbers of thousands of digits, and nobody means one."""

_STANDARD_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, PlainValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def read_yaml(text: str) -> tuple[Node | None, list[Problem]]:
    """Return the tree and the errors in the text; no tree if it is empty or cannot be parsed to its end."""
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except YAMLError as error:
        end = explain(error, text)
    except _Stop as stop:
        end = stop.problem
    except (ValueError, OverflowError):
        # ruamel.yaml 0.19 lets both through for escapes beyond Unicode, such as "\UFFFFFFFF"
        words = "an escape in the double quotes after this place is no character; allowed: single quotes"
        end = Problem(builder.reached, words)
    else:
        return builder.root, builder.problems
    return None, [*builder.problems, end]


def _events(text: str) -> Iterator[Event]:
    yaml = YAML(typ="safe", pure=True)
    yield from yaml.parse(text)


def _plain_value(text: str) -> PlainValue:
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        bases = {"0o": 8, "0x": 16}
        return int(text, bases.get(text[:2], 10))
    return float(text) if _FLOAT.fullmatch(text) else text


class _Stop(Exception):
    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(place, message)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key whose value comes next."""

    place: Place
    text: str
    is_kept: bool = True
    is_merge: bool = False


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been reached."""

    place: Place
    anchor: str | None
    is_mapping: bool
    size: int = 1
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    merged: list[Node] = field(default_factory=list)
    key: _Key | None = None

    @property
    def reached(self) -> Path:
        """The path of the next value."""
        if self.is_mapping:
            return (self.key.text,) if self.key else ()
        return (len(self.items),)

    def close(self) -> Node:
        if not self.is_mapping:
            return Sequence(self.place, tuple(self.items))
        for mapping in self.merged:
            if isinstance(mapping, Mapping):
                self.entries = mapping.entries | self.entries
        return Mapping(self.place, self.entries)


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.reached = Place(1, 1)
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        """The node of an anchor, with its size; None while it is being parsed."""
        self._documents = 0

    def take(self, event: Event) -> None:
        self.reached = place_of(event.start_mark)
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _Stop(
                        self.reached,
                        "a second document begins here; allowed: one, so no further `---` or `...`",
                    )
            case ScalarEvent():
                scalar = self._scalar(event)
                if event.anchor:
                    self._anchors[event.anchor] = (scalar, 1)
                self._attach(scalar, 1, is_plain=event.style is None)
            case AliasEvent():
                self._attach(*self._target(event.anchor))
            case MappingStartEvent() | SequenceStartEvent():
                self._begin(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._end()

    def _complain(self, message: str, place: Place | None = None, *, key: str | None = None) -> None:
        path = tuple(key for opened in self._open for key in opened.reached)
        self.problems.append(Problem(place or self.reached, message, path if key is None else (*path, key)))

    def _scalar(self, event: ScalarEvent) -> Scalar:
        is_text = self._has_tag(event, "str", "!") or event.style is not None
        try:
            # JSON, and so YAML, may write a character beyond U+FFFF as a surrogate pair
            text = event.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._complain("an escape in this value is half a character (a lone surrogate)")
            return Scalar(self.reached, "", "", broken=True)
        return Scalar(self.reached, text, text if is_text else _plain_value(text))

    def _has_tag(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent, *harmless: str) -> bool:
        if not event.ctag:
            return False
        tag = str(event.ctag).replace(_STANDARD_TAG, "")
        if tag not in harmless:
            self._complain(
                f"the YAML tag {name(tag)} is not used here; allowed: the value without it, or in quotes"
            )
        return True

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        if len(self._open) >= _DEEPEST:
            raise _Stop(self.reached, f"nested too deeply; allowed: {_DEEPEST} levels")
        is_mapping = isinstance(event, MappingStartEvent)
        self._has_tag(event, "map" if is_mapping else "seq")
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(self.reached, event.anchor, is_mapping))

    def _end(self) -> None:
        done = self._open.pop()
        node = done.close()
        if done.anchor:
            self._anchors[done.anchor] = (node, done.size)
        self._attach(node, done.size)

    def _target(self, anchor: str) -> tuple[Node, int]:
        if target := self._anchors.get(anchor):
            return target
        reason = "is used inside itself" if anchor in self._anchors else "is not defined above"
        self._complain(f"the anchor {name(anchor)} {reason}")
        return Scalar(self.reached, "", None, broken=True), 1

    def _attach(self, node: Node, size: int, *, is_plain: bool = False) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.size += size
        if parent.size > _MOST_VALUES:
            raise _Stop(
                self.reached, f"too much; allowed: {_MOST_VALUES} values, counting what aliases repeat"
            )
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._key(parent, node, is_plain=is_plain)
        else:
            self._fill(parent, parent.key, node)
            parent.key = None

    def _key(self, parent: _Open, node: Node, *, is_plain: bool) -> _Key:
        if not isinstance(node, Scalar):
            self._complain("a list or mapping is used as a key; allowed: a name", node.place)
            return _Key(node.place, "", is_kept=False)
        if is_plain and node.text == "<<":
            return _Key(self.reached, "<<", is_merge=True)
        if first := parent.entries.get(node.text):
            message = f"the key {name(node.text)} appears twice; the first is in line {first.key_place.line}"
            self._complain(message, key=node.text)
            return _Key(self.reached, node.text, is_kept=False)
        return _Key(self.reached, node.text)

    def _fill(self, parent: _Open, key: _Key, node: Node) -> None:
        if key.is_merge:
            sources = node.items if isinstance(node, Sequence) else (node,)
            if not all(isinstance(source, Mapping) for source in sources):
                self._complain("`<<` takes over a mapping; allowed: `<<: *anchor`", key.place)
            parent.merged.extend(sources)
        elif key.is_kept:
            if isinstance(node, Scalar) and node.value is None and not node.text:
                # the parser places a missing value where the next line begins
                node = replace(node, place=key.place)
            parent.entries[key.text] = Entry(key.place, node)

"""Translate pydantic's errors into findings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from escalation_bridge.configfile import shapes, wording
from escalation_bridge.configfile.findings import (
    Finding,
    Path,
    Place,
    list_names,
    name,
    nearest,
    quote,
    suggest,
    write_path,
)
from escalation_bridge.configfile.hiding import hide
from escalation_bridge.configfile.locating import Spot, locate
from escalation_bridge.configfile.yamltree import Mapping, Node, Scalar, Sequence, scalars

_NOT_SHOWN = "a value that is not shown"
_KEY_ERRORS = ("missing", "extra_forbidden")


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of pydantic, at its place in the file.

    Attributes:
        is_moot: It concerns a value that could not be parsed, which is a finding already.
    """

    spot: Spot
    place: Place
    message: str
    found: str | None = None
    allowed: str | None = None

    @property
    def is_moot(self) -> bool:
        return any(scalar.broken for scalar in scalars(self.spot.node))

    def finding(self, file: str) -> Finding:
        return Finding(file, self.place, write_path(self.spot.path), self.message, self.found, self.allowed)


def translate(error: ValidationError, start: Spot, file: str) -> list[Finding]:
    """Return a finding for every error, with one alternative of each union."""
    details = error.errors(include_url=False, include_input=False)
    faults = [
        _fault(detail, start)
        for detail in details
        if detail["type"] != "default_factory_not_called" and not _counts_only_the_valid(detail, details)
    ]
    return [fault.finding(file) for fault in _settle(faults, depth=0) if not fault.is_moot]


def _counts_only_the_valid(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether pydantic finds a list too short only because an item is invalid, which has its own finding."""
    at = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(at) and other["loc"][: len(at)] == at for other in details
    )


def describe(spot: Spot) -> str:
    """Describe the value at a spot; never a secret or a resolved reference."""
    match spot.node:
        case None:
            return "nothing"
        case Mapping():
            return "a mapping"
        case Sequence(items=items):
            return "a list" if items else "an empty list"
        case Scalar(source=str() as source):
            return source
        case Scalar(value=None):
            return "nothing"
        case Scalar() if spot.is_hidden:
            return _NOT_SHOWN
        case Scalar(value=str() as value):
            return quote(value)
        case Scalar(text=text):
            return text


def _fault(detail: ErrorDetails, start: Spot) -> Fault:
    kind, context = detail["type"], detail.get("ctx", {})
    spot = locate(start, detail["loc"], is_key=kind in _KEY_ERRORS)
    allowed = wording.allowed(kind, context)
    match kind:
        case "missing":
            return _missing(spot)
        case "extra_forbidden":
            return _unknown_key(spot)
        case "union_tag_not_found":
            return _missing_tag(spot, _discriminator(context))
        case "union_tag_invalid":
            return _wrong_tag(spot, _discriminator(context), str(context.get("expected_tags")))
        case _ if spot.is_key:
            return _wrong_key(spot, allowed)
        case _ if allowed is None:
            return _refused(spot, _validator_message(detail))
        case _:
            return _unfit(spot, kind, allowed)


def _missing(spot: Spot) -> Fault:
    key = str(spot.path[-1]) if spot.path else ""
    purpose = next(filter(None, (shapes.description(shape, key) for shape in spot.holder_shapes)), None)
    return Fault(spot, _place(spot.holder), f"missing ({purpose})" if purpose else "missing")


def _missing_tag(spot: Spot, key: str) -> Fault:
    allowed = _tags(spot, key)
    near = nearest(key, spot.node.entries) if isinstance(spot.node, Mapping) else None
    hint = f"; was it meant by {name(near)}?" if near else ""
    message = f"missing; allowed: {allowed}{hint}" if allowed else "missing"
    return Fault(replace(spot.enter(key), node=None), _place(spot.node), message, allowed=allowed)


def _tags(spot: Spot, key: str) -> str | None:
    """Return the values of a key that select the alternatives at a spot."""
    tags = [tag for shape in spot.enter(key).shapes for tag in shapes.literal_values(shape)]
    return " or ".join(map(repr, tags)) or None


def _unknown_key(spot: Spot) -> Fault:
    key = str(spot.path[-1])
    known = {known for shape in spot.holder_shapes for known in shapes.keys(shape) or ()}
    allowed = list_names(known)
    message = f"unknown key {name(key)}{suggest(key, known) or ';'} known here: {allowed}"
    return Fault(replace(spot, node=None), spot.key_place or _place(spot.holder), message, name(key), allowed)


def _wrong_tag(spot: Spot, key: str, expected: str) -> Fault:
    tag = spot.enter(key)
    return _unfit(tag if tag.node else spot, "union_tag_invalid", _tags(spot, key) or expected)


def _unfit(spot: Spot, kind: str, allowed: str) -> Fault:
    found = describe(spot)
    message = f"found {found}; allowed: {allowed}{_hint(spot, kind, allowed)}"
    return Fault(spot, _place(spot.node, spot.holder), message, found, allowed)


def _refused(spot: Spot, words: str) -> Fault:
    """A validator's error, with its own text."""
    found, words = describe(spot), hide(words, spot)
    message = f"found {found}; {words}" if isinstance(spot.node, Scalar) else words
    return Fault(spot, _place(spot.node, spot.holder), message, found)


def _wrong_key(spot: Spot, allowed: str | None) -> Fault:
    key = str(spot.path[-1])
    near = suggest(key, wording.offered(allowed or ""))
    message = f"the key {name(key)} is not allowed here; allowed: {allowed or 'another key'}{near}"
    return Fault(replace(spot, node=None), spot.key_place or _place(spot.holder), message, name(key), allowed)


def _hint(spot: Spot, kind: str, allowed: str) -> str:
    match spot.node:
        case Scalar() if spot.is_hidden:
            return ""
        case Scalar(value=str() as value):
            return suggest(value, wording.offered(allowed))
        case Scalar(text=text, value=bool() | int() | float()) if kind == "string_type":
            return f", so in quotes: {quote(text)}"
        case _:
            return ""


def _validator_message(detail: ErrorDetails) -> str:
    """Return a validator's message, without pydantic's "Value error, " prefix."""
    if detail["type"] in ("value_error", "assertion_error"):
        return str(detail.get("ctx", {}).get("error", detail["msg"]))
    return detail["msg"]


def _discriminator(context: dict[str, object]) -> str:
    return str(context.get("discriminator", "")).strip("'")


def _place(*nodes: Node | None) -> Place:
    return next((node.place for node in nodes if node is not None), Place(1, 1))


def _settle(faults: list[Fault], depth: int) -> Iterator[Fault]:
    """Yield the faults, and of each union only those of the most likely alternative."""

    def union_path(fault: Fault) -> Path | None:
        return fault.spot.choices[depth].path if len(fault.spot.choices) > depth else None

    def label(fault: Fault) -> str:
        return fault.spot.choices[depth].label

    yield from (fault for fault in faults if union_path(fault) is None)
    unions: dict[Path, list[Fault]] = {}
    for fault in faults:
        if (path := union_path(fault)) is not None:
            unions.setdefault(path, []).append(fault)
    for path, tried in unions.items():
        alternatives = [list(_settle(list(group), depth + 1)) for _, group in groupby(tried, label)]
        yield from _most_likely(alternatives, path)


def _most_likely(alternatives: list[list[Fault]], path: Path) -> list[Fault]:
    if len(alternatives) == 1:
        return alternatives[0]
    if any(fault.is_moot for faults in alternatives for fault in faults):
        return []
    fitting = [faults for faults in alternatives if any(fault.spot.path != path for fault in faults)]
    if fitting:
        return min(fitting, key=len)
    faults = [fault for alternative in alternatives for fault in alternative]
    allowed = " or ".join(dict.fromkeys(fault.allowed for fault in faults if fault.allowed))
    if not allowed:
        return faults[:1]
    return [replace(faults[0], message=f"found {faults[0].found}; allowed: {allowed}", allowed=allowed)]

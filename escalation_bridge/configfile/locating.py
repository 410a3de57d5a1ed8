"""Map pydantic's error locations to places in the file.

pydantic's location holds more than keys and positions: the label of each alternative of a union it tried, and "[key]"
for a key that is not allowed. Both the tree and the types are followed, because either alone is ambiguous
(a step `{kind: note, note: ...}` chosen by its kind has the label "note" and the key "note").
"""

from dataclasses import dataclass, replace

from escalation_bridge.configfile.findings import Path, Place
from escalation_bridge.configfile.shapes import Shape, alternatives, below, holds_secret, matching
from escalation_bridge.configfile.yamltree import Mapping, Node, Scalar, child, plain_data

_OF_THE_KEY = "[key]"
_NESTED_UNION = ("tagged-union[", "union[")


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of a union that pydantic tried for the value at a path."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the file and its allowed types.

    Attributes:
        node: None if the file has nothing there.
        shapes: Empty if the types do not show it.
        holder: The parent of the spot.
        choices: The unions on the way, the outermost first.
        is_key: It concerns the key, not the value.
    """

    path: Path
    node: Node | None
    shapes: tuple[Shape, ...]
    holder: Node | None = None
    holder_shapes: tuple[Shape, ...] = ()
    choices: tuple[Choice, ...] = ()
    is_key: bool = False

    def enter(self, part: str | int) -> "Spot":
        """Return the spot under a key or at a position."""
        return Spot(
            (*self.path, part),
            child(self.node, part),
            _inside(self.shapes, part),
            self.node,
            self.shapes,
            self.choices,
        )

    @property
    def is_secret(self) -> bool:
        """Whether the value came from a reference, or is or contains a secret by its type."""
        by_reference = isinstance(self.node, Scalar) and self.node.source is not None
        return by_reference or any(map(holds_secret, self.shapes))

    @property
    def is_hidden(self) -> bool:
        """Whether the value is not shown: it is secret, or may be."""
        return self.is_secret or not self.shapes

    @property
    def key_place(self) -> Place | None:
        key = self.path[-1] if self.path else None
        if isinstance(self.holder, Mapping) and isinstance(key, str) and key in self.holder.entries:
            return self.holder.entries[key].key_place
        return None


def _inside(shapes: tuple[Shape, ...], part: str | int) -> tuple[Shape, ...]:
    found: list[Shape] = []
    for shape in shapes:
        for outer in below(shape, part):
            found += (inner for inner in alternatives(outer) if inner not in found)
    return tuple(found)


def locate(start: Spot, location: tuple[str | int, ...], *, is_key: bool) -> Spot:
    """Follow pydantic's location from the spot that was validated.

    Args:
        start: Where validation began, with the expected shapes.
        location: pydantic's `loc`.
        is_key: The last segment is certainly a key, even if it is missing or unknown.
    """
    spot, is_labelled = start, False
    for position, part in enumerate(location):
        is_last = position == len(location) - 1
        if part == _OF_THE_KEY and is_last:
            return replace(spot, is_key=True)
        inside = spot.enter(part)
        is_choice = len(spot.shapes) > 1 and not is_labelled
        is_nothing = inside.node is None and not inside.shapes
        if isinstance(part, str) and (is_choice or is_nothing) and not (is_last and is_key):
            value = plain_data(spot.node) if spot.node else None
            choices = (*spot.choices, Choice(spot.path, part))
            spot = replace(spot, shapes=matching(spot.shapes, part, value), choices=choices)
            is_labelled = not part.startswith(_NESTED_UNION)
        else:
            spot, is_labelled = inside, False
    return spot

"""`priority`: keeps the priority in sync."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from escalation_bridge.config.field_kind import (
    KEEP,
    FieldKind,
    FieldsSettings,
    report_no_round_trip,
    report_unused,
)
from escalation_bridge.configfile import Path, Review
from escalation_bridge.domain.routes.fields.mapped import Words
from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRule
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Priority
from escalation_bridge.plugin.settings import Settings

if TYPE_CHECKING:
    from escalation_bridge.config.routes import RouteSettings


KeepWord = Literal["keep"]


class PrioritySync(Settings):
    """Keep the priority in sync. Unmapped priorities pass unchanged; `keep` changes nothing on the other side."""

    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose priority wins if both changed at once: origin or linked. If omitted, a person chooses."""
    to_linked: Mapping[Priority, Priority | KeepWord] = Field(default_factory=dict)
    """The linked ticket's priority; it also starts with it."""
    to_origin: Mapping[Priority, Priority | KeepWord] = Field(default_factory=dict)
    """The priority of the customer's ticket."""
    one_way: tuple[Priority, ...] = ()
    """Keys of either map that intentionally come back as another priority."""


def begun_priorities(
    priorities: Mapping[Priority, Priority], fields: FieldsSettings
) -> Mapping[Priority, Priority]:
    """The initial priority of a linked ticket: the one that sync would set at once, to save a second write."""
    sync = fields.of(PRIORITY)
    if sync is None or not sync.direction.carries(Side.ORIGIN):
        return priorities
    given = {word: wish for word, wish in sync.to_linked.items() if isinstance(wish, Priority)}
    return {**given, **priorities}


def _rules(priority: PrioritySync | None, _: FieldsSettings) -> Iterator[FieldRule]:
    if priority is not None:
        yield PriorityRule(
            direction=priority.direction,
            owner=priority.owner,
            to_linked=_words(priority.to_linked),
            to_origin=_words(priority.to_origin),
        )


def _words(words: Mapping[Priority, Priority | str]) -> Words:
    return {
        word.value: str(wish) if isinstance(wish, Priority) else Keep.KEEP for word, wish in words.items()
    }


def _check(review: Review, at: Path, priority: PrioritySync | None, route: "RouteSettings") -> None:
    if priority is not None:
        _check_maps(review, at, priority)
        _check_beginning(review, at[:-2], route, priority)


def _check_maps(review: Review, at: Path, priority: PrioritySync) -> None:
    maps = {"to_linked": priority.to_linked, "to_origin": priority.to_origin}
    for way, source in (("to_linked", Side.ORIGIN), ("to_origin", Side.LINKED)):
        if maps[way] and not priority.direction.carries(source):
            report_unused(review, (*at, way), priority)
    if priority.direction is not Direction.BOTH:
        return
    for way, back_way in (("to_linked", "to_origin"), ("to_origin", "to_linked")):
        for word in Priority:
            wish = maps[way].get(word, word)
            if not isinstance(wish, Priority) or {word, wish} & set(priority.one_way):
                continue
            back = maps[back_way].get(wish, wish)
            if back not in (word, KEEP):
                report_no_round_trip(review, (*at, way, word.value), word, wish, back)


def _check_beginning(review: Review, at: Path, route: "RouteSettings", priority: PrioritySync) -> None:
    if not priority.direction.carries(Side.ORIGIN):
        return
    for word, given in route.priorities.items():
        if priority.to_linked.get(word, word) != given:
            review.report(
                (*at, "priorities", word.value),
                "`fields.priority.to_linked` says otherwise, and would change it at once; leave `priorities` out",
            )


PRIORITY: FieldKind[PrioritySync | None] = FieldKind(
    "priority", PrioritySync | None, None, _rules, _check, place=1
)

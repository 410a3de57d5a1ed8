"""`custom`: keeps custom fields in sync."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from escalation_bridge.config.field_kind import (
    KEEP,
    FieldKind,
    FieldsSettings,
    check_values,
)
from escalation_bridge.config.fields.severity import SEVERITY
from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Path, Review
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRule
from escalation_bridge.domain.routes.fields.values import Convert, read_value
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.plugin.settings import Settings

if TYPE_CHECKING:
    from escalation_bridge.config.routes import RouteSettings


class CustomFieldSync(Settings):
    """Keep a custom field of the origin in sync with one of the linked side."""

    origin: Word
    """The field's id at the origin."""
    linked: Word
    """The field's id at the linked side."""
    label: Word | None = None
    """The name of the field in notes, in the history and in `/bridge choose`. If omitted, the ids."""
    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose value wins if both changed at once. If omitted, a person chooses."""
    convert: Convert = Convert.TEXT
    """The type of the fields: text, number, date, datetime, yes_no, choice (one of several) or choices (any of
    several).
    """
    values: Mapping[Word, Word] = Field(default_factory=dict)
    """Maps values of the origin to choices of the linked side; `keep` changes nothing there.

    An unmapped value puts the field on hold; it is never guessed. Without `values` everything passes unchanged.
    """
    one_way: tuple[Word, ...] = ()
    """Keys of `values` that intentionally come back as another value."""


def _rules(customs: tuple[CustomFieldSync, ...], _: FieldsSettings) -> Iterator[FieldRule]:
    yield from (_custom(each) for each in customs)


def _custom(custom: CustomFieldSync) -> CustomRule:
    # Of two values that map to the same one, the one that comes back is found first.
    ordered = sorted(custom.values.items(), key=lambda pair: pair[0] in custom.one_way)
    return CustomRule(
        key=f"custom:{custom.origin}:{custom.linked}",
        label=custom.label or "",
        direction=custom.direction,
        owner=custom.owner,
        ids={Side.ORIGIN: custom.origin, Side.LINKED: custom.linked},
        convert=custom.convert,
        values=tuple(
            (_normalized(word, custom.convert), Keep.KEEP if wish == Keep.KEEP.value else wish)
            for word, wish in ordered
        ),
    )


def _normalized(word: str, convert: Convert) -> str:
    """Format a value like the field's own: 5.0 is 5."""
    return word if convert in (Convert.CHOICE, Convert.CHOICES) else read_value(word, convert).text


def _check(review: Review, at: Path, customs: tuple[CustomFieldSync, ...], route: "RouteSettings") -> None:
    for position, custom in enumerate(customs):
        _check_values(review, (*at, position), custom)
    severity = route.fields.of(SEVERITY)
    taken = [severity.field] if severity is not None and severity.field is not None else []
    _check_unique(review, at, customs, taken)


def _check_values(review: Review, at: Path, custom: CustomFieldSync) -> None:
    check_values(review, at, custom.values, custom.one_way, custom.direction)
    for word, wish in custom.values.items():
        here = (*at, "values", word)
        if not read_value(word, custom.convert).valid:
            review.report(
                here, f"this is nothing that a field of the kind {custom.convert} holds", of_key=True
            )
        if wish == KEEP and custom.convert is Convert.CHOICES:
            review.report(here, "`keep` is for one value, and this field holds several")


def _check_unique(review: Review, at: Path, customs: Iterable[CustomFieldSync], taken: Iterable[str]) -> None:
    """Refuse two rules that write the same field: they would conflict."""
    written: Mapping[str, set[str]] = {"origin": set(), "linked": set(taken)}
    for position, custom in enumerate(customs):
        for end, source in (("origin", Side.LINKED), ("linked", Side.ORIGIN)):
            field = getattr(custom, end)
            if field in written[end]:
                review.report((*at, position, end), "another rule is about this field already")
            if custom.direction.carries(source):
                written[end].add(field)


CUSTOM: FieldKind[tuple[CustomFieldSync, ...]] = FieldKind(
    "custom", tuple[CustomFieldSync, ...], (), _rules, _check, place=5
)

"""`tags`: keeps tags in sync with labels."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.config.field_kind import (
    FieldKind,
    FieldsSettings,
)
from escalation_bridge.config.fields.severity import SEVERITY
from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.tags import TagsRule, folded_tag
from escalation_bridge.plugin.settings import Settings

if TYPE_CHECKING:
    from escalation_bridge.config.routes import RouteSettings


_ALIKE = "upper and lower case, spaces, - and _ make no difference"


class TagsSync(Settings):
    """Keep the listed tags in sync with labels, and no others."""

    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    map: Mapping[Word, Word] = Field(default_factory=dict)
    """Maps a tag of the origin to its name at the linked side."""
    same: tuple[Word, ...] = ()
    """Tags with the same name on both sides; `*` matches anything."""
    prefix: str = ""
    """A prefix of the tags under `same` at the linked side."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.map and not self.same:
            raise PydanticCustomError("no_tags", "tags need map, same or both; all tags: same: ['*']")
        return self


def _rules(tags: TagsSync | None, fields: FieldsSettings) -> Iterator[TagsRule]:
    if tags is not None:
        labels = tuple(_severity_labels(fields))
        yield TagsRule(tags.direction, tags.map, tags.same, tags.prefix, not_these=labels)


def _severity_labels(fields: FieldsSettings) -> Iterable[str]:
    severity = fields.of(SEVERITY)
    return severity.labels.values() if severity is not None else ()


def _check(review: Review, at: Path, tags: TagsSync | None, route: "RouteSettings") -> None:
    if tags is None:
        return
    if tags.prefix and not tags.same:
        review.report(
            (*at, "prefix"), "it is put before the tags under `same`, and there are none", of_key=True
        )
    reserved = {folded_tag(label): "the severity" for label in _severity_labels(route.fields)}
    seen: dict[str, str] = {}
    for tag, label in tags.map.items():
        here = (*at, "map", tag)
        taken = reserved.get(folded_tag(label))
        if taken is not None:
            review.report(here, f"{name(label)} stands for {taken} already, under `severity.labels`")
        if folded_tag(tag) in {folded_tag(each) for each in seen.values()}:
            review.report(here, f"{name(tag)} is there already: {_ALIKE}", of_key=True)
        other = seen.setdefault(folded_tag(label), tag)
        if other != tag:
            review.report(
                here,
                f"{name(other)} becomes {name(label)} already; which of them is meant would be ambiguous ({_ALIKE})",
            )


TAGS: FieldKind[TagsSync | None] = FieldKind("tags", TagsSync | None, None, _rules, _check, place=4)

"""`severity`: the case's severity, shown on the linked ticket."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.config.field_kind import FieldKind, FieldsSettings
from escalation_bridge.config.values import Word
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRule
from escalation_bridge.domain.routes.fields.tags import TagRule, folded_tag
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.plugin.settings import Settings

if TYPE_CHECKING:
    pass


class SeveritySync(Settings):
    """Show the case's severity on the linked ticket: in a field with choices, or by a label."""

    field: Word | None = None
    """The id of a field of the linked side."""
    values: Mapping[Severity, Word] = Field(default_factory=dict)
    """The field's value for emergency and for standard. An unmapped severity is written as it is."""
    labels: Mapping[Severity, Word] = Field(default_factory=dict)
    """The linked ticket's label for emergency and for standard."""

    @model_validator(mode="after")
    def _field_or_labels(self) -> Self:
        if (self.field is None) is not bool(self.labels):
            raise PydanticCustomError("severity", "severity needs either a field, with its values, or labels")
        if self.values and self.field is None:
            raise PydanticCustomError("severity", "values belong to a field; name it under field")
        return self


def _rules(severity: SeveritySync | None, _: FieldsSettings) -> Iterator[FieldRule]:
    if severity is None:
        return
    if severity.field is not None:
        yield CustomRule(
            key="severity",
            direction=Direction.TO_LINKED,
            ids={Side.LINKED: severity.field},
            convert=Convert.CHOICE,
            values=tuple((each.value, severity.values.get(each, each.value)) for each in Severity),
        )
    for each, label in severity.labels.items():
        yield TagRule(
            key=f"severity:{each}",
            direction=Direction.TO_LINKED,
            names={Side.ORIGIN: each.value, Side.LINKED: label},
            severity=each,
        )


def _check(review: Review, at: Path, severity: SeveritySync | None, _: object) -> None:
    if severity is None:
        return
    if len(severity.labels) > 1 and len({folded_tag(label) for label in severity.labels.values()}) == 1:
        word, label = list(severity.labels.items())[-1]
        review.report(
            (*at, "labels", word.value),
            f"{name(label)} would stand for both severities; leave one of them out",
        )


SEVERITY: FieldKind[SeveritySync | None] = FieldKind(
    "severity", SeveritySync | None, None, _rules, _check, place=2
)

"""What an admin writes about the fields of a route that are kept in step."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from escalation_bridge.domain.routes.field_rules import Direction
from escalation_bridge.domain.routes.field_values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Priority, Severity
from escalation_bridge.plugin.settings import Settings


def _as_text(value: object) -> object:
    """Ids are often numbers, which nobody puts in quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[
    Annotated[str, Field(min_length=1)], BeforeValidator(_as_text, json_schema_input_type=str | int)
]
"""A value, a tag, an id or a person's address; nothing is no value."""
KeepWord = Literal["keep"]


class PrioritySync(Settings):
    """The priority in step. One that a map does not name passes unchanged; `keep` changes nothing on the other side."""

    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose priority wins when both changed at once: origin or linked. Left out: a person chooses."""
    to_linked: Mapping[Priority, Priority | KeepWord] = Field(default_factory=dict)
    """What the linked ticket gets; the linked ticket begins with it, too."""
    to_origin: Mapping[Priority, Priority | KeepWord] = Field(default_factory=dict)
    """What the customer's ticket gets."""
    one_way: tuple[Priority, ...] = ()
    """Keys of either map that are meant to come back as another priority."""


class SeveritySync(Settings):
    """The case's severity, shown on the linked ticket: in a field with choices, or by a label."""

    field: Word | None = None
    """The id of a field of the linked side."""
    values: Mapping[Severity, Word] = Field(default_factory=dict)
    """What the field shows for emergency and for standard. One that is not named: the word itself."""
    labels: Mapping[Severity, Word] = Field(default_factory=dict)
    """Which label the linked ticket carries for emergency and for standard."""

    @model_validator(mode="after")
    def _field_or_labels(self) -> Self:
        if (self.field is None) is not bool(self.labels):
            raise PydanticCustomError("severity", "severity needs either a field, with its values, or labels")
        if self.values and self.field is None:
            raise PydanticCustomError("severity", "values belong to a field; name it under field")
        return self


class AssigneeSync(Settings):
    """The assignee in step. Who has the same e-mail address on both sides is the same person."""

    direction: Direction = Direction.TO_ORIGIN
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose assignee wins when both changed at once. Left out: a person chooses."""
    users: Mapping[Word, Word | tuple[Word, ...]] = Field(default_factory=dict)
    """An agent at the origin, and the same person at the linked side, each by e-mail address or id.

    Of several people at the linked side each is that agent at the origin, and the first one is who the agent is there.
    """
    default: Mapping[Side, Word] = Field(default_factory=dict)
    """By side (origin, linked), who gets what is assigned to somebody unknown there. Left out: the assignee there stays."""


class TagsSync(Settings):
    """Tags in step with labels: those that are named here, and no others."""

    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    map: Mapping[Word, Word] = Field(default_factory=dict)
    """A tag at the origin, and what it is called at the linked side."""
    same: tuple[Word, ...] = ()
    """Tags that have the same name on both sides; `*` stands for anything."""
    prefix: str = ""
    """What the tags under `same` begin with at the linked side besides."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.map and not self.same:
            raise PydanticCustomError("no_tags", "tags need map, same or both; all tags: same: ['*']")
        return self


class CustomFieldSync(Settings):
    """A custom field of the origin in step with one of the linked side."""

    origin: Word
    """The field's id at the origin."""
    linked: Word
    """The field's id at the linked side."""
    label: Word | None = None
    """What people call the field: so it is named in notes and in the history, and in `/bridge choose`. Left out: the ids."""
    direction: Direction = Direction.BOTH
    """to_linked, to_origin or both."""
    owner: Side | None = None
    """Whose value wins when both changed at once. Left out: a person chooses."""
    convert: Convert = Convert.TEXT
    """What the fields hold: text, number, date, datetime, yes_no, choice (one of several) or choices (any of several)."""
    values: Mapping[Word, Word] = Field(default_factory=dict)
    """A value at the origin, and the choice at the linked side that means the same; `keep` changes nothing there.

    What is not listed is never guessed: it holds the field. Without `values` everything passes unchanged.
    """
    one_way: tuple[Word, ...] = ()
    """Keys of `values` that are meant to come back as another value."""


class FieldsSync(Settings):
    """Which fields besides the status are kept in step, each with its own direction and owner. What is left out is not."""

    priority: PrioritySync | None = None
    severity: SeveritySync | None = None
    assignee: AssigneeSync | None = None
    tags: TagsSync | None = None
    custom: tuple[CustomFieldSync, ...] = ()

"""Conditions in the configuration file: syntax and validation."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from escalation_bridge.configfile import Path
from escalation_bridge.configfile.findings import list_names, name, quote, suggest
from escalation_bridge.domain.tickets.conditions import (
    CUSTOM,
    FIELDS,
    SINGLE_VALUE,
    WITHOUT_VALUE,
    Condition,
    FieldKind,
    Operator,
    Test,
    field_named,
    having,
    parse_moments,
    parse_number,
    written,
)
from escalation_bridge.plugin.settings import Settings


def _field_name(value: str) -> str:
    if field_named(value) is None:
        words = ", ".join(map(repr, FIELDS))
        raise PydanticKnownError("literal_error", {"expected": f"{words} or '{CUSTOM}<id of the field>'"})
    return value


def _values(value: object) -> object:
    values = value if isinstance(value, list | tuple) else (value,)
    if not values or not all(isinstance(each, str | int | float) for each in values):
        raise PydanticCustomError("values", "allowed: a value, or a list of at least one")
    if any(isinstance(each, str) and not each.strip() for each in values):
        raise PydanticCustomError(
            "blank_value", "allowed: a value that is not empty (not_present asks for fields without one)"
        )
    return tuple(each if isinstance(each, str) else written(each) for each in values)


FieldName = Annotated[
    str,
    AfterValidator(_field_name),
    WithJsonSchema(
        {"type": "string", "pattern": "^(" + "|".join(FIELDS).replace(".", r"\.") + r"|custom\..+)$"}
    ),
]
_VALUE: dict[str, Any] = {"type": ["string", "number", "boolean"]}
Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_values),
    WithJsonSchema({"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "minItems": 1}]}),
]
"""One value or a list; numbers, true and false are accepted like texts."""


class TestSettings(Settings):
    """A comparison of one field: the field, and exactly one operator with its value."""

    __test__ = False  # pytest requires this of a class with this name

    field: FieldName
    """A field of the ticket: see docs/policies.md."""
    is_: Values | None = Field(default=None, alias="is")
    """One of these."""
    is_not: Values | None = None
    """None of these."""
    contains: Values | None = None
    """At least one of these: a whole tag for tags, a part of the text for other fields."""
    contains_not: Values | None = None
    """None of these."""
    starts_with: Values | None = None
    """At least one of these."""
    less_than: Values | None = None
    """A priority or a number."""
    greater_than: Values | None = None
    """A priority or a number."""
    before: Values | None = None
    """A date, which is a day in UTC, or an instant."""
    after: Values | None = None
    """A date, which is a day in UTC, or an instant."""
    present: Literal[True] | None = None
    """true: it has any value."""
    not_present: Literal[True] | None = None
    """true: it has none."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(_operators(self)) != 1:
            raise PydanticCustomError(
                "one_operator", "a test needs a field and exactly one of " + ", ".join(Operator)
            )
        return self


def _operators(test: TestSettings) -> dict[Operator, tuple[str, ...]]:
    given: dict[Operator, Any] = {each: getattr(test, _ATTRIBUTES.get(each, each)) for each in Operator}
    return {
        operator: () if operator in WITHOUT_VALUE else values
        for operator, values in given.items()
        if values is not None
    }


_ATTRIBUTES = {Operator.IS: "is_"}
"""Attributes whose name differs from the operator."""


def _at_least_one(value: object) -> object:
    # Before the items are parsed: pydantic counts valid items only.
    if isinstance(value, list | tuple) and not value:
        raise PydanticKnownError("too_short", {"field_type": "List", "min_length": 1, "actual_length": 0})
    return value


Tests = (
    Annotated[
        tuple[TestSettings, ...],
        BeforeValidator(_at_least_one),
        Field(json_schema_extra={"minItems": 1}),
    ]
    | None
)


class ConditionSettings(Settings):
    """All of `all`, at least one of `any` and none of `none`."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    all: Tests = None
    any: Tests = None
    none: Tests = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.all is None and self.any is None and self.none is None:
            raise PydanticCustomError("empty_condition", "a condition needs tests under all, any or none")
        return self


def _form(value: object) -> str:
    is_long = isinstance(value, ConditionSettings) or (
        isinstance(value, Mapping) and not value.keys().isdisjoint(ConditionSettings.model_fields)
    )
    return "ConditionSettings" if is_long else "Mapping"


WrittenCondition = ConditionSettings | Mapping[str, tuple[str, ...]]
When = Annotated[
    # Findings use these tags to distinguish the two forms.
    Annotated[ConditionSettings, Tag("ConditionSettings")]
    | Annotated[
        Mapping[FieldName, Values], Tag("Mapping"), Field(json_schema_extra={"additionalProperties": False})
    ],
    Discriminator(_form),
]
"""A condition: `all`, `any` and `none` with tests, or, as a short form, fields with their allowed values."""


def condition_of(when: WrittenCondition) -> Condition:
    """Convert the settings to a condition."""
    placed = list(_placed_tests(when))

    def of(group: str) -> tuple[Test, ...]:
        return tuple(each.test for each in placed if each.group == group)

    return Condition(of("all"), of("any"), of("none"))


class Placed(NamedTuple):
    """A test, its group, and the path of its operator below the condition."""

    test: Test
    group: str
    path: Path


def _placed_tests(when: WrittenCondition) -> Iterator[Placed]:
    if isinstance(when, Mapping):
        for key, values in when.items():
            yield Placed(Test(str(key), having(field_named(key)), values), "all", (str(key),))
        return
    for group in ConditionSettings.model_fields:
        for position, written_test in enumerate(getattr(when, group) or ()):
            ((operator, values),) = _operators(written_test).items()
            test = Test(written_test.field, operator, values)
            yield Placed(test, group, (group, position, operator.value))


# --- what can be wrong with it --------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """An error in a condition.

    Attributes:
        path: Its location below the condition.
        of_key: It concerns the key that the path ends with.
    """

    path: Path
    message: str
    of_key: bool = False


def problems(when: WrittenCondition, connections: tuple[str, ...]) -> Iterator[Problem]:
    """Report operators that do not fit their fields, and values that can never occur."""
    for test, _, path in _placed_tests(when):
        field = field_named(test.field)
        if field is None:
            raise AssertionError("the model lets no unknown field through")
        if test.operator not in field.kind.operators:
            allowed = ", ".join(field.kind.operators)
            yield Problem(
                path, f"{test.field} cannot be tested with {test.operator}; allowed: {allowed}", True
            )
            continue
        if test.operator in SINGLE_VALUE and len(test.values) > 1:
            yield Problem(path, f"{test.operator} compares with one value, not with a list")
            continue
        choices = connections if test.field == "connection" else field.choices
        for value in test.values:
            if choices and value.casefold() not in {choice.casefold() for choice in choices}:
                yield Problem(path, _unknown(test.field, value, choices))
            elif (allowed_form := _form_missed(field.kind, test.operator, value)) is not None:
                yield Problem(path, f"found {quote(value)}; allowed: {allowed_form}")


def _unknown(field: str, value: str, choices: tuple[str, ...]) -> str:
    return f"unknown {field} {name(value)}{suggest(value, choices) or ';'} known: {list_names(choices)}"


def _form_missed(kind: FieldKind, operator: Operator, value: str) -> str | None:
    if operator in (Operator.BEFORE, Operator.AFTER) and parse_moments(value) is None:
        return "a date such as 2026-12-31, or an instant such as 2026-12-31T09:00:00+07:00"
    is_size = operator in (Operator.LESS_THAN, Operator.GREATER_THAN)
    if is_size and kind is FieldKind.ANY and parse_number(value) is None:
        return "a number"
    return None

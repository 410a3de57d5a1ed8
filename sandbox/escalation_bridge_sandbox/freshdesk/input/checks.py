"""Checking a request's values the way the vendor does: every fault is named, in one answer."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime

from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be,
    it_should_be_one_of,
    missing,
    unexpected,
    wrong_type,
)

Check = Callable[[str, object], FieldProblem | None]

_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_NAMED_EMAIL = re.compile(rf"[^<>]*<{_EMAIL.pattern}>")
BLANK = "It should not be blank as this is a mandatory field"
EMAIL_FORMAT = "It should be in the 'valid email address' format"


def integer(name: str, value: object) -> FieldProblem | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return wrong_type(name, value, it_should_be("Integer"))
    return None


def positive_integer(name: str, value: object) -> FieldProblem | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return wrong_type(name, value, it_should_be("Positive Integer"))
    if value <= 0:
        return invalid_value(name, it_should_be("Positive Integer"))
    return None


def decimal(name: str, value: object) -> FieldProblem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong_type(name, value, it_should_be("Number"))
    return None


def boolean(name: str, value: object) -> FieldProblem | None:
    return None if isinstance(value, bool) else wrong_type(name, value, it_should_be("Boolean"))


def string(name: str, value: object) -> FieldProblem | None:
    return None if isinstance(value, str) else wrong_type(name, value, it_should_be("String"))


def string_up_to(length: int) -> Check:
    def check(name: str, value: object) -> FieldProblem | None:
        if not isinstance(value, str):
            return string(name, value)
        if len(value) > length:
            return invalid_value(
                name, f"Has {len(value)} characters, it can have maximum of {length} characters"
            )
        return None

    return check


def filled_string(name: str, value: object) -> FieldProblem | None:
    if isinstance(value, str) and not value.strip():
        return invalid_value(name, BLANK)
    return string(name, value)


def filled_string_up_to(length: int) -> Check:
    return _both(filled_string, string_up_to(length))


def email(name: str, value: object) -> FieldProblem | None:
    if not isinstance(value, str):
        return string(name, value)
    return None if _EMAIL.fullmatch(value) else invalid_value(name, EMAIL_FORMAT)


def emails(name: str, value: object) -> FieldProblem | None:
    """A list of addresses, each with or without a name before it."""
    if not isinstance(value, list):
        return wrong_type(name, value, it_should_be("Array"))
    for entry in value:
        if not isinstance(entry, str) or not (_EMAIL.fullmatch(entry) or _NAMED_EMAIL.fullmatch(entry)):
            return invalid_value(name, EMAIL_FORMAT)
    return None


def strings_up_to(length: int) -> Check:
    def check(name: str, value: object) -> FieldProblem | None:
        if not isinstance(value, list):
            return wrong_type(name, value, it_should_be("Array"))
        for entry in value:
            if not isinstance(entry, str):
                return wrong_type(name, entry, it_should_be("String"))
            if len(entry) > length:
                return invalid_value(
                    name, f"It should only contain elements that have maximum of {length} characters"
                )
        return None

    return check


def positive_integers(name: str, value: object) -> FieldProblem | None:
    if not isinstance(value, list):
        return wrong_type(name, value, it_should_be("Array"))
    return next((problem for entry in value if (problem := positive_integer(name, entry))), None)


def key_values(name: str, value: object) -> FieldProblem | None:
    return None if isinstance(value, dict) else wrong_type(name, value, it_should_be("key/value pair"))


def one_of(values: Collection[object]) -> Check:
    """One of some values, and of their type: `"2"` is no status."""
    expected = it_should_be_one_of(values)
    kinds = {type(value) for value in values}

    def check(name: str, value: object) -> FieldProblem | None:
        if type(value) not in kinds:
            return wrong_type(name, value, expected)
        return None if value in values else invalid_value(name, expected)

    return check


def instant(name: str, value: object) -> FieldProblem | None:
    if isinstance(value, str) and parse_instant(value) is not None:
        return None
    return wrong_type(name, value, it_should_be("DateTime"))


def day(name: str, value: object) -> FieldProblem | None:
    if (
        isinstance(value, str)
        and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
        and parse_instant(value) is not None
    ):
        return None
    return invalid_value(name, "It should be in the 'YYYY-MM-DD' format")  # wording not verified


def or_null(check: Check) -> Check:
    return lambda name, value: None if value is None else check(name, value)


def _both(first: Check, second: Check) -> Check:
    return lambda name, value: first(name, value) or second(name, value)


def parse_instant(text: str) -> datetime | None:
    """An instant in one of the documented formats; without a zone it is UTC. None when it is none."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?", text):
            return None
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def refuse_unknown(given: Iterable[str], allowed: Collection[str]) -> None:
    """Refuse fields or parameters that the endpoint does not have; nothing else is checked before that.

    Raises:
        Invalid: Naming each.
    """
    strangers = [unexpected(name) for name in given if name not in allowed]
    if strangers:
        raise Invalid(strangers)


def problems_in(body: Mapping[str, object], checks: Mapping[str, Check]) -> list[FieldProblem]:
    """What is wrong with the values that are given."""
    return [problem for name, value in body.items() if (problem := checks[name](name, value)) is not None]


def missing_among(body: Mapping[str, object], required: Mapping[str, str]) -> list[FieldProblem]:
    """The mandatory fields that are not given; `required` says what each should be."""
    return [missing(name, expected) for name, expected in required.items() if name not in body]

"""The query language of `GET /search/tickets`: `"(type:'Question' OR tag:null) AND priority:>2"`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be,
    unexpected,
    wrong_type,
)
from escalation_bridge_sandbox.freshdesk.state.form import TicketForm

QUERY_LENGTH = 512

Predicate = Callable[[Mapping[str, object]], bool]


class FieldType(Enum):
    INTEGER = "Integer"
    TEXT = "String"
    FLAG = "Boolean"
    DAY = "Date"


TICKET_FIELDS = {
    "agent_id": FieldType.INTEGER,
    "group_id": FieldType.INTEGER,
    "priority": FieldType.INTEGER,
    "status": FieldType.INTEGER,
    "tag": FieldType.TEXT,
    "type": FieldType.TEXT,
    "due_by": FieldType.DAY,
    "fr_due_by": FieldType.DAY,
    "created_at": FieldType.DAY,
    "updated_at": FieldType.DAY,
}
# Paragraphs cannot be searched; neither the subject, the description nor the requester.
CUSTOM_TYPES = {
    "custom_text": FieldType.TEXT,
    "custom_dropdown": FieldType.TEXT,
    "custom_number": FieldType.INTEGER,
    "custom_checkbox": FieldType.FLAG,
    "custom_date": FieldType.DAY,
}

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\()
      | (?P<close>\))
      | (?P<word>AND|OR)(?=[\s(])
      | (?P<field>[A-Za-z_][A-Za-z0-9_]*)\s*:\s*(?P<comparison>[<>])?\s*
        (?:'(?P<quoted>[^']*)'|(?P<bare>[^\s()']+))
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    match: re.Match[str]


def searchable_fields(form: TicketForm) -> dict[str, FieldType]:
    custom = {
        name: CUSTOM_TYPES[field.type]
        for name, field in form.custom_fields.items()
        if field.type in CUSTOM_TYPES
    }
    return {**TICKET_FIELDS, **custom}


def compile_query(query: str | None, fields: Mapping[str, FieldType]) -> Predicate:
    """A test for the documents of the index.

    Raises:
        Invalid: The query is missing, not in double quotes, too long or not understood, or it names a field that
            cannot be searched or compares it with another type (codes documented, wording not verified).
    """
    if query is None:
        raise Invalid([FieldProblem("query", it_should_be("String"), "missing_field")])
    if len(query) < 2 or not (query.startswith('"') and query.endswith('"')):
        raise Invalid([invalid_value("query", "Query should be enclosed within double quotes")])
    inner = query[1:-1]
    if len(inner) > QUERY_LENGTH:
        raise Invalid(
            [
                invalid_value(
                    "query", f"Has {len(inner)} characters, it can have maximum of {QUERY_LENGTH} characters"
                )
            ]
        )
    return _Parser(_tokens(inner), fields).parse()


def _not_understood() -> Invalid:
    return Invalid([invalid_value("query", "Given query is invalid, check the format and try again")])


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise _not_understood()
        kind = next(name for name in ("open", "close", "word", "field") if match[name] is not None)
        tokens.append(_Token(kind, match))
        position = match.end()
    return tokens


class _Parser:
    """OR binds weaker than AND; parentheses group."""

    def __init__(self, tokens: list[_Token], fields: Mapping[str, FieldType]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._next = 0

    def parse(self) -> Predicate:
        test = self._any()
        if self._next < len(self._tokens):
            raise _not_understood()
        return test

    def _any(self) -> Predicate:
        tests = [self._all()]
        while self._take_word("OR"):
            tests.append(self._all())
        return lambda document: any(test(document) for test in tests)

    def _all(self) -> Predicate:
        tests = [self._single()]
        while self._take_word("AND"):
            tests.append(self._single())
        return lambda document: all(test(document) for test in tests)

    def _single(self) -> Predicate:
        token = self._take()
        if token.kind == "open":
            test = self._any()
            if self._take().kind != "close":
                raise _not_understood()
            return test
        if token.kind != "field":
            raise _not_understood()
        return self._comparison(token.match)

    def _comparison(self, match: re.Match[str]) -> Predicate:
        name = match["field"]
        if name not in self._fields:
            raise Invalid([unexpected(name)])
        wanted = _read_operand(name, match, self._fields[name])
        match match["comparison"]:
            # Documented: these are "greater than or equal to" and "less than or equal to".
            case ">":
                return lambda document: _in_order(wanted, document.get(name))
            case "<":
                return lambda document: _in_order(document.get(name), wanted)
            case _:
                return lambda document: _equals(document.get(name), wanted)

    def _take(self) -> _Token:
        if self._next == len(self._tokens):
            raise _not_understood()
        self._next += 1
        return self._tokens[self._next - 1]

    def _take_word(self, word: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next].match["word"] == word:
            self._next += 1
            return True
        return False


def _read_operand(name: str, match: re.Match[str], kind: FieldType) -> object:
    quoted, bare = match["quoted"], match["bare"]
    if bare == "null":
        return None
    if match["comparison"] and kind not in {FieldType.INTEGER, FieldType.DAY}:
        raise _not_understood()
    match kind:
        case FieldType.INTEGER if bare is not None and re.fullmatch(r"-?\d+", bare):
            return int(bare)
        case FieldType.FLAG if bare in {"true", "false"}:
            return bare == "true"
        case FieldType.TEXT:
            return quoted if quoted is not None else bare
        case FieldType.DAY if quoted is not None:
            try:
                return date.fromisoformat(quoted)
            except ValueError as problem:
                raise Invalid([invalid_value(name, "It should be in the 'YYYY-MM-DD' format")]) from problem
        case _:
            raise Invalid(
                [wrong_type(name, quoted if quoted is not None else bare, it_should_be(kind.value))]
            )


def _equals(value: object, wanted: object) -> bool:
    if isinstance(value, list):
        return wanted in value if wanted is not None else not value
    if isinstance(value, str) and isinstance(wanted, str):
        return value.lower() == wanted.lower()
    if isinstance(wanted, date):
        return _as_day(value) == wanted
    return value == wanted


def _in_order(low: object, high: object) -> bool:
    low, high = _as_day(low), _as_day(high)
    if isinstance(low, int) and isinstance(high, int):
        return low <= high
    return isinstance(low, date) and isinstance(high, date) and low <= high


def _as_day(value: object) -> object:
    """A custom date is stored as text."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value

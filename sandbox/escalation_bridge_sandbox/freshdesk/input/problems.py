"""The refusals of the API, with the bodies that the vendor answers.

Codes are those of the API documentation. Messages are as integrators' issue trackers quote them from live accounts,
where a quote was found; the others are marked "wording not verified" where they are raised.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import flask

JSON = "application/json"
Record = TypeVar("Record")


@dataclass(frozen=True)
class FieldProblem:
    """One entry of `errors`."""

    field: str
    message: str
    code: str


class Refusal(Exception):
    """An answer other than success. `body` None is an empty body."""

    def __init__(
        self, status: int, body: dict[str, object] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}

    def response(self) -> flask.Response:
        text = "" if self.body is None else json.dumps(self.body, separators=(",", ":"))
        return flask.Response(text, self.status, self.headers, mimetype=JSON)


class Invalid(Refusal):
    """400, or 409 where a value is taken, listing every field at fault."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        taken = all(problem.code == "duplicate_value" for problem in problems)
        super().__init__(
            409 if taken else 400,
            {
                "description": "Validation failed",
                "errors": [
                    {"field": problem.field, "message": problem.message, "code": problem.code}
                    for problem in problems
                ],
            },
        )
        self.problems = tuple(problems)


def missing(name: str, expected: str) -> FieldProblem:
    return FieldProblem(name, expected, "missing_field")


def unexpected(name: str) -> FieldProblem:
    return FieldProblem(name, "Unexpected/invalid field in request", "invalid_field")


def wrong_type(name: str, value: object, expected: str) -> FieldProblem:
    # The vendor's messages have no space after the first full stop.
    return FieldProblem(name, f"Value set is of type {type_name(value)}.{expected}", "datatype_mismatch")


def invalid_value(name: str, message: str) -> FieldProblem:
    return FieldProblem(name, message, "invalid_value")


def duplicate(name: str) -> FieldProblem:
    return FieldProblem(name, "It should be a unique value", "duplicate_value")


def no_match(name: str, record: str) -> FieldProblem:
    """A reference to a record that is not there (wording not verified)."""
    return invalid_value(name, f"There is no {record} matching the given {name}")


def it_should_be(kind: str) -> str:
    return f"It should be a/an {kind}"


def it_should_be_one_of(values: Collection[object]) -> str:
    return f"It should be one of these values: '{','.join(str(value) for value in values)}'"


def type_name(value: object) -> str:
    """How the vendor calls a JSON value's type."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "Float"
        case str():
            return "String"
        case list():
            return "Array"
        case _:
            return "key/value pair"


def not_found() -> Refusal:
    return Refusal(404)


def looked_up(records: Mapping[int, Record], number: int) -> Record:
    """The record with an id.

    Raises:
        Refusal: 404 if there is none.
    """
    if number not in records:
        raise not_found()
    return records[number]


def not_logged_in() -> Refusal:
    return Refusal(
        401, {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}
    )


def access_denied() -> Refusal:
    return Refusal(
        403, {"code": "access_denied", "message": "You are not authorized to perform this action."}
    )


def feature_missing(name: str) -> Refusal:
    """Recorded for other features than the API itself."""
    message = (
        f"The {name} feature(s) is/are not supported in your plan. Please upgrade your account to use it."
    )
    return Refusal(403, {"code": "require_feature", "message": message})


def account_suspended() -> Refusal:
    # Not verified: the help pages quote what people see, not what the API answers.
    return Refusal(403, {"code": "account_suspended", "message": "Your account has been suspended."})


def method_not_allowed(method: str, allowed: Collection[str]) -> Refusal:
    named = ", ".join(allowed)
    return Refusal(
        405,
        {"message": f"{method} method is not allowed. It should be one of these method(s): {named}"},
        {"Allow": named},
    )


def not_acceptable() -> Refusal:
    return Refusal(406)


def unsupported_media_type(content_type: str) -> Refusal:
    # Wording not verified.
    return Refusal(
        415, {"message": f"Content-Type header is set to {content_type}. It should be set to {JSON}"}
    )


def invalid_json() -> Refusal:
    return Refusal(400, {"code": "invalid_json", "message": "Request body has invalid json format"})


def rate_limited(retry_after: str | None) -> Refusal:
    # Wording not verified for accounts with limits per minute.
    return Refusal(
        429,
        {"message": "You have exceeded the limit of requests per minute"},
        {} if retry_after is None else {"Retry-After": retry_after},
    )


def not_in_sandbox() -> Refusal:
    """For what the vendor has and the stand-in has not: said plainly, so that nobody takes it for a 404."""
    return Refusal(
        501,
        {"code": "not_in_sandbox", "message": "Freshdesk has this endpoint; the sandbox does not offer it."},
    )

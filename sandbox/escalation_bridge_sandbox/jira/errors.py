"""How Jira refuses."""

from collections.abc import Mapping
from typing import Any


class JiraError(Exception):
    """A refusal with its HTTP status, general messages and messages by field."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages = list(messages)
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def body(self) -> object:
        return {"errorMessages": self.messages, "errors": self.errors}


class BareError(JiraError):
    """A refusal by a layer in front of Jira's own resources, which has another body."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, headers=headers)
        self._body = body

    def body(self) -> object:
        return self._body


class FieldProblem(Exception):
    """A value that a field does not take; the message is Jira's."""


def not_logged_in() -> BareError:
    """The answer of resources that nobody may use anonymously."""
    message = "Client must be authenticated to access this resource."
    return BareError(401, {"message": message, "status-code": 401})


def invalid_payload() -> JiraError:
    """Cloud's answer to a body that does not fit the operation's schema."""
    return JiraError(400, "Invalid request payload. Refer to the REST API documentation and try again.")


def field_errors(errors: Mapping[str, str]) -> JiraError:
    return JiraError(400, errors=errors)


def text_of(value: Any) -> str:
    """A value as Jira's messages show it."""
    return value if isinstance(value, str) else str(value)

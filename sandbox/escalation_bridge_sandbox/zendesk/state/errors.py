"""Refusals, in the shapes in which Zendesk answers them."""

from typing import Any

from escalation_bridge_sandbox.zendesk.state.records import Json


class ApiError(Exception):
    """An answer other than 2xx."""

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found() -> ApiError:
    return ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def forbidden() -> ApiError:
    return ApiError(
        403,
        {
            "error": {
                "title": "Forbidden",
                "message": "You do not have access to this page. "
                "Please contact the account owner of this help desk for further help.",
            }
        },
    )


def invalid_attribute(name: str, wanted: str) -> ApiError:
    """A parameter of the wrong type, found before the record is looked at."""
    return ApiError(
        400,
        {
            "error": {
                "title": "Invalid attribute",
                "message": f"You passed an invalid value for the {name} attribute. "
                f"Invalid parameter: {name} must be {wanted}",
            }
        },
    )


def unreadable_json() -> ApiError:
    return ApiError(422, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"})


def too_many_values(name: str) -> ApiError:
    return ApiError(
        400,
        {
            "error": "TooManyValues",
            "description": f"Parameter {name} cannot specify more than 100 values",
            "max_count": 100,
        },
    )


def record_invalid(attribute: str, *problems: Json) -> ApiError:
    """Validation of a record failed; a problem is `{"description": ..., "error": ...}`."""
    return ApiError(
        422,
        {
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": {attribute: list(problems)},
        },
    )


def invalid_value(attribute: str, label: str) -> ApiError:
    return record_invalid(attribute, {"description": f"{label}: is invalid", "error": "InvalidValue"})


def closed_ticket() -> ApiError:
    return record_invalid("status", {"description": "Status: closed prevents ticket update"})


def update_conflict() -> ApiError:
    return ApiError(
        409,
        {
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data. "
            "Please fetch the latest ticket data and try again.",
        },
    )


def webhook_error(status: int, code: str, title: str, detail: Any = None) -> ApiError:
    """The webhooks API has error documents of its own."""
    return ApiError(status, {"errors": [{"code": code, "title": title, "detail": detail or title}]})

"""What a webhook may be made of."""

from typing import Any
from urllib.parse import urlsplit

from escalation_bridge_sandbox.zendesk.automation.events import TICKET_EVENTS
from escalation_bridge_sandbox.zendesk.automation.webhooks import CONDITIONAL, CONTENT_TYPES
from escalation_bridge_sandbox.zendesk.state.errors import ApiError, webhook_error
from escalation_bridge_sandbox.zendesk.state.records import Json

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REQUIRED = ("name", "endpoint", "http_method", "request_format", "status")
WRITABLE = frozenset({*REQUIRED, "subscriptions", "description", "authentication"})
# Sent back by clients that update what they have read.
READ_ONLY = frozenset({"id", "created_at", "created_by", "updated_at", "updated_by", "custom_headers", "external_source",
                       "signing_secret"})  # fmt: skip
AUTHENTICATION = {
    "basic_auth": ("username", "password"),
    "bearer_token": ("token",),
    "api_key": ("name", "value"),
}


def checked_webhook(given: Any, *, is_complete: bool) -> Json:
    """The writable part of a `webhook` object.

    Args:
        given: What the request has under `webhook`.
        is_complete: Whether the required keys must be there (not when patching).

    Raises:
        ApiError: 400, saying what is wrong.
    """
    if not isinstance(given, dict):
        raise _invalid("webhook must be an object")
    unknown = sorted(given.keys() - WRITABLE - READ_ONLY)
    if unknown:
        raise _invalid(f"unknown field: {', '.join(unknown)}")
    if is_complete:
        missing = [key for key in REQUIRED if not given.get(key)]
        if missing:
            raise _invalid(f"{missing[0]} is required")
    values = {key: given[key] for key in given if key in WRITABLE}
    _check_choice(values, "http_method", METHODS)
    _check_choice(values, "request_format", tuple(CONTENT_TYPES))
    _check_choice(values, "status", ("active", "inactive"))
    if "name" in values and not isinstance(values["name"], str):
        raise _invalid("name must be a string")
    if "endpoint" in values:
        _check_endpoint(values["endpoint"])
    if values.get("authentication"):
        _check_authentication(values["authentication"])
    return values


def check_subscriptions(subscriptions: Any, http_method: str, request_format: str) -> None:
    """Either triggers and automations, or events; events are always POST and JSON.

    Raises:
        ApiError: 400, saying what is wrong.
    """
    if not isinstance(subscriptions, list) or not all(isinstance(item, str) for item in subscriptions):
        raise _invalid("subscriptions must be an array of strings")
    if subscriptions == [CONDITIONAL] or not subscriptions:
        return
    if CONDITIONAL in subscriptions:
        raise _invalid("conditional_ticket_events cannot be combined with other subscriptions")
    unknown = [item for item in subscriptions if item not in TICKET_EVENTS]
    if unknown:
        raise _invalid(f"subscription is invalid: {', '.join(unknown)}")
    if http_method != "POST" or request_format != "json":
        raise _invalid("webhooks subscribed to events must use POST and json")


def _check_choice(values: Json, key: str, choices: tuple[str, ...]) -> None:
    if key in values and values[key] not in choices:
        raise _invalid(f"{key} must be one of {', '.join(choices)}")


def _check_endpoint(endpoint: Any) -> None:
    parts = urlsplit(endpoint) if isinstance(endpoint, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise _invalid("endpoint must be a valid URL")


def _check_authentication(authentication: Any) -> None:
    if not isinstance(authentication, dict) or authentication.get("type") not in AUTHENTICATION:
        raise _invalid(f"authentication type must be one of {', '.join(AUTHENTICATION)}")
    data = authentication.get("data")
    needed = AUTHENTICATION[authentication["type"]]
    if not isinstance(data, dict) or not all(isinstance(data.get(key), str) and data[key] for key in needed):
        raise _invalid(f"authentication data must have {' and '.join(needed)}")
    if authentication.get("add_position") != "header":
        raise _invalid("authentication add_position must be header")


def _invalid(detail: str) -> ApiError:
    return webhook_error(400, "InvalidWebhook", "Webhook is invalid", detail)

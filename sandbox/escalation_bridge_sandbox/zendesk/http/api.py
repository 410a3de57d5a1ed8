"""What the views share: routes with and without `.json`, who asks, and reading bodies."""

from collections.abc import Callable
from typing import Any, cast

import flask

from escalation_bridge_sandbox.zendesk.state.errors import (
    forbidden,
    invalid_attribute,
    too_many_values,
    unreadable_json,
)
from escalation_bridge_sandbox.zendesk.state.records import Json, User
from escalation_bridge_sandbox.zendesk.tickets.desk import Deed

MOST_IDS = 100


class ApiBlueprint(flask.Blueprint):
    """Under `/api/v2`, where each path may end in `.json`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"zendesk_{name}", __name__, url_prefix="/api/v2")

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
        super().add_url_rule(f"{rule}.json", endpoint, view_func, provide_automatic_options, **options)


def current_user() -> User:
    """Who is logged in for this request."""
    return cast(User, flask.g.zendesk_user)


def by_api() -> Deed:
    """What this request does, it does in this name."""
    return Deed.by_api(current_user(), flask.request.headers.get("User-Agent", ""))


def admins_only() -> None:
    if not current_user().is_admin:
        raise forbidden()


def json_body() -> Json:
    """The request's JSON object.

    Raises:
        ApiError: 422, when it cannot be parsed; 400, when it is no object or not sent as JSON.
    """
    if flask.request.mimetype != "application/json":
        raise invalid_attribute("request body", "JSON, with Content-Type: application/json")
    body = flask.request.get_json(silent=True)
    if body is None:
        raise unreadable_json()
    if not isinstance(body, dict):
        raise invalid_attribute("request body", "an object")
    return body


def ids_parameter(name: str) -> list[str]:
    """A comma-separated parameter of at most 100 values."""
    values = [value for value in flask.request.args.get(name, "").split(",") if value]
    if len(values) > MOST_IDS:
        raise too_many_values(name)
    return values


def included() -> set[str]:
    """The records that are asked for beside the main ones."""
    return {name.strip() for name in flask.request.args.get("include", "").split(",") if name.strip()}


def base_url() -> str:
    """Where this request was sent to, for the links in its answer."""
    return flask.request.host_url.rstrip("/")

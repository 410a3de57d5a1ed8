"""Who is asking: e-mail and API token, or an OAuth access token with its scopes."""

import base64
import binascii
import hmac

import flask

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import ApiError, forbidden
from escalation_bridge_sandbox.zendesk.state.records import Grant, User
from escalation_bridge_sandbox.zendesk.state.state import State

TOKEN_SUFFIX = "/token"  # noqa: S105 - what follows the address in the user name
WHO_AM_I = ("/api/v2/users/me", "/api/v2/users/me.json")


def authenticate(state: State, clock: SandboxClock) -> User | None:
    """The user of the current request; None for nobody, who may only ask who they are.

    Raises:
        ApiError: 401, for wrong credentials or none; 403, for customers and for scopes that do not suffice.
    """
    header = flask.request.headers.get("Authorization")
    is_who_am_i = flask.request.path in WHO_AM_I
    if header is None:
        # Zendesk answers this one question to anybody: "Anonymous user", without an id.
        if is_who_am_i:
            return None
        raise _unauthenticated()
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        grant = state.grants.get(credentials.strip())
        if grant is None or grant.expires_at <= clock.now():
            raise _invalid_token()
        _check_scope(grant)
        user = state.users[grant.user_id]
    else:
        user = _by_api_token(state, scheme, credentials)
    if not user.is_staff and not is_who_am_i:
        raise forbidden()
    return user


def _by_api_token(state: State, scheme: str, credentials: str) -> User:
    if scheme.lower() != "basic":
        raise _unauthenticated()
    try:
        name, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise _unauthenticated() from problem
    user = state.user_by_email(name.removesuffix(TOKEN_SUFFIX))
    is_right = hmac.compare_digest(secret.encode(), seed.API_TOKEN.encode())
    # Passwords are no longer accepted for API requests.
    if user is None or not is_right or not name.endswith(TOKEN_SUFFIX):
        raise _unauthenticated()
    return user


def _check_scope(grant: Grant) -> None:
    needed = "read" if flask.request.method in ("GET", "HEAD") else "write"
    resource = flask.request.path.removeprefix("/api/v2/").partition("/")[0].removesuffix(".json")
    # Audits and search need the global scope (Zendesk's page on ticket audits).
    if needed in grant.scopes or (
        f"{resource}:{needed}" in grant.scopes and "audits" not in flask.request.path
    ):
        return
    raise ApiError(
        403,
        {
            "error": "insufficient_scope",
            "error_description": "The request requires higher privileges than provided by the access token.",
        },
    )


def _unauthenticated() -> ApiError:
    return ApiError(
        401, {"error": "Couldn't authenticate you"}, {"WWW-Authenticate": 'Basic realm="Web Password"'}
    )


def _invalid_token() -> ApiError:
    return ApiError(
        401,
        {
            "error": "invalid_token",
            "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons.",
        },
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )

"""`POST /oauth/tokens`: client credentials, and refresh tokens that are good once."""

import hmac
import secrets
from datetime import datetime, timedelta

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.records import Grant, Json

# In seconds: five minutes to two days, and seven to ninety days.
ACCESS_LIFE = (300, 172_800)
REFRESH_LIFE = (604_800, 7_776_000)

RESOURCES = frozenset(
    "tickets users auditlogs organizations hc apps triggers automations targets webhooks macros requests "
    "satisfaction_ratings dynamic_content any_channel_integration web_widget groups search".split()
)


def oauth_blueprint(vendor: ZendeskAccount) -> flask.Blueprint:
    """The token endpoint; it is not part of `/api/v2`."""
    oauth = flask.Blueprint("zendesk_oauth", __name__)

    @oauth.post("/oauth/tokens")
    def give_token() -> Json:
        asked = flask.request.get_json(silent=True) if flask.request.is_json else flask.request.form.to_dict()
        if not isinstance(asked, dict):
            raise _refusal(400, "invalid_request", "The request is missing a required parameter.")
        _check_client(asked)
        now = vendor.clock.now()
        match asked.get("grant_type"):
            case "client_credentials":
                # A client acts in the name of the admin who made it, and can always ask again: no refresh token.
                scopes = _scopes(asked.get("scope", "read"))
                grant = _new_grant(asked, now, seed.BRIDGE.id, scopes, with_refresh=False)
            case "refresh_token":
                grant = _rotated(vendor, asked, now)
            case _:
                raise _refusal(
                    400, "unsupported_grant_type", "The authorization grant type is not supported."
                )
        vendor.state.add_grant(grant)
        return _answer(grant, now)

    return oauth


def _check_client(asked: Json) -> None:
    secret = str(asked.get("client_secret", ""))
    is_right = hmac.compare_digest(secret.encode(), seed.OAUTH_CLIENT_SECRET.encode())
    if asked.get("client_id") != seed.OAUTH_CLIENT_ID or not is_right:
        raise _refusal(401, "invalid_client", "Client authentication failed due to unknown client.")


def _rotated(vendor: ZendeskAccount, asked: Json, now: datetime) -> Grant:
    token = asked.get("refresh_token")
    old = next(
        (grant for grant in vendor.state.grants.values() if token and grant.refresh_token == token), None
    )
    if old is None or old.refresh_expires_at is None or old.refresh_expires_at <= now:
        raise _refusal(
            400, "invalid_grant", "The provided authorization grant is invalid, expired or revoked."
        )
    scopes = _scopes(asked["scope"]) if asked.get("scope") else old.scopes
    grant = _new_grant(asked, now, old.user_id, scopes, with_refresh=True)
    # The old pair is gone, the access token included.
    del vendor.state.grants[old.access_token]
    return grant


def _new_grant(
    asked: Json, now: datetime, user_id: int, scopes: frozenset[str], *, with_refresh: bool
) -> Grant:
    life = _life(asked, "expires_in", ACCESS_LIFE, seed.ACCESS_TOKEN_LIFE)
    refresh_life = _life(asked, "refresh_token_expires_in", REFRESH_LIFE, seed.REFRESH_TOKEN_LIFE)
    return Grant(
        access_token=secrets.token_hex(32),
        refresh_token=secrets.token_hex(32) if with_refresh else None,
        user_id=user_id,
        scopes=scopes,
        expires_at=now + life,
        refresh_expires_at=now + refresh_life if with_refresh else None,
    )


def _life(asked: Json, name: str, bounds: tuple[int, int], default: timedelta) -> timedelta:
    if asked.get(name) is None:
        return default
    shortest, longest = bounds
    text = str(asked[name])
    if not text.isdigit() or not shortest <= int(text) <= longest:
        raise _refusal(400, "invalid_request", f"{name} must be between {shortest} and {longest} seconds.")
    return timedelta(seconds=int(text))


def _scopes(text: object) -> frozenset[str]:
    scopes = frozenset(str(text).split())
    for scope in scopes:
        resource, _, access = scope.partition(":")
        if scope not in ("read", "write") and (resource not in RESOURCES or access not in ("read", "write")):
            raise _refusal(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    return scopes


def _answer(grant: Grant, now: datetime) -> Json:
    answer: Json = {
        "access_token": grant.access_token,
        "token_type": "bearer",
        "scope": " ".join(sorted(grant.scopes)),
        "expires_in": int((grant.expires_at - now).total_seconds()),
    }
    if grant.refresh_expires_at is not None:
        answer["refresh_token"] = grant.refresh_token
        answer["refresh_token_expires_in"] = int((grant.refresh_expires_at - now).total_seconds())
    return answer


def _refusal(status: int, error: str, description: str) -> ApiError:
    return ApiError(status, {"error": error, "error_description": description})

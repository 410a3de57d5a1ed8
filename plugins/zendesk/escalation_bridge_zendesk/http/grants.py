"""Request access tokens from Zendesk: by client credentials, or by a refresh token that can be used once."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    SIGN_IN,
    AuthenticationFailed,
    JsonPart,
    PermissionDenied,
    Rejected,
    Renewed,
    RotatingGrant,
    Secret,
    TicketNotFound,
    Token,
    TokenFile,
    Transport,
    UnreadableAnswer,
)
from escalation_bridge_zendesk.settings import OAuthClient

_LIFETIME = 1800
"""Seconds; Zendesk's default and its only choice for clients made since 30 April 2026."""
_HEADROOM = timedelta(seconds=60)
"""How long before its expiry a token is renewed."""

_CLIENT = "Check the OAuth client's identifier and secret, that it still exists, and that it is a confidential client."
_SCOPE = "Check sign_in.oauth.scope against the scopes that the OAuth client is allowed."
_AUTHORISE = (
    "Let the bridge's user grant access anew, and write the new refresh token as sign_in.oauth.refresh_token."
)
_ADVICE: Mapping[str, str] = {"invalid_client": _CLIENT, "invalid_scope": _SCOPE, "invalid_grant": _AUTHORISE}


class ClientCredentials:
    """The client credentials grant. It gives no refresh token: an expired token is replaced by asking again."""

    def __init__(self, tokens: Transport, client: OAuthClient, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._client = client
        self._now = now

    def token(self, refused: str | None) -> Token:  # noqa: ARG002 - each one is new
        """Request a token.

        Raises:
            AuthenticationFailed: Zendesk issues none; the advice names what to check.
        """
        asked_at = self._now()
        form = {"grant_type": "client_credentials", "scope": self._client.scope}
        answer = _ask(self._tokens, self._client, form, repeatable=True)
        return Token(_granted(self._tokens, answer, "access_token"), asked_at + _usable_for(answer))


def rotating(
    tokens: Transport, client: OAuthClient, first: Secret, file: TokenFile, now: Callable[[], datetime]
) -> RotatingGrant:
    """The refresh token grant: each token can be used once."""

    def renew(refresh_token: str) -> Renewed:
        asked_at = now()
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": client.scope}
        answer = _ask(tokens, client, form, repeatable=False)
        return Renewed(
            _granted(tokens, answer, "access_token"),
            _granted(tokens, answer, "refresh_token"),
            asked_at + _usable_for(answer),
            _refresh_until(answer, asked_at),
        )

    setting = "sign_in.oauth.token_file"
    return RotatingGrant(
        tokens.connection, client.client_id, first.get_secret_value(), file, now, renew, setting
    )


def _ask(tokens: Transport, client: OAuthClient, form: Mapping[str, str], *, repeatable: bool) -> JsonPart:
    try:
        return tokens.request_json(
            SIGN_IN,
            "POST",
            "/oauth/tokens",
            data={
                **form,
                "client_id": client.client_id,
                "client_secret": client.client_secret.get_secret_value(),
                # The answer tells the lifetime only if the request asked for one.
                "expires_in": str(_LIFETIME),
            },
            repeatable=repeatable,
        )
    except (AuthenticationFailed, PermissionDenied, Rejected, TicketNotFound) as error:
        word = next((word for word in _ADVICE if word in error.message), None)
        problem = (
            "the refresh token is expired, revoked or used up" if word == "invalid_grant" else "no token"
        )
        raise AuthenticationFailed(
            f"{problem} for the OAuth client: {error.message}",
            error.at,
            advice=_ADVICE.get(word or "", f"{_CLIENT} {_SCOPE}"),
        ) from error


def _granted(tokens: Transport, answer: JsonPart, name: str) -> str:
    granted = (answer / name).maybe_text()
    if granted is None:
        tokens.refuse(UnreadableAnswer, SIGN_IN, f"the answer carries no {name}")
    return granted


def _usable_for(answer: JsonPart) -> timedelta:
    lifetime = timedelta(seconds=_seconds(answer / "expires_in") or _LIFETIME)
    return lifetime - min(_HEADROOM, lifetime / 10)


def _refresh_until(answer: JsonPart, asked_at: datetime) -> datetime | None:
    seconds = _seconds(answer / "refresh_token_expires_in")
    return asked_at + timedelta(seconds=seconds) if seconds else None


def _seconds(part: JsonPart) -> int | None:
    seconds = part.maybe_number()
    return seconds if seconds is not None and 0 < seconds < 10**9 else None

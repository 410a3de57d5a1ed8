"""Request access tokens from Atlassian: by a service account's credential, or by a person's refresh token that can be used once.

https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens
"""

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
    Token,
    TokenFile,
    Transport,
    UnreadableAnswer,
)
from escalation_bridge_jira.settings import OAuthClient

_EARLY = timedelta(minutes=2)
"""How long before its expiry a token is replaced."""
_UNUSED = timedelta(days=90)
"""The lifetime of an unused refresh token. Each use returns a new one."""
_AUTHORISE = (
    "Let the bridge's user grant the app access anew, as the plugin's README shows, and write the new refresh token as "
    "oauth.refresh_token."
)
_CLIENT = "Check oauth.client_id and oauth.client_secret in the developer console."


class ClientCredentials:
    """The client credentials grant. It has no refresh token: an expired token is replaced by a new request."""

    def __init__(self, tokens: Transport, client: OAuthClient, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._client = client
        self._now = now

    def token(self, refused: str | None) -> Token:  # noqa: ARG002 - each one is new
        """Request a token.

        Raises:
            AuthenticationFailed: Atlassian issues none.
        """
        began = self._now()
        answer = _ask(self._tokens, self._client, {"grant_type": "client_credentials"}, repeatable=True)
        return Token(_granted(self._tokens, answer, "access_token"), began + _usable_for(answer))


def rotating(
    tokens: Transport, client: OAuthClient, first: str, file: TokenFile, now: Callable[[], datetime]
) -> RotatingGrant:
    """The refresh token grant of an app that a person authorized."""

    def renew(refresh_token: str) -> Renewed:
        began = now()
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        answer = _ask(tokens, client, form, repeatable=False)
        return Renewed(
            _granted(tokens, answer, "access_token"),
            _granted(tokens, answer, "refresh_token"),
            began + _usable_for(answer),
            began + _UNUSED,
        )

    return RotatingGrant(
        tokens.connection, client.client_id, first, file, now, renew, setting="oauth.token_file"
    )


def _ask(tokens: Transport, client: OAuthClient, form: Mapping[str, str], *, repeatable: bool) -> JsonPart:
    body = {
        **form,
        "client_id": client.client_id,
        "client_secret": client.client_secret.get_secret_value(),
    }
    try:
        return tokens.request_json(SIGN_IN, "POST", "/oauth/token", json=body, repeatable=repeatable)
    except (AuthenticationFailed, PermissionDenied, Rejected) as error:
        # A spent refresh token is answered 403, with one of two words for it; a wrong client 401.
        spent = error.at.status == 403 and "refresh_token" in form
        subject = (
            "the refresh token is expired, revoked or used up" if spent else "the OAuth client id and secret"
        )
        message = subject if spent else f"Atlassian does not accept {subject}"
        advice = _AUTHORISE if spent else _CLIENT
        raise AuthenticationFailed(message, error.at, advice=advice) from error


def _granted(tokens: Transport, answer: JsonPart, name: str) -> str:
    granted = (answer / name).maybe_text()
    if granted is None:
        subject = "a token" if name == "access_token" else "a refresh token (was offline_access asked for?)"
        tokens.refuse(UnreadableAnswer, SIGN_IN, f"the token endpoint answered without {subject}")
    return granted


def _usable_for(answer: JsonPart) -> timedelta:
    life = timedelta(seconds=(answer / "expires_in").maybe_number() or 0)
    return max(life - _EARLY, timedelta(0))

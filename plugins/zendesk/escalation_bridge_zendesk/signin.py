"""Credentials on a request: a token that the bridge fetches itself, one that it is given, or the legacy API token."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from escalation_bridge.connection import Connection
from escalation_bridge.errors import AuthenticationFailed, PermissionDenied, Rejected, TicketNotFound
from escalation_bridge.transport import Transport
from escalation_bridge_zendesk.refusals import explain
from escalation_bridge_zendesk.settings import OAuthClient, ZendeskSettings
from escalation_bridge_zendesk.shapes import text

_LIFETIME = 1800
"""Seconds; Zendesk's default and its only choice for clients made since 30 April 2026."""
_HEADROOM = timedelta(seconds=60)
"""A token is renewed so long before it expires."""


def credentials(connection: Connection[ZendeskSettings]) -> AuthBase:
    """What puts this connection's credentials on a request."""
    sign_in = connection.settings.sign_in
    if sign_in.oauth is not None:
        tokens = Transport(
            connection.name,
            connection.settings.url,
            timeouts=connection.settings.timeouts,
            explain=explain,
        )
        return ClientCredentials(tokens, sign_in.oauth, connection.now)
    if sign_in.access_token is not None:
        return BearerToken(sign_in.access_token.get_secret_value())
    if sign_in.email is not None and sign_in.api_token is not None:
        name = f"{sign_in.email}/token"
        return HTTPBasicAuth(name.encode(), sign_in.api_token.get_secret_value().encode())
    raise AssertionError("the settings demand exactly one way to sign in")


class BearerToken(AuthBase):
    """A token that is given and never renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on the request."""
        _carry(request, self._token)
        return request


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    renew_at: datetime


class ClientCredentials(AuthBase):
    """Tokens by the OAuth client credentials grant: fetched when needed, kept in memory, shared by all threads.

    The grant gives no refresh token: an expired token is replaced by asking again. A request that is answered 401 is
    sent once more with a new token, because a token may be revoked before it expires.
    """

    def __init__(self, tokens: Transport, client: OAuthClient, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._current: _Token | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put a valid token on the request, and be ready to replace it."""
        token = self._valid()
        _carry(request, token)

        def once_more_if_refused(response: requests.Response, **how: Any) -> requests.Response:
            return self._once_more(response, token, how) if response.status_code == 401 else response

        request.hooks["response"].append(once_more_if_refused)
        return request

    def close(self) -> None:
        """Let go of the connections to the token endpoint."""
        self._tokens.close()

    def _once_more(self, refused: requests.Response, token: str, how: dict[str, Any]) -> requests.Response:
        with self._lock:
            if self._current is not None and self._current.value == token:
                self._current = None  # unless another thread has replaced it already
        again = refused.request.copy()
        refused.close()
        _carry(again, self._valid())
        # The adapter, not the session: the session would call this hook again.
        answer: requests.Response = refused.connection.send(again, **how)
        answer.request = again
        return answer

    def _valid(self) -> str:
        with self._lock:
            if self._current is None or self._now() >= self._current.renew_at:
                self._current = self._fetch()
            return self._current.value

    def _fetch(self) -> _Token:
        asked_at = self._now()
        try:
            answer = self._tokens.request_json(
                "sign_in",
                "POST",
                "/oauth/tokens",
                data={
                    "grant_type": "client_credentials",
                    "client_id": self._client.client_id,
                    "client_secret": self._client.client_secret.get_secret_value(),
                    "scope": self._client.scope,
                    # The answer tells the lifetime only if the request asked for one.
                    "expires_in": str(_LIFETIME),
                },
                repeatable=True,
            )
        except (AuthenticationFailed, PermissionDenied, Rejected, TicketNotFound) as error:
            raise AuthenticationFailed(
                f"no token for the OAuth client: {error.message}",
                error.at,
                advice="Check the client's identifier, secret and scope, and that it is a confidential client.",
            ) from error
        token = text(answer, "access_token") if isinstance(answer, dict) else None
        if token is None:
            self._tokens.refuse(AuthenticationFailed, "sign_in", "the answer carries no access_token")
        return _Token(token, asked_at + _usable_for(answer.get("expires_in")))


def _usable_for(expires_in: object) -> timedelta:
    told = isinstance(expires_in, int) and expires_in > 0
    lifetime = timedelta(seconds=expires_in if told and isinstance(expires_in, int) else _LIFETIME)
    return lifetime - min(_HEADROOM, lifetime / 10)


def _carry(request: requests.PreparedRequest, token: str) -> None:
    request.headers["Authorization"] = f"Bearer {token}"

"""Credentials on a request: a token that the bridge fetches itself, one that it is given, or the legacy API token."""

import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from escalation_bridge.connection import Connection
from escalation_bridge.transport import Transport
from escalation_bridge_zendesk.grants import ClientCredentials, Grant, RefreshToken, Token
from escalation_bridge_zendesk.refusals import explain
from escalation_bridge_zendesk.settings import SignInMethod, ZendeskSettings
from escalation_bridge_zendesk.tokenfile import TokenFile

API_TOKENS_END = date(2027, 4, 30)
"""When Zendesk has switched off every API token."""


def credentials(connection: Connection[ZendeskSettings]) -> AuthBase:
    """What puts this connection's credentials on a request."""
    sign_in = connection.settings.sign_in
    if sign_in.oauth is not None:
        client = sign_in.oauth
        tokens = Transport(
            connection.name,
            connection.settings.url,
            timeouts=connection.settings.timeouts,
            explain=explain,
        )
        if client.refresh_token is None or client.token_file is None:
            return RenewedToken(tokens, ClientCredentials(tokens, client, connection.now), connection.now)
        file = TokenFile(client.token_file)
        grant = RefreshToken(tokens, client, client.refresh_token, file, connection.now)
        return RenewedToken(tokens, grant, connection.now)
    if sign_in.access_token is not None:
        return BearerToken(sign_in.access_token.get_secret_value())
    if sign_in.email is not None and sign_in.api_token is not None:
        name = f"{sign_in.email}/token"
        return HTTPBasicAuth(name.encode(), sign_in.api_token.get_secret_value().encode())
    raise AssertionError("the settings demand exactly one way to sign in")


def advice_when_refused(method: SignInMethod, now: datetime) -> str:
    """What an admin can do when Zendesk answers 401. Zendesk uses one answer for a token that expired and one that was revoked."""
    if method == "oauth":
        return (
            "Zendesk refuses a token that it has just given: see that the user who made the OAuth client is active, "
            "and that the client was not switched off."
        )
    if method == "access_token":
        return (
            "The access token has expired or was revoked, and nothing renews it. Write a new one, or better let the bridge "
            "fetch its own: sign_in.oauth."
        )
    if now.date() > API_TOKENS_END:
        return "Zendesk switched all API tokens off on 30 April 2027. Create an OAuth client and use sign_in.oauth."
    return (
        "The API token is wrong, was deleted, or was switched off (Zendesk does so to tokens that nobody used for 30 days). "
        "Create an OAuth client and use sign_in.oauth: API tokens end on 30 April 2027."
    )


class BearerToken(AuthBase):
    """A token that is given and never renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on the request."""
        _carry(request, self._token)
        return request


class RenewedToken(AuthBase):
    """Short-lived tokens: fetched when needed, before they expire, once for all threads.

    A request that is answered 401 is sent once more with a new token, because a token may be revoked before it expires.
    """

    def __init__(self, tokens: Transport, grant: Grant, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._grant = grant
        self._now = now
        self._lock = threading.Lock()
        self._current: Token | None = None
        self._refused: str | None = None

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
                self._current, self._refused = None, token  # unless another thread has replaced it already
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
                self._current = self._grant.token(self._refused)
            return self._current.value


def _carry(request: requests.PreparedRequest, token: str) -> None:
    request.headers["Authorization"] = f"Bearer {token}"

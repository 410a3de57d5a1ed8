"""Credentials on a request: an API token, a personal access token, or a token that the bridge fetches for itself."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from escalation_bridge.connection import Connection
from escalation_bridge.errors import AuthenticationFailed, Rejected, UnreadableAnswer
from escalation_bridge.transport import Transport
from escalation_bridge_jira.settings import JiraSettings, OAuthClient

_EARLY = timedelta(minutes=2)
"""How long before its end a token is replaced."""


def credentials(connection: Connection[JiraSettings]) -> AuthBase:
    """What puts this connection's credentials on a request."""
    settings = connection.settings
    if settings.personal_access_token is not None:
        return BearerToken(settings.personal_access_token.get_secret_value())
    if settings.oauth is not None:
        return FetchedToken(connection, settings.oauth)
    if settings.email is None or settings.api_token is None:
        raise AssertionError("the settings are validated to hold one way to sign in")
    # As bytes: requests would write text in Latin-1.
    return HTTPBasicAuth(settings.email.encode(), settings.api_token.get_secret_value().encode())


class BearerToken(AuthBase):
    """Signs in with a token that is given."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on the request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class _Token:
    value: str
    renew_at: datetime


class FetchedToken(AuthBase):
    """Signs in with the short-lived tokens of a service account's OAuth 2.0 credential (client credentials).

    A token is fetched when the first request needs one, and anew before it ends, once for all threads. A request that
    is answered 401 is sent once more with a new one: a token can be revoked before its end.
    """

    def __init__(self, connection: Connection[JiraSettings], client: OAuthClient) -> None:
        self._client = client
        self._now = connection.now
        self._server = Transport(connection.name, client.server, timeouts=connection.settings.timeouts)
        self._lock = threading.Lock()
        self._current: _Token | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put a valid token on the request, and be ready to replace it."""
        token = self._valid()
        request.headers["Authorization"] = f"Bearer {token}"

        def once_more_if_refused(response: requests.Response, **how: Any) -> requests.Response:
            return self._once_more(response, token, how) if response.status_code == 401 else response

        request.hooks["response"].append(once_more_if_refused)
        return request

    def close(self) -> None:
        """Let go of the connections to the token endpoint."""
        self._server.close()

    def _once_more(self, refused: requests.Response, token: str, how: dict[str, Any]) -> requests.Response:
        with self._lock:
            if self._current is not None and self._current.value == token:
                self._current = None  # unless another thread has replaced it already
        fresh = self._valid()
        again = refused.request.copy()
        refused.close()
        again.headers["Authorization"] = f"Bearer {fresh}"
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
        body = {
            "grant_type": "client_credentials",
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret.get_secret_value(),
        }
        began = self._now()
        try:
            answer = self._server.request_json("sign_in", "POST", "/oauth/token", json=body, repeatable=True)
        except Rejected:
            self._server.refuse(
                AuthenticationFailed, "sign_in", "Atlassian does not accept the OAuth client id and secret"
            )
        token, seconds = (
            (answer.get("access_token"), answer.get("expires_in"))
            if isinstance(answer, dict)
            else (None, None)
        )
        if not isinstance(token, str) or not token:
            self._server.refuse(UnreadableAnswer, "sign_in", "the token endpoint answered without a token")
        life = timedelta(seconds=seconds if isinstance(seconds, int) else 0)
        return _Token(token, began + max(life - _EARLY, timedelta(0)))

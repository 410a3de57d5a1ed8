"""OAuth 2.0 for plugins: short-lived tokens on requests, and one-time refresh tokens, stored before they are used.

The plugin makes the token requests; storing and replacing tokens safely is the same for every vendor.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import requests
import structlog
from requests.auth import AuthBase

from escalation_bridge.errors import (
    AuthenticationFailed,
    Circumstances,
    NotReachable,
    OutcomeUnknown,
    Unavailable,
    UnreadableAnswer,
)
from escalation_bridge.plugin.http.token_file import StoredTokens, TokenFile
from escalation_bridge.plugin.http.transport import Transport

_log = structlog.get_logger(__name__)

SIGN_IN = "sign_in"
"""The operation that errors of token endpoints name."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and when to renew it."""

    value: str
    renew_at: datetime


class Grant(Protocol):
    """A way to get access tokens."""

    def token(self, refused: str | None) -> Token:
        """A token other than the refused one."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The vendor's answer to a refresh token.

    Attributes:
        renew_at: When to renew the access token.
        refresh_until: When the new refresh token expires; None if unknown.
    """

    access_token: str
    refresh_token: str
    renew_at: datetime
    refresh_until: datetime | None = None


class RotatingGrant:
    """The refresh token grant. Each use returns a new pair and revokes the old one, so the pair is on disk before it
    is used.

    Several processes share the pair through its file: one of them renews it, and the others read the new one.
    """

    def __init__(
        self,
        connection: str,
        client_id: str,
        first: str,
        file: TokenFile,
        now: Callable[[], datetime],
        renew: Callable[[str], Renewed],
        setting: str,
    ) -> None:
        """Prepare it; nothing is sent.

        Args:
            connection: The connection's name.
            client_id: The OAuth client.
            first: The refresh token in the configuration.
            file: Where the pair is stored.
            now: The wall clock.
            renew: Uses a refresh token; raises `AuthenticationFailed` if the vendor rejects it.
            setting: The setting that names the file, for advice.
        """
        self._connection = connection
        self._first = first
        self._file = file
        self._now = now
        self._renew = renew
        self._setting = setting
        # If an admin configures another refresh token, the descendants of the former one are invalid.
        self._origin = hashlib.sha256(f"{client_id} {first}".encode()).hexdigest()
        self._lock = threading.Lock()
        self._unsaved: StoredTokens | None = None

    def token(self, refused: str | None) -> Token:
        """The pair's access token, renewed if it is due or was refused.

        Raises:
            AuthenticationFailed: The refresh token is expired, revoked or used up, or the client is not accepted.
            Unavailable: The file of tokens cannot be read or written, so no refresh token is spent.
        """
        with self._lock:
            try:
                with self._file.locked():
                    return self._token(refused)
            except OSError as error:
                raise Unavailable(
                    f"the tokens cannot be kept: {error.strerror or type(error).__name__}",
                    Circumstances(self._connection, SIGN_IN),
                    advice=f"Give the bridge's user the right to write at {self._setting}, and room on the disk.",
                ) from error

    def _token(self, refused: str | None) -> Token:
        stored = self._unsaved or self._file.read()
        if stored is not None and stored.origin != self._origin:
            stored = None
        if stored is not None and stored.access_token != refused and self._now() < stored.renew_at:
            return Token(stored.access_token, stored.renew_at)
        with self._file.room() as room:
            fresh = self._renewed(stored)
            try:
                room.keep(fresh)
                self._unsaved = None
            except OSError:
                # The old pair is used up, so this process continues with the new one; the next renewal tries to store
                # its own.
                self._unsaved = fresh
                _log.exception("sign_in.tokens_not_kept", connection=self._connection)
        return Token(fresh.access_token, fresh.renew_at)

    def _renewed(self, stored: StoredTokens | None) -> StoredTokens:
        asked_at = self._now()
        try:
            fresh = self._renew(stored.refresh_token if stored else self._first)
        except (OutcomeUnknown, UnreadableAnswer) as lost:
            # The request with the token was not sent. The next attempt shows whether the pair is used up.
            raise NotReachable(
                f"no usable answer came to the renewal of the tokens: {lost.message}", lost.at
            ) from lost
        except AuthenticationFailed as refusal:
            if stored is not None and stored.refresh_until is not None and stored.refresh_until <= asked_at:
                raise AuthenticationFailed(
                    f"the refresh token expired on {stored.refresh_until:%Y-%m-%d}, before the bridge used it",
                    refusal.at,
                    advice=refusal.advice,
                ) from refusal
            raise
        return StoredTokens(
            self._origin, fresh.access_token, fresh.refresh_token, fresh.renew_at, fresh.refresh_until
        )


class RenewedToken(AuthBase):
    """Short-lived tokens: fetched on demand, renewed before they expire, once for all threads.

    A request that gets a 401 is retried once with a new token, because a token may be revoked before it expires.
    """

    def __init__(self, tokens: Transport, grant: Grant, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._grant = grant
        self._now = now
        self._lock = threading.Lock()
        self._current: Token | None = None
        self._refused: str | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put a valid token on the request, and prepare for a renewal."""
        token = self._valid()
        _carry(request, token)

        def once_more_if_refused(response: requests.Response, **how: Any) -> requests.Response:
            return self._once_more(response, token, how) if response.status_code == 401 else response

        request.hooks["response"].append(once_more_if_refused)
        return request

    def close(self) -> None:
        """Close the connections to the token endpoint."""
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


class BearerToken(AuthBase):
    """A fixed token that is never renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on the request."""
        _carry(request, self._token)
        return request


def _carry(request: requests.PreparedRequest, token: str) -> None:
    request.headers["Authorization"] = f"Bearer {token}"

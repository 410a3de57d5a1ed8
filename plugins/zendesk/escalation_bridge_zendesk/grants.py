"""Getting access tokens from Zendesk: by client credentials, or by a refresh token that is good once."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from escalation_bridge.errors import (
    AuthenticationFailed,
    Circumstances,
    NotReachable,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    TicketNotFound,
    Unavailable,
)
from escalation_bridge.settings import Secret
from escalation_bridge.transport import Transport
from escalation_bridge_zendesk.settings import OAuthClient
from escalation_bridge_zendesk.shapes import Json, text
from escalation_bridge_zendesk.tokenfile import StoredTokens, TokenFile

_log = structlog.get_logger(__name__)

_OPERATION = "sign_in"
_LIFETIME = 1800
"""Seconds; Zendesk's default and its only choice for clients made since 30 April 2026."""
_HEADROOM = timedelta(seconds=60)
"""A token is renewed so long before it expires."""

_CLIENT = "Check the OAuth client's identifier and secret, that it still exists, and that it is a confidential client."
_SCOPE = "Check sign_in.oauth.scope against the scopes that the OAuth client is allowed."
_AUTHORISE = (
    "Let the bridge's user grant access anew, and write the new refresh token as sign_in.oauth.refresh_token."
)
_ADVICE: Mapping[str, str] = {"invalid_client": _CLIENT, "invalid_scope": _SCOPE, "invalid_grant": _AUTHORISE}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and when it should be replaced."""

    value: str
    renew_at: datetime


class Grant(Protocol):
    """A way to get access tokens."""

    def token(self, refused: str | None) -> Token:
        """A token other than the one that was refused."""


class ClientCredentials:
    """The client credentials grant. It gives no refresh token: an expired token is replaced by asking again."""

    def __init__(self, tokens: Transport, client: OAuthClient, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._client = client
        self._now = now

    def token(self, refused: str | None) -> Token:  # noqa: ARG002 - each one is new
        """Ask for one.

        Raises:
            AuthenticationFailed: Zendesk gives none; the advice says what to look at.
        """
        asked_at = self._now()
        form = {"grant_type": "client_credentials", "scope": self._client.scope}
        answer = _ask(self._tokens, self._client, form, repeatable=True)
        return Token(_granted(self._tokens, answer, "access_token"), asked_at + _usable_for(answer))


class RefreshToken:
    """The refresh token grant. Each use gives a new pair and ends the old one, so the pair is on disk before it is used.

    Several processes share the pair by its file: whoever finds it outdated renews it, the others find the new one there.
    """

    def __init__(
        self,
        tokens: Transport,
        client: OAuthClient,
        first: Secret,
        file: TokenFile,
        now: Callable[[], datetime],
    ) -> None:
        self._tokens = tokens
        self._client = client
        self._first = first.get_secret_value()
        self._file = file
        self._now = now
        # An admin who writes another refresh token means it: what descends from the former one counts no more.
        self._origin = hashlib.sha256(f"{client.client_id} {self._first}".encode()).hexdigest()
        self._lock = threading.Lock()
        self._unsaved: StoredTokens | None = None

    def token(self, refused: str | None) -> Token:
        """The pair's access token, renewed where it is due or refused.

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
                    Circumstances(self._tokens.connection, _OPERATION),
                    advice="Give the bridge's user the right to write at sign_in.oauth.token_file, and room on the disk.",
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
                # The old pair is spent, so this process goes on with the new one; the next renewal tries to keep its own.
                self._unsaved = fresh
                _log.exception("zendesk.tokens_not_kept", connection=self._tokens.connection)
        return Token(fresh.access_token, fresh.renew_at)

    def _renewed(self, stored: StoredTokens | None) -> StoredTokens:
        asked_at = self._now()
        form = {
            "grant_type": "refresh_token",
            "refresh_token": stored.refresh_token if stored else self._first,
            "scope": self._client.scope,
        }
        try:
            answer = _ask(self._tokens, self._client, form, repeatable=False)
        except OutcomeUnknown as lost:
            # What was to be sent with the token was not sent. The next attempt tells whether the pair is used up.
            raise NotReachable("no answer came to the renewal of the tokens", lost.at) from lost
        except AuthenticationFailed as refusal:
            if stored is not None and stored.refresh_until is not None and stored.refresh_until <= asked_at:
                raise AuthenticationFailed(
                    f"the refresh token expired on {stored.refresh_until:%Y-%m-%d}, before the bridge used it",
                    refusal.at,
                    advice=refusal.advice,
                ) from refusal
            raise
        return StoredTokens(
            self._origin,
            _granted(self._tokens, answer, "access_token"),
            _granted(self._tokens, answer, "refresh_token"),
            asked_at + _usable_for(answer),
            _refresh_until(answer, asked_at),
        )


def _ask(tokens: Transport, client: OAuthClient, form: Mapping[str, str], *, repeatable: bool) -> Json:
    try:
        answer = tokens.request_json(
            _OPERATION,
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
        what = "the refresh token is expired, revoked or used up" if word == "invalid_grant" else "no token"
        raise AuthenticationFailed(
            f"{what} for the OAuth client: {error.message}",
            error.at,
            advice=_ADVICE.get(word or "", f"{_CLIENT} {_SCOPE}"),
        ) from error
    return answer if isinstance(answer, dict) else {}


def _granted(tokens: Transport, answer: Json, name: str) -> str:
    granted = text(answer, name)
    if granted is None:
        tokens.refuse(AuthenticationFailed, _OPERATION, f"the answer carries no {name}")
    return granted


def _usable_for(answer: Json) -> timedelta:
    lifetime = timedelta(seconds=_seconds(answer.get("expires_in")) or _LIFETIME)
    return lifetime - min(_HEADROOM, lifetime / 10)


def _refresh_until(answer: Json, asked_at: datetime) -> datetime | None:
    seconds = _seconds(answer.get("refresh_token_expires_in"))
    return asked_at + timedelta(seconds=seconds) if seconds else None


def _seconds(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10**9 else None

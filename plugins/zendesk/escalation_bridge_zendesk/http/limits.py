"""Zendesk's rate limits: the scopes of a request, and the readings in an answer's headers.

From "Rate limits" in Zendesk's API reference, and from recorded headers: each answer has the account's count of the minute. Some also
have the endpoint's, as `zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=2`. A 429 does not name its scope.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from escalation_bridge.plugin import (
    ACCOUNT,
    Limits,
    Reading,
    Scope,
)

_TICKET = re.compile(r"/api/v2/tickets/(\d+)")
_FAMILIES = (
    ("GET", re.compile(r"/api/v2/incremental/"), "incremental export"),
    ("GET", re.compile(r"/api/v2/search/export"), "search export"),
    ("GET", re.compile(r"/api/v2/search"), "search"),
    ("GET", re.compile(r"/api/v2/deleted_tickets$"), "list of deleted tickets"),
    ("GET", re.compile(r"/api/v2/tickets$"), "list of tickets"),
    # Documented: `Zendesk-RateLimit-omnilog-index: total=100; remaining=99; resets=60`.
    ("GET", re.compile(r"/api/v2/tickets/\d+/conversation_log"), "conversation log"),
    ("PUT", re.compile(r"/api/v2/tickets/\d+$"), "ticket updates"),
    (None, re.compile(r"/api/v2/webhooks"), "webhooks"),
)
_PER_TICKET = "zendesk-ratelimit-per-ticket-updates"
# Recorded with both spellings: "zendesk-rate-limit-tickets-update" beside "zendesk-ratelimit-per-ticket-updates".
_ENDPOINT = re.compile(r"zendesk-rate-?limit-.+", re.IGNORECASE)
_PART = re.compile(r"\s*(total|remaining|resets)=(\d{1,9})\s*")
_TOO_OFTEN = (
    "Zendesk takes thirty updates of a ticket in ten minutes. The bridge waits. "
    "If it comes back: look which trigger, app or route keeps changing the ticket."
)


class ZendeskLimits(Limits):
    """The account's limit, the endpoint's, and thirty updates of a ticket in ten minutes."""

    def scopes(self, method: str, path: str, params: Mapping[str, object]) -> tuple[Scope, ...]:
        """The scopes of a request, the widest first."""
        del params
        return tuple(_scopes(method, path))

    def readings(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Reading, ...]:
        """The account's count, the tightest of the endpoint's, and the ticket's."""
        return tuple(_readings(method, path, headers))

    def closed(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The scope that is used up; otherwise the narrowest, if the account has room; otherwise the account."""
        readings = self.readings(method, path, headers)
        empty = [reading.scope for reading in readings if reading.left <= 0]
        if empty:
            return empty[-1]
        has_room = any(reading.scope == ACCOUNT for reading in readings)
        return self.scopes(method, path, {})[-1].name if has_room else ACCOUNT


def _scopes(method: str, path: str) -> Iterator[Scope]:
    yield Scope(ACCOUNT)
    family = _family(method, path)
    if family is not None:
        yield Scope(family)
    ticket = _updated(method, path)
    if ticket is not None:
        yield Scope(_updates_of(ticket), advice=_TOO_OFTEN)


def _readings(method: str, path: str, headers: Mapping[str, str]) -> Iterator[Reading]:
    left = _number(headers.get("ratelimit-remaining") or headers.get("X-Rate-Limit-Remaining"))
    if left is not None:
        total = _number(headers.get("ratelimit-limit") or headers.get("X-Rate-Limit"))
        yield Reading(ACCOUNT, left, total, _number(headers.get("ratelimit-reset")))
    family = _family(method, path)
    values = [
        reading
        for name, value in headers.items()
        if family is not None and _ENDPOINT.fullmatch(name) and name.lower() != _PER_TICKET
        if (reading := _reading(family, value)) is not None
    ]
    if values:
        yield min(values, key=lambda reading: reading.left / (reading.total or 1.0))
    ticket = _updated(method, path)
    if ticket is not None and (reading := _reading(_updates_of(ticket), headers.get(_PER_TICKET, ""))):
        # Without its total: who updates a ticket carries out what was decided, and nothing is kept for anybody else.
        yield replace(reading, total=None)


def _reading(scope: str, header: str) -> Reading | None:
    values = {match[1]: float(match[2]) for part in header.split(";") if (match := _PART.fullmatch(part))}
    if "remaining" not in values or "resets" not in values:
        return None
    return Reading(scope, values["remaining"], values.get("total"), values["resets"])


def _family(method: str, path: str) -> str | None:
    return next(
        (name for verb, where, name in _FAMILIES if verb in (None, method) and where.match(path)), None
    )


def _updated(method: str, path: str) -> str | None:
    match = _TICKET.fullmatch(path) if method == "PUT" else None
    return match[1] if match else None


def _updates_of(ticket_id: str) -> str:
    return f"updates of ticket {ticket_id}"


def _number(value: str | None) -> float | None:
    return float(value) if value is not None and re.fullmatch(r"\d{1,9}", value.strip()) else None

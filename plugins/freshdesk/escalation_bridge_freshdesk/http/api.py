"""Freshdesk's REST API v2: sign-in, pages, answers, and errors by the meaning of refusals."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import requests
from requests.auth import HTTPBasicAuth

from escalation_bridge.plugin import (
    Connection,
    Meter,
    TicketNotFound,
    Transport,
)
from escalation_bridge_freshdesk.http.limits import FreshdeskLimits
from escalation_bridge_freshdesk.http.refusals import explain, forbidden
from escalation_bridge_freshdesk.settings import FreshdeskSettings

T = TypeVar("T")

LAST_PAGE = 300
"""The last page of any list; further records need a narrower filter."""
_ROOT = "/api/v2"
_PER_PAGE = 100


class FreshdeskApi:
    """Requests of one account, by paths below `/api/v2`. Thread-safe."""

    def __init__(self, connection: Connection[FreshdeskSettings]) -> None:
        settings = connection.settings
        self.connection = connection.name
        self.transport = Transport(
            connection.name,
            settings.url,
            # "Authentication": the API key is the user name, the password is any letter.
            auth=HTTPBasicAuth(settings.api_key.get_secret_value(), "X"),
            timeouts=settings.timeouts,
            explain=explain,
            meter=Meter(connection.name, connection.budgets, connection.now, FreshdeskLimits()),
        )

    def close(self) -> None:
        self.transport.close()

    def request(
        self, operation: str, method: str, path: str, *, accept: frozenset[int] = frozenset(), **options: Any
    ) -> requests.Response:
        """Send a request. A refused one is never repeated: Freshdesk counts it against the limit.

        Raises:
            AuthenticationFailed: The key is not accepted (401), or the account is suspended.
            PermissionDenied: The agent may not do this, or the account's plan does not include it.
        """
        response = self.transport.request(
            operation, method, _ROOT + path, accept=accept | {403, 404}, **options
        )
        if response.status_code in accept or response.ok:
            return response
        if response.status_code == 403:
            raise forbidden(self.connection, operation, response)
        return self.transport.refuse(TicketNotFound, operation, explain(response), response)

    def get(self, operation: str, path: str, shape: type[T], params: Mapping[str, object] | None = None) -> T:
        return self.read(operation, self.request(operation, "GET", path, params=params), shape)

    def send(self, operation: str, method: str, path: str, body: Mapping[str, object], shape: type[T]) -> T:
        return self.read(operation, self.request(operation, method, path, json=body), shape)

    def pages(
        self, operation: str, path: str, shape: type[T], params: Mapping[str, object] | None = None
    ) -> Iterator[T]:
        """All entries of a list."""
        for number in range(1, LAST_PAGE + 1):
            listed, more = self.page(operation, path, shape, params or {}, number)
            yield from listed
            if not more:
                return

    def page(
        self, operation: str, path: str, shape: type[T], params: Mapping[str, object], number: int
    ) -> tuple[tuple[T, ...], bool]:
        """One page of a list, and whether there is another one."""
        paging = {**params, "page": number, "per_page": _PER_PAGE}
        response = self.request(operation, "GET", path, params=paging)
        listed: tuple[T, ...] = self.read(operation, response, tuple[shape, ...])  # type: ignore[valid-type]
        # The Link header is not followed, only looked at: its URL may be on another domain of the same account.
        return listed, len(listed) >= _PER_PAGE or "next" in response.links

    def read(self, operation: str, response: requests.Response, shape: type[T]) -> T:
        """Parse an answer as a shape.

        Raises:
            UnreadableAnswer: It does not fit; the message names the place and no value.
        """
        return self.transport.read_json(operation, response).shaped(shape)

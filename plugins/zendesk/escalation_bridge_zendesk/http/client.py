"""Zendesk's HTTP API: paths, pages, and errors by the meaning of refusals."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NoReturn
from urllib.parse import quote

import requests
import structlog

from escalation_bridge.plugin import (
    AuthenticationFailed,
    Connection,
    JsonPart,
    Meter,
    PermissionDenied,
    PersonRefused,
    Rejected,
    RenewedToken,
    TicketClosed,
    Transport,
    UnreadableAnswer,
    VendorError,
)
from escalation_bridge_zendesk.http.limits import ZendeskLimits
from escalation_bridge_zendesk.http.refusals import (
    FieldsNotTaken,
    explain,
    is_closed,
    refused_fields,
    refused_people,
)
from escalation_bridge_zendesk.http.signin import advice_when_refused, credentials
from escalation_bridge_zendesk.settings import ZendeskSettings

_log = structlog.get_logger(__name__)

_API = "/api/v2"
_PAGE = 100
"""The maximum number of records on a page."""
_MOST_PAGES = 1000
_FOLLOW_UP = (
    "Zendesk never opens a closed ticket again. What has to be said goes into a follow-up: open the ticket there and choose "
    "*Create follow-up*, or let a route create one with `follow_up_of`."
)
_NARROW_TOKEN = "insufficient_scope"  # noqa: S105 - an error word
_SCOPES = (
    "The token's scope is too narrow: the bridge needs `read write`, in sign_in.oauth.scope and among the scopes that the "
    "OAuth client is allowed."
)


class ZendeskClient:
    """The account's API. Thread-safe."""

    def __init__(self, connection: Connection[ZendeskSettings]) -> None:
        self.connection = connection.name
        self._sign_in = connection.settings.sign_in
        self._now = connection.now
        self.url = connection.settings.url
        self._auth = credentials(connection)
        self.transport = Transport(
            connection.name,
            connection.settings.url,
            auth=self._auth,
            timeouts=connection.settings.timeouts,
            explain=explain,
            meter=Meter(connection.name, connection.budgets, connection.now, ZendeskLimits()),
        )

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()
        if isinstance(self._auth, RenewedToken):
            self._auth.close()

    def read(self, operation: str, path: str, params: Mapping[str, object] | None = None) -> JsonPart:
        """GET a resource."""
        return self.parsed(operation, self._send(operation, "GET", _API + path, params=params))

    def pages(
        self, operation: str, path: str, params: Mapping[str, object] | None = None
    ) -> Iterator[JsonPart]:
        """GET a list page by page. Yields whole answers, because sideloaded records are beside the list."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = self.read(operation, path, {"page[size]": _PAGE, **(params or {}), "page[after]": cursor})
            yield page
            # `links.next` carries another host name and port than the one that was asked: only the cursor is used.
            meta = page / "meta"
            following = (meta / "after_cursor").maybe_text()
            if (meta / "has_more").value is not True or following in (None, cursor):
                return
            cursor = following
        self.refuse(UnreadableAnswer, operation, f"the list at {path} does not end")

    def write(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> requests.Response:
        """Send a change. `accept` names further statuses that the caller handles itself.

        Raises:
            TicketClosed: The ticket is closed for good.
            RateLimited: For example, the ticket was updated so often that Zendesk accepts no update for a while.
            PersonRefused: Zendesk refuses a person whom the change names.
            FieldsNotTaken: Each reason of the refusal names a field.
            Rejected: Any other refusal of its content.
        """
        response = self._send(
            operation, method, _API + path, json=body, headers=headers, accept=accept | {422}
        )
        if response.status_code == 422 and is_closed(response):
            self.refuse(TicketClosed, operation, explain(response), response, advice=_FOLLOW_UP)
        if response.status_code == 422:
            self._refuse_content(operation, response)
        ignored = response.headers.get("x-zendesk-api-warn")
        if ignored:
            _log.warning(
                "zendesk.ignored_part_of_a_write",
                connection=self.connection,
                operation=operation,
                reason=ignored,
            )
        return response

    def upload(
        self, operation: str, name: str, content_type: str, content: BinaryIO, *, accept: frozenset[int]
    ) -> requests.Response:
        """Upload a file, which belongs to no ticket before an update names its token: a repetition does no harm."""
        return self._send(
            operation,
            "POST",
            f"{_API}/uploads",
            params={"filename": name},
            data=content,
            headers={"Content-Type": content_type},
            accept=accept,
            repeatable=True,
        )

    def write_and_read(
        self, operation: str, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> JsonPart:
        """Send a change and return the answer."""
        return self.parsed(operation, self.write(operation, method, path, body))

    def parsed(self, operation: str, response: requests.Response) -> JsonPart:
        """The JSON object of an answer; empty if its body is empty."""
        answer = self.transport.read_json(operation, response)
        return answer.as_object() if answer else answer

    def refuse(
        self,
        error: type[VendorError],
        operation: str,
        message: str,
        response: requests.Response | None = None,
        *,
        advice: str | None = None,
    ) -> NoReturn:
        """Raise a vendor error that the plugin itself found; `advice` replaces that of its class."""
        try:
            self.transport.refuse(error, operation, message, response)
        except VendorError as plain:
            if advice is None:
                raise
            raise error(plain.message, plain.at, advice=advice) from None

    def _refuse_content(self, operation: str, response: requests.Response) -> NoReturn:
        """Raise the error of a refused write: `PersonRefused` if it is about people."""
        try:
            self.transport.refuse(Rejected, operation, explain(response), response)
        except Rejected as refusal:
            if people := refused_people(response):
                raise PersonRefused(refusal.message, refusal.at, people=people) from None
            if named := refused_fields(response):
                raise FieldsNotTaken(refusal.message, refusal.at, named) from None
            raise

    def _send(self, operation: str, method: str, path: str, **how: Any) -> requests.Response:
        """Send a request. Refused credentials and missing permissions get specific advice."""
        try:
            return self.transport.request(operation, method, path, **how)
        except AuthenticationFailed as refusal:
            if refusal.at.operation != operation:
                raise  # it is the token endpoint that refuses, and its advice is there already
            advice = advice_when_refused(self._sign_in.method, self._now())
            raise AuthenticationFailed(refusal.message, refusal.at, advice=advice) from refusal
        except PermissionDenied as refusal:
            if _NARROW_TOKEN not in refusal.message:
                raise
            raise PermissionDenied(refusal.message, refusal.at, advice=_SCOPES) from refusal


def ticket_path(ticket_id: str, *rest: str) -> str:
    """The path of a ticket or of something that belongs to it."""
    return "/".join(("/tickets", *(quote(part, safe="") for part in (ticket_id, *rest))))

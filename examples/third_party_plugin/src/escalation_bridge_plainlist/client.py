"""Plainlist's HTTP API: paths, how to sign in, and the words of its errors.

The transport does the rest: time limits, retries, rate limits, and an error class for each status.
"""

from typing import Any, TypeVar
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from escalation_bridge.plugin import (
    Connection,
    Meter,
    Shape,
    TicketClosed,
    Transport,
    refusal_document,
)
from escalation_bridge_plainlist.settings import PlainlistSettings
from escalation_bridge_plainlist.shapes import (
    CommentShape,
    CommentsShape,
    MeShape,
    StateShape,
    StatesShape,
    TicketShape,
    TicketsShape,
)

S = TypeVar("S", bound=Shape)

_ARCHIVED = 423
_LONGEST_EXPLANATION = 200


class BearerToken(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def explain(response: requests.Response) -> str:
    """The vendor's reason for a refusal: `{"error": "state: there is no 'parked'"}`."""
    reason = (refusal_document(response) / "error").maybe_text() or response.reason
    return reason[:_LONGEST_EXPLANATION]


class PlainlistClient:
    """One account's API; safe to use from several threads, as the transport is."""

    def __init__(self, connection: Connection[PlainlistSettings]) -> None:
        settings = connection.settings
        self.transport = Transport(
            connection.name,
            settings.url,
            auth=BearerToken(settings.token.get_secret_value()),
            timeouts=settings.timeouts,
            explain=explain,
            meter=Meter(connection.name, connection.budgets, connection.now),
        )

    def fetch_me(self) -> MeShape:
        return self._ask("check_connection", "GET", "/api/me", MeShape)

    def fetch_states(self) -> tuple[StateShape, ...]:
        return self._ask("describe_fields", "GET", "/api/states", StatesShape).states

    def fetch_ticket(self, ticket_id: str) -> TicketShape:
        return self._ask("fetch_ticket", "GET", _ticket(ticket_id), TicketShape)

    def find_tickets(self, key: str) -> tuple[TicketShape, ...]:
        return self._ask("find_ticket", "GET", "/api/tickets", TicketsShape, params={"key": key}).tickets

    def create_ticket(self, body: dict[str, Any]) -> TicketShape:
        return self._ask("create_ticket", "POST", "/api/tickets", TicketShape, json=body)

    def update_ticket(self, ticket: TicketShape, body: dict[str, Any]) -> TicketShape:
        """Change a ticket if it is still at the revision that was read: otherwise 412, which is `ConcurrentChange`."""
        revision = {"If-Match": str(ticket.revision)}
        return self._ask(
            "update_ticket", "PATCH", _ticket(str(ticket.id)), TicketShape, json=body, headers=revision
        )

    def fetch_comments(self, ticket_id: str) -> tuple[CommentShape, ...]:
        path = f"{_ticket(ticket_id)}/comments"
        return self._ask("fetch_comments", "GET", path, CommentsShape).comments

    def write_comment(self, ticket_id: str, body: dict[str, Any]) -> CommentShape:
        return self._ask("add_comment", "POST", f"{_ticket(ticket_id)}/comments", CommentShape, json=body)

    def delete_comment(self, ticket_id: str, comment_id: int) -> None:
        self.transport.request("add_comment", "DELETE", f"{_ticket(ticket_id)}/comments/{comment_id}")

    def show_link(self, ticket_id: str, name: str, body: dict[str, Any]) -> None:
        """Put a link under a name of our own: the same once more replaces it, so it may be repeated."""
        path = f"{_ticket(ticket_id)}/links/{quote(name, safe='')}"
        self.transport.request("link_ticket", "PUT", path, json=body, repeatable=True)

    def _ask(self, operation: str, method: str, path: str, shape: type[S], **options: Any) -> S:  # noqa: ANN401 - the transport's own
        # A status that Plainlist uses in a way of its own: an archived ticket takes nothing any more.
        response = self.transport.request(operation, method, path, accept=frozenset({_ARCHIVED}), **options)
        if response.status_code == _ARCHIVED:
            self.transport.refuse(TicketClosed, operation, explain(response), response)
        return self.transport.read_json(operation, response).shaped(shape)


def _ticket(ticket_id: str) -> str:
    return f"/api/tickets/{quote(ticket_id, safe='')}"

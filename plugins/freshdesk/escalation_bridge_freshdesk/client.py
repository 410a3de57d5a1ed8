"""Freshdesk's REST API v2: paths, paging, and the words of its errors."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import BinaryIO, TypeVar, cast

import requests
from pydantic import TypeAdapter, ValidationError
from requests.auth import HTTPBasicAuth

from escalation_bridge.domain.tickets import Attachment
from escalation_bridge.downloads import download
from escalation_bridge.errors import FileRefused, Rejected, TicketNotFound, UnreadableAnswer
from escalation_bridge.files import FetchedFile, FileDraft
from escalation_bridge.transport import Transport
from escalation_bridge_freshdesk.multipart import MultipartBody
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.shapes import (
    AgentShape,
    ConversationShape,
    FieldShape,
    SearchShape,
    TicketShape,
    UserShape,
)

T = TypeVar("T")

_API = "/api/v2"
_PER_PAGE = 100
_PER_SEARCH_PAGE = 30
LAST_PAGE = 300
"""No list goes further; more is only reached by narrowing it."""
_LAST_SEARCH_PAGE = 10  # "Filter tickets": pages 1 to 10 only
_EXPLAINED = 300


class FreshdeskClient:
    """One account's API; safe to use from several threads."""

    def __init__(self, connection: str, settings: FreshdeskSettings) -> None:
        self.connection = connection
        self.transport = Transport(
            connection,
            settings.url,
            # "Authentication": the API key is the user name, the password is any letter.
            auth=HTTPBasicAuth(settings.api_key.get_secret_value(), "X"),
            timeouts=settings.timeouts,
            explain=explain,
        )
        # Files lie behind signed URLs, and storage refuses a request that carries a second proof besides.
        self._files = Transport(
            connection, settings.url, timeouts=settings.timeouts, headers={"Accept": "*/*"}
        )

    def close(self) -> None:
        self.transport.close()
        self._files.close()

    # --- the account ---

    def fetch_me(self) -> AgentShape:
        return self._get("fetch_me", "/agents/me", AgentShape)

    def find_agents(self, email: str) -> tuple[AgentShape, ...]:
        return self._get("find_agents", "/agents", tuple[AgentShape, ...], {"email": email})

    def fetch_contact(self, contact_id: int) -> UserShape:
        return self._get("fetch_contact", f"/contacts/{contact_id}", UserShape)

    def fetch_ticket_fields(self) -> tuple[FieldShape, ...]:
        return self._get("fetch_ticket_fields", "/ticket_fields", tuple[FieldShape, ...])

    # --- tickets ---

    def fetch_ticket(self, ticket_id: str, include: str = "requester,company") -> TicketShape:
        """A ticket; each part that is included counts as a call of its own against the limit."""
        return self._get("fetch_ticket", self._ticket(ticket_id), TicketShape, {"include": include})

    def list_newest_tickets(self, since: datetime) -> Iterator[TicketShape]:
        """The tickets that changed since then, those created last first. Deleted and spam ones are not among them."""
        yield from self._pages(
            "list_tickets",
            "/tickets",
            TicketShape,
            # Without updated_since only the last 30 days are listed.
            {"updated_since": _instant(since), "order_by": "created_at", "order_type": "desc"},
        )

    def list_changed_tickets(
        self, since: datetime, name: str | None, page: int
    ) -> tuple[tuple[TicketShape, ...], bool]:
        """A page of the tickets that changed since then, oldest change first, and whether there is a further one.

        Args:
            since: Sent always: without it only tickets of the last 30 days are listed.
            name: "deleted" or "spam" for those, which no other list has.
            page: 1 to 300.
        """
        params = {
            "filter": name,
            "updated_since": _instant(since),
            "order_by": "updated_at",
            "order_type": "asc",
        }
        return self._page("changes_since", "/tickets", TicketShape, params, page)

    def search_tickets(self, query: str) -> Iterator[TicketShape]:
        """The tickets that "Filter tickets" finds; its index lags behind by minutes."""
        for page in range(1, _LAST_SEARCH_PAGE + 1):
            found = self._get(
                "search_tickets", "/search/tickets", SearchShape, {"query": f'"{query}"', "page": page}
            )
            yield from found.results
            if len(found.results) < _PER_SEARCH_PAGE:
                return

    def create_ticket(self, body: Mapping[str, object]) -> TicketShape:
        return self._send("create_ticket", "POST", "/tickets", body, TicketShape)

    def update_ticket(self, ticket_id: str, body: Mapping[str, object]) -> None:
        """Set the fields in `body` and leave the others; `tags` and each custom field are replaced."""
        self.transport.request("update_ticket", "PUT", _API + self._ticket(ticket_id), json=body)

    # --- conversations ---

    def list_conversations(self, ticket_id: str) -> tuple[ConversationShape, ...]:
        """All replies and notes, oldest first."""
        listed = self._pages(
            "list_conversations", f"{self._ticket(ticket_id)}/conversations", ConversationShape
        )
        return tuple(sorted(listed, key=lambda conversation: (conversation.created_at, conversation.id)))

    def send_reply(self, ticket_id: str, markup: str) -> ConversationShape:
        """Write a public reply, which Freshdesk mails to the requester."""
        path = f"{self._ticket(ticket_id)}/reply"
        said = self._send("send_reply", "POST", path, {"body": markup}, ConversationShape)
        # "Create a reply" documents an answer without `private`: this address writes nothing else than public replies.
        return said if said.private is not None else said.model_copy(update={"private": False})

    def write_note(self, ticket_id: str, markup: str) -> ConversationShape:
        """Write a private note."""
        path = f"{self._ticket(ticket_id)}/notes"
        return self._send("write_note", "POST", path, {"body": markup, "private": True}, ConversationShape)

    def attach(
        self, ticket_id: str, markup: str, file: FileDraft, name: str, *, private: bool
    ) -> ConversationShape:
        """Write a private note or a public reply that carries a file.

        Raises:
            FileRefused: Freshdesk names the attachments as what it refuses.
        """
        fields = {"body": markup, **({"private": "true"} if private else {})}
        body = MultipartBody(fields, file, name)
        response = self.transport.request(
            "add_attachment",
            "POST",
            f"{_API}{self._ticket(ticket_id)}/{'notes' if private else 'reply'}",
            data=cast(BinaryIO, body),  # what is sent is iterated, never read
            headers={"Content-Type": body.content_type},
            accept=frozenset({400, 413}),
        )
        if response.status_code == 413 or (response.status_code == 400 and _is_about_files(response)):
            message = f"{name!r} ({file.content_type}, {file.size} bytes) is not taken: {explain(response)}"
            self.transport.refuse(FileRefused, "add_attachment", message, response)
        if response.status_code == 400:
            self.transport.refuse(Rejected, "add_attachment", explain(response), response)
        said = self._read("add_attachment", response, ConversationShape)
        return said if private or said.private is not None else said.model_copy(update={"private": False})

    def edit_note(self, conversation_id: int, markup: str) -> ConversationShape:
        path = f"/conversations/{conversation_id}"
        return self._send("edit_note", "PUT", path, {"body": markup}, ConversationShape)

    def delete_conversation(self, conversation_id: int) -> None:
        self.transport.request("delete_conversation", "DELETE", f"{_API}/conversations/{conversation_id}")

    def download(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        """Read a file, without the API key. Its URL is signed and expires."""
        if not attachment.url.startswith(("https://", "http://")):
            message = f"attachment {attachment.id} has no URL"
            self.transport.refuse(UnreadableAnswer, "fetch_attachment", message)
        return download(self._files, attachment, into, limit)

    # --- the ways of the API ---

    def _ticket(self, ticket_id: str) -> str:
        if not (ticket_id.isascii() and ticket_id.isdigit()):
            self.transport.refuse(TicketNotFound, "fetch_ticket", "a Freshdesk ticket id is a number")
        return f"/tickets/{ticket_id}"

    def _get(
        self, operation: str, path: str, shape: type[T], params: Mapping[str, object] | None = None
    ) -> T:
        response = self.transport.request(operation, "GET", _API + path, params=params)
        return self._read(operation, response, shape)

    def _send(self, operation: str, method: str, path: str, body: Mapping[str, object], shape: type[T]) -> T:
        response = self.transport.request(operation, method, _API + path, json=body)
        return self._read(operation, response, shape)

    def _pages(
        self, operation: str, path: str, shape: type[T], params: Mapping[str, object] | None = None
    ) -> Iterator[T]:
        for page in range(1, LAST_PAGE + 1):
            listed, more = self._page(operation, path, shape, params or {}, page)
            yield from listed
            if not more:
                return

    def _page(
        self, operation: str, path: str, shape: type[T], params: Mapping[str, object], page: int
    ) -> tuple[tuple[T, ...], bool]:
        paging = {**params, "page": page, "per_page": _PER_PAGE}
        response = self.transport.request(operation, "GET", _API + path, params=paging)
        listed: tuple[T, ...] = self._read(operation, response, tuple[shape, ...])  # type: ignore[valid-type]
        # The Link header is not followed, only looked at: its URL may be on another domain of the same account.
        return listed, len(listed) >= _PER_PAGE or "next" in response.links

    def _read(self, operation: str, response: requests.Response, shape: type[T]) -> T:
        try:
            return TypeAdapter(shape).validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            place = ".".join(str(step) for step in first["loc"]) or "the answer"
            kind = response.headers.get("Content-Type", "no content type")
            self.transport.refuse(
                UnreadableAnswer, operation, f"{place}: {first['type']} in an answer of {kind}", response
            )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def explain(response: requests.Response) -> str:
    """Which field, and why. Freshdesk answers {description, errors: [{field, message, code}]} or {code, message}."""
    try:
        answer = response.json()
    except requests.exceptions.JSONDecodeError:
        return response.reason or "refused"
    if not isinstance(answer, dict):
        return response.reason or "refused"
    entries = answer.get("errors")
    findings = [_finding(entry) for entry in entries if isinstance(entry, dict)] if entries else []
    told = "; ".join(findings) or answer.get("message") or answer.get("description") or response.reason
    return str(told)[:_EXPLAINED]


def _is_about_files(response: requests.Response) -> bool:
    try:
        errors = response.json().get("errors")
        return any(str(entry.get("field")).startswith("attachments") for entry in errors)
    except (requests.exceptions.JSONDecodeError, AttributeError, TypeError):
        return False


def _finding(entry: Mapping[str, object]) -> str:
    field, message = entry.get("field") or "the request", entry.get("message") or entry.get("code")
    return f"{field}: {message}"

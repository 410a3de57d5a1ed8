"""The endpoints of Freshdesk's REST API v2 that the bridge uses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, NoReturn, cast

import requests
import structlog

from escalation_bridge.plugin import (
    Attachment,
    Circumstances,
    Connection,
    FetchedFile,
    FieldsRefused,
    FileDraft,
    FileRefused,
    FormBody,
    NotApplied,
    PersonRefused,
    Rejected,
    TicketClosed,
    TicketNotFound,
    Transport,
    UnreadableAnswer,
    download,
)
from escalation_bridge_freshdesk.http.api import LAST_PAGE, FreshdeskApi
from escalation_bridge_freshdesk.http.refusals import (
    complaints,
    explain,
    is_about_copies,
    is_about_files,
    refused_people,
)
from escalation_bridge_freshdesk.http.shapes import (
    AgentShape,
    ConversationShape,
    FieldShape,
    GroupShape,
    RoleShape,
    RuleShape,
    SatisfactionShape,
    SearchShape,
    TicketShape,
    UserShape,
)
from escalation_bridge_freshdesk.settings import FreshdeskSettings

_PER_SEARCH_PAGE = 30
MOST_EMBEDDED = 10
"""A ticket includes "up to ten conversations" ("View a ticket"): if there are fewer, they are all."""
_log = structlog.get_logger(__name__)

_LAST_SEARCH_PAGE = 10  # "Filter tickets": pages 1 to 10 only
_WRITTEN = frozenset({"id", "status", "priority", "tags", "custom_fields", "updated_at"})
"""An answer with these members contains the ticket."""
_NOT_WRITABLE = frozenset({404, 405})
_FILE_REFUSALS = frozenset({400, 413})
_RESTORE = "Restore it at Freshdesk if it is still needed, then retry the case."


class FreshdeskClient:
    """One account's endpoints. Thread-safe."""

    def __init__(self, connection: Connection[FreshdeskSettings]) -> None:
        settings = connection.settings
        self.connection = connection.name
        self.api = FreshdeskApi(connection)
        self.transport = self.api.transport
        # Files lie behind signed URLs, and storage refuses a request that carries a second proof besides.
        self._files = Transport(
            connection.name, settings.url, timeouts=settings.timeouts, headers={"Accept": "*/*"}
        )

    def close(self) -> None:
        self.api.close()
        self._files.close()

    # --- the account ---

    def fetch_me(self) -> AgentShape:
        return self.api.get("fetch_me", "/agents/me", AgentShape)

    def find_agents(self, email: str) -> tuple[AgentShape, ...]:
        return self.api.get("find_agents", "/agents", tuple[AgentShape, ...], {"email": email})

    def list_agents(self) -> tuple[AgentShape, ...]:
        """All agents. For administrators."""
        return tuple(self.api.pages("list_agents", "/agents", AgentShape))

    def fetch_agent(self, agent_id: int) -> AgentShape:
        """An agent with the ids of the roles. For administrators."""
        return self.api.get("fetch_role_members", f"/agents/{agent_id}", AgentShape)

    def list_roles(self) -> tuple[RoleShape, ...]:
        """All roles of agents. For administrators."""
        return self.api.get("fetch_role_members", "/roles", tuple[RoleShape, ...])

    def fetch_group(self, group_id: int) -> GroupShape:
        """A group with the ids of its agents. For administrators."""
        return self.api.get("fetch_group_members", f"/groups/{group_id}", GroupShape)

    def fetch_contact(self, contact_id: int) -> UserShape:
        return self.api.get("fetch_contact", f"/contacts/{contact_id}", UserShape)

    def fetch_ticket_fields(self) -> tuple[FieldShape, ...]:
        return self.api.get("fetch_ticket_fields", "/ticket_fields", tuple[FieldShape, ...])

    # --- tickets ---

    def fetch_ticket(self, ticket_id: str, include: str | None = "requester,company") -> TicketShape:
        """A ticket. Each included part counts as a call against the limit."""
        return self.api.get("fetch_ticket", self._ticket(ticket_id), TicketShape, {"include": include})

    def list_newest_tickets(self, since: datetime) -> Iterator[TicketShape]:
        """The tickets that changed since then, the newest by creation first. Deleted and spam ones are missing."""
        yield from self.api.pages(
            "list_tickets",
            "/tickets",
            TicketShape,
            # Without updated_since only the last 30 days are listed.
            {"updated_since": _instant(since), "order_by": "created_at", "order_type": "desc"},
        )

    def list_changed_tickets(
        self, since: datetime, name: str | None, page: int, operation: str = "changes_since"
    ) -> tuple[tuple[TicketShape, ...], bool]:
        """A page of the tickets that changed since then, oldest change first, and whether there is another one.

        Args:
            since: Always sent: without it only tickets of the last 30 days are listed.
            name: "deleted" or "spam" for those, which no other list has.
            page: 1 to 300.
            operation: The operation, for errors.
        """
        params = {
            "filter": name,
            "updated_since": _instant(since),
            "order_by": "updated_at",
            "order_type": "asc",
        }
        return self.api.page(operation, "/tickets", TicketShape, params, page)

    def search_tickets(self, query: str) -> Iterator[TicketShape]:
        """The tickets found by "Filter tickets", whose index lags by minutes."""
        for page in range(1, _LAST_SEARCH_PAGE + 1):
            found = self.api.get(
                "search_tickets", "/search/tickets", SearchShape, {"query": f'"{query}"', "page": page}
            )
            yield from found.results
            if len(found.results) < _PER_SEARCH_PAGE:
                return

    def count_tickets(self, query: str) -> int:
        """The number of tickets found by "Filter tickets"."""
        return self.api.get(
            "open_tickets", "/search/tickets", SearchShape, {"query": f'"{query}"', "page": 1}
        ).total

    def create_ticket(self, body: Mapping[str, object]) -> TicketShape:
        """Create a ticket.

        Raises:
            PersonRefused: Freshdesk refuses a person; `people` are its fields.
            FieldsRefused: It refuses other fields, each with its reason.
        """
        operation = "create_ticket"
        response = self.api.request(operation, "POST", "/tickets", json=body, accept=frozenset({400}))
        if response.status_code == 400:
            self._refuse_creation(operation, response)
        return self.api.read(operation, response, TicketShape)

    def _refuse_creation(self, operation: str, response: requests.Response) -> NoReturn:
        def fail() -> NoReturn:
            self.transport.refuse(Rejected, operation, explain(response), response)

        if people := refused_people(response):
            try:
                fail()
            except Rejected as refusal:
                raise PersonRefused(refusal.message, refusal.at, people=people) from None
        raise FieldsRefused(complaints(response), fail)

    def update_ticket(self, before: TicketShape, body: Mapping[str, object]) -> TicketShape:
        """Set the fields in `body` and leave the others; `tags` and each custom field are replaced.

        Args:
            before: The ticket as it was just read.
            body: The fields.

        Returns:
            The ticket in the answer, with the parts included before; read again if the answer is incomplete.
        """
        operation, ticket_id = "update_ticket", str(before.id)
        response = self._write(operation, "PUT", ticket_id, json=body)
        try:
            after = self.api.read(operation, response, TicketShape)
        except UnreadableAnswer:
            return self.fetch_ticket(ticket_id)
        shown = after.model_fields_set >= _WRITTEN and after.id == before.id
        people = (after.requester_id, after.company_id) == (before.requester_id, before.company_id)
        if not (shown and people):
            return self.fetch_ticket(ticket_id)
        beside = before.model_fields_set - after.model_fields_set
        return after.model_copy(update={name: getattr(before, name) for name in beside})

    def list_satisfaction(self, ticket_id: str) -> tuple[SatisfactionShape, ...]:
        """The customer's answers to surveys. They are few: Freshdesk sends them in one page."""
        path = f"{self._ticket(ticket_id)}/satisfaction_ratings"
        return self.api.get("fetch_satisfaction", path, tuple[SatisfactionShape, ...])

    # --- conversations ---

    def list_conversations(self, ticket_id: str) -> tuple[ConversationShape, ...]:
        """All replies and notes, oldest first."""
        return oldest_first(
            conversation for page in self.pages_of_conversations(ticket_id) for conversation in page
        )

    def pages_of_conversations(
        self, ticket_id: str, start: int = 1
    ) -> Iterator[tuple[ConversationShape, ...]]:
        """The pages of the list of replies and notes, from a page on, in Freshdesk's order."""
        path = f"{self._ticket(ticket_id)}/conversations"
        for number in range(start, LAST_PAGE + 1):
            page, more = self.api.page("list_conversations", path, ConversationShape, {}, number)
            yield page
            if not more:
                return

    def send_reply(self, ticket_id: str, markup: str, on_copy: Sequence[str] = ()) -> ConversationShape:
        """Write a public reply, which Freshdesk mails to the requester and to these addresses.

        If Freshdesk refuses an address, the reply is sent without it.
        """
        body: dict[str, object] = {"body": markup, **({"cc_emails": list(on_copy)} if on_copy else {})}
        response = self._write("send_reply", "POST", ticket_id, "/reply", json=body, accept=frozenset({400}))
        if response.status_code == 400 and on_copy and is_about_copies(response):
            self._log_refused_copies(ticket_id, response)
            return self.send_reply(ticket_id, markup)
        if response.status_code == 400:
            self.transport.refuse(Rejected, "send_reply", explain(response), response)
        conversation = self.api.read("send_reply", response, ConversationShape)
        # "Create a reply" documents an answer without `private`: this address writes nothing else than public replies.
        return (
            conversation
            if conversation.private is not None
            else conversation.model_copy(update={"private": False})
        )

    def write_note(self, ticket_id: str, markup: str) -> ConversationShape:
        """Write a private note."""
        body = {"body": markup, "private": True}
        response = self._write("write_note", "POST", ticket_id, "/notes", json=body)
        return self.api.read("write_note", response, ConversationShape)

    def attach(
        self,
        ticket_id: str,
        markup: str,
        file: FileDraft,
        name: str,
        *,
        private: bool,
        on_copy: Sequence[str] = (),
    ) -> ConversationShape:
        """Write a private note or a public reply with a file.

        Raises:
            FileRefused: Freshdesk refuses the attachments.
        """
        fields = [("body", markup)]
        fields += [("private", "true")] if private else [("cc_emails[]", address) for address in on_copy]
        body = FormBody("attachments[]", name, file, fields)
        response = self._write(
            "add_attachment",
            "POST",
            ticket_id,
            "/notes" if private else "/reply",
            data=cast(BinaryIO, body),  # what is sent is iterated, never read
            headers={"Content-Type": body.content_type},
            accept=_FILE_REFUSALS,
        )
        if response.status_code == 400 and not private and on_copy and is_about_copies(response):
            self._log_refused_copies(ticket_id, response)
            return self.attach(ticket_id, markup, file, name, private=False)
        if response.status_code == 413 or (response.status_code == 400 and is_about_files(response)):
            message = f"{name!r} ({file.content_type}, {file.size} bytes) is not taken: {explain(response)}"
            self.transport.refuse(FileRefused, "add_attachment", message, response)
        if response.status_code == 400:
            self.transport.refuse(Rejected, "add_attachment", explain(response), response)
        conversation = self.api.read("add_attachment", response, ConversationShape)
        return (
            conversation
            if private or conversation.private is not None
            else conversation.model_copy(update={"private": False})
        )

    def _log_refused_copies(self, ticket_id: str, response: requests.Response) -> None:
        _log.warning(
            "freshdesk.copies_left_out",
            connection=self.connection,
            ticket=ticket_id,
            reason=explain(response),
        )

    def edit_note(self, conversation_id: int, markup: str) -> ConversationShape:
        path = f"/conversations/{conversation_id}"
        return self.api.send("edit_note", "PUT", path, {"body": markup}, ConversationShape)

    def delete_conversation(self, conversation_id: int) -> None:
        self._delete("delete_conversation", f"/conversations/{conversation_id}")

    def download(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        """Download a file, without the API key. Its URL is signed and expires."""
        if not attachment.url.startswith(("https://", "http://")):
            message = f"attachment {attachment.id} has no URL"
            self.transport.refuse(UnreadableAnswer, "fetch_attachment", message)
        return download(self._files, attachment, into, limit)

    # --- automation rules ---

    def list_rules(self, kind: int) -> Iterator[RuleShape]:
        """The account's rules of a kind: 1 for created tickets, 4 for changed ones. For administrators only."""
        return self.api.pages("list_rules", f"/automations/{kind}/rules", RuleShape)

    def create_rule(self, kind: int, body: Mapping[str, object]) -> RuleShape:
        return self.api.send("create_rule", "POST", f"/automations/{kind}/rules", body, RuleShape)

    def update_rule(self, kind: int, rule_id: int, body: Mapping[str, object]) -> RuleShape:
        return self.api.send("update_rule", "PUT", f"/automations/{kind}/rules/{rule_id}", body, RuleShape)

    def delete_rule(self, kind: int, rule_id: int) -> None:
        self._delete("delete_rule", f"/automations/{kind}/rules/{rule_id}")

    def _delete(self, operation: str, path: str) -> None:
        """Delete something. Freshdesk confirms it with 204 and no other status.

        Raises:
            NotApplied: The answer is a success but no confirmation.
        """
        response = self.api.request(operation, "DELETE", path)
        if response.status_code != requests.codes.no_content:
            self.transport.refuse(
                NotApplied, operation, "Freshdesk did not confirm that it was deleted", response
            )

    # --- a ticket ---

    def _ticket(self, ticket_id: str) -> str:
        if not (ticket_id.isascii() and ticket_id.isdigit()):
            self.transport.refuse(TicketNotFound, "fetch_ticket", "a Freshdesk ticket id is a number")
        return f"/tickets/{ticket_id}"

    def _write(
        self, operation: str, method: str, ticket_id: str, part: str = "", **options: Any
    ) -> requests.Response:
        """Send a change of a ticket, and raise the error for the ticket's state.

        Raises:
            TicketClosed: It is deleted or spam: such tickets can only be read and restored.
            TicketNotFound: It no longer exists.
        """
        accept = options.pop("accept", frozenset())
        path = self._ticket(ticket_id)
        response = self.api.request(operation, method, path + part, accept=accept | _NOT_WRITABLE, **options)
        if response.status_code not in _NOT_WRITABLE:
            return response
        present = self.api.get(operation, path, TicketShape)
        state = "deleted" if present.deleted else "marked as spam" if present.spam else None
        if state is None:
            self.transport.refuse(Rejected, operation, explain(response), response)
        at = Circumstances(
            self.connection, operation, response.status_code, response.headers.get("X-Request-Id")
        )
        raise TicketClosed(f"the ticket is {state} and takes nothing", at, advice=_RESTORE)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def oldest_first(conversations: Iterable[ConversationShape]) -> tuple[ConversationShape, ...]:
    """Conversations by the time of their creation."""
    return tuple(sorted(conversations, key=lambda conversation: (conversation.created_at, conversation.id)))

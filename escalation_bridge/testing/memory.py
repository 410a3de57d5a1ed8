"""A helpdesk in memory: the real plugin interface, no network. For tests of the engine, and as a small example of a plugin."""

import itertools
import json
import threading
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from escalation_bridge.accounts import ConnectionReport, WriteReceipt
from escalation_bridge.connection import Connection, HelpdeskPlugin
from escalation_bridge.domain.tickets import (
    Channel,
    Comment,
    CommentDraft,
    Person,
    Priority,
    RichText,
    Role,
    Status,
    StatusKind,
    Ticket,
    TicketChange,
    TicketDraft,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import (
    BridgeError,
    Circumstances,
    ConcurrentChange,
    Rejected,
    TicketNotFound,
    WebhookMalformed,
)
from escalation_bridge.hooks import FOUND_NOTHING, FoundNothing, hookimpl
from escalation_bridge.richtext import from_text
from escalation_bridge.settings import ConnectionSettings
from escalation_bridge.webhooks import TicketHint, Verified, WebhookNews, WebhookRequest

STATUSES: dict[StatusKind, Status] = {
    kind: Status(kind, str(kind), str(kind).replace("_", " ").title())
    for kind in StatusKind
    if kind is not StatusKind.UNKNOWN
}
BRIDGE = Person("bridge", "Bridge", None, Role.AGENT)


class MemorySettings(ConnectionSettings):
    """Nothing but what every connection has."""


class MemoryHelpdesk(HelpdeskPlugin[MemorySettings]):
    """A helpdesk whose tickets live in this object.

    Attributes:
        writes: What was written through the plugin, in order, as (operation, ticket id) pairs.
        faults: Errors to be raised by the coming calls, by operation; `after_` before an operation's name raises it
            after the write took place.
    """

    vendor: ClassVar[str] = "memory"
    title: ClassVar[str] = "Memory"
    settings: ClassVar[type[ConnectionSettings]] = MemorySettings

    def __init__(self, connection: Connection[Any]) -> None:
        super().__init__(connection)
        self.tickets: dict[str, Ticket] = {}
        self.comments: dict[str, list[Comment]] = {}
        self.shown: dict[tuple[str, TicketRef], TicketPointer] = {}
        self.writes: list[tuple[str, str]] = []
        self.faults: dict[str, list[BridgeError]] = {}
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    # --- what people do ---------------------------------------------------------------------------------------------

    def customer_writes(self, subject: str, text: str, priority: Priority | None = Priority.NORMAL) -> str:
        """A customer opens a ticket; returns its id."""
        customer = Person("customer", "Sari", "sari@example.com", Role.CUSTOMER)
        return self._open(subject, text, priority, customer).ref.id

    def says(self, ticket_id: str, text: str, role: Role, visibility: Visibility = Visibility.PUBLIC) -> str:
        """Somebody writes in a ticket; returns the comment's id."""
        author = Person(str(role), str(role).title(), None, role)
        return self._comment(ticket_id, from_text(text).html, text, author, visibility, None).id

    def set_status(self, ticket_id: str, kind: StatusKind) -> None:
        """Somebody sets a status."""
        with self._lock:
            self.tickets[ticket_id] = self._touched(ticket_id, status=STATUSES[kind])

    def at(self, operation: str) -> Circumstances:
        """Circumstances for an error of this connection."""
        return Circumstances(self.connection.name, operation, 500)

    # --- the hooks --------------------------------------------------------------------------------------------------

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        return ConnectionReport(BRIDGE.id, BRIDGE.name)

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        return Verified(request.headers.get("x-delivery"))

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        try:
            return WebhookNews(hints=(TicketHint(str(json.loads(request.body)["ticket"]), "changed"),))
        except (ValueError, KeyError, TypeError) as error:
            raise WebhookMalformed("ticket: missing") from error

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        self._fail("fetch_ticket")
        with self._lock:
            if ticket_id not in self.tickets:
                raise TicketNotFound("no such ticket", self.at("fetch_ticket"))
            return self.tickets[ticket_id]

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        with self._lock:
            spoken = self.comments.get(ticket_id, [])
            ids = [comment.id for comment in spoken]
            return tuple(spoken[ids.index(after) :] if after in ids else spoken)

    @hookimpl
    def find_ticket(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:  # noqa: ARG002 - nothing lags here
        self._fail("find_ticket")
        with self._lock:
            return next(
                (ticket for ticket in self.tickets.values() if ticket.bridge_key == key), FOUND_NOTHING
            )

    @hookimpl
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        self._fail("create_ticket")
        created = self._open(draft.summary, draft.description.text, draft.priority, BRIDGE)
        with self._lock:
            created = replace(created, bridge_key=key, tags=draft.labels, description=draft.description)
            self.tickets[created.ref.id] = created
        self._wrote("create_ticket", created.ref.id)
        return created

    @hookimpl
    def update_ticket(self, ticket_id: str, change: TicketChange, expected: Ticket) -> Ticket:
        self._fail("update_ticket")
        with self._lock:
            present = self.fetch_ticket(ticket_id)
            wanted = present
            if change.status is not None:
                status = next((s for s in STATUSES.values() if change.status in (s.id, s.name)), None)
                if status is None:
                    raise Rejected(f"there is no status {change.status}", self.at("update_ticket"))
                if present.status not in (status, expected.status):
                    raise ConcurrentChange("the status was changed", self.at("update_ticket"))
                wanted = replace(wanted, status=status)
            if change.priority is not None:
                wanted = replace(wanted, priority=change.priority)
            if wanted == present:
                return present
            self.tickets[ticket_id] = replace(wanted, updated_at=self.connection.now())
        self._wrote("update_ticket", ticket_id)
        return self.tickets[ticket_id]

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        self._fail("add_comment")
        with self._lock:
            known = next((c for c in self.comments.get(ticket_id, []) if c.marker == key), None)
        if known is not None:
            return known
        written = self._comment(
            ticket_id, comment.body.html, comment.body.text, BRIDGE, comment.visibility, key
        )
        self._wrote("add_comment", ticket_id)
        return written

    @hookimpl
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        self._fail("link_ticket")
        with self._lock:
            self.shown[ticket_id, other.ref] = other
        self._wrote("link_ticket", ticket_id)
        return WriteReceipt(key, f"shows {other.key}")

    # --- rooms behind -----------------------------------------------------------------------------------------------

    def _fail(self, operation: str) -> None:
        if self.faults.get(operation):
            raise self.faults[operation].pop(0)

    def _wrote(self, operation: str, ticket_id: str) -> None:
        self.writes.append((operation, ticket_id))
        self._fail(f"after_{operation}")

    def _open(self, subject: str, text: str, priority: Priority | None, by: Person) -> Ticket:
        now = self.connection.now()
        with self._lock:
            ref = TicketRef(self.connection.name, str(next(self._ids)))
            ticket = Ticket(
                ref=ref,
                key=f"{self.connection.name.upper()}-{ref.id}",
                url=f"https://{self.connection.name}.example/{ref.id}",
                subject=subject,
                description=from_text(text),
                description_visibility=Visibility.PUBLIC,
                status=STATUSES[StatusKind.NEW],
                priority=priority,
                channel=Channel.EMAIL,
                created_by=by,
                created_at=now,
                updated_at=now,
                requester=by,
            )
            self.tickets[ref.id] = ticket
        return ticket

    def _touched(self, ticket_id: str, **changes: Any) -> Ticket:
        return replace(self.tickets[ticket_id], updated_at=self.connection.now(), **changes)

    def _comment(
        self, ticket_id: str, html: str, text: str, author: Person, visibility: Visibility, key: str | None
    ) -> Comment:
        with self._lock:
            ref = TicketRef(self.connection.name, ticket_id)
            now = self.connection.now()
            comment = Comment(
                ref, f"c{next(self._ids)}", author, visibility, RichText(html, text), now, marker=key
            )
            self.comments.setdefault(ticket_id, []).append(comment)
            self.tickets[ticket_id] = self._touched(ticket_id)
        return comment

"""A helpdesk in memory: the real plugin interface, no network. For tests of the engine, and as a small example of a plugin."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, ClassVar, NoReturn

from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.tickets.tickets import (
    UNASSIGNED,
    Attachment,
    Comment,
    CommentDraft,
    Group,
    Person,
    Priority,
    StatusChange,
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
    CommentNotFound,
    ConcurrentChange,
    FileRefused,
    NotApplied,
    PermissionDenied,
    PrivacyBreach,
    Rejected,
    TicketClosed,
    TicketNotFound,
    UnknownPerson,
    VendorError,
    WebhookRefused,
)
from escalation_bridge.plugin.accounts import (
    AccountDescription,
    ChangePage,
    ConnectionReport,
    OpenTickets,
    WriteReceipt,
)
from escalation_bridge.plugin.connection import Connection, HelpdeskPlugin
from escalation_bridge.plugin.files import FetchedFile, FileDraft
from escalation_bridge.plugin.hooks import FOUND_NOTHING, FoundNothing, hookimpl
from escalation_bridge.plugin.json_reading import webhook_document
from escalation_bridge.plugin.settings import ConnectionSettings, Secret
from escalation_bridge.plugin.webhooks import TicketHint, Verified, WebhookNews, WebhookRequest
from escalation_bridge.testing.people import BRIDGE, STATUSES, People
from escalation_bridge.testing.shelf import Shelf
from escalation_bridge.text.rich_text import from_text

TOLERANCE = timedelta(minutes=5)
"""The maximum clock difference of a webhook's signed time."""


_OPEN_PER_PAGE = 100


class MemorySettings(ConnectionSettings):
    """The settings of every connection, and the webhook secrets."""

    webhook_secrets: tuple[Secret, ...] = ()
    """Without any, no webhook is accepted."""


class MemoryHelpdesk(People, HelpdeskPlugin[MemorySettings]):
    """A helpdesk whose tickets live in this object.

    Attributes:
        writes: Writes through the plugin, in order, as (operation, ticket id) pairs.
        faults: Errors to be raised by the coming calls, by operation; `after_` before an operation's name raises it
            after the write took place.
        before: Called with the name of each operation before it begins, and with `after_` before the name of a write
            that took place; what it raises is the operation's error.
        deaf: Operations that this helpdesk confirms without changing anything.
        leaky: Whether it stores every comment as public.
        shelf: The contents of its files.
        largest_file: Bytes.
        agents: The assignable agents.
        groups: The members of each group of agents, by its name.
        way_over: The status over which all others are reached; the fault `halfway` strikes there.
    """

    vendor: ClassVar[str] = "memory"
    title: ClassVar[str] = "Memory"
    settings: ClassVar[type[ConnectionSettings]] = MemorySettings

    def __init__(self, connection: Connection[Any]) -> None:
        HelpdeskPlugin.__init__(self, connection)
        People.__init__(self, connection.name, connection.now)
        self.shown: dict[tuple[str, TicketRef], TicketPointer] = {}
        self.writes: list[tuple[str, str]] = []
        self.faults: dict[str, list[BridgeError]] = {}
        self.before: Callable[[str], object] | None = None
        self.deaf: set[str] = set()
        self.leaky = False
        self.shelf = Shelf(connection.name)
        self.largest_file = 50 * 1024 * 1024
        self.agents: list[Person] = []
        self.groups: dict[str, list[GroupMember]] = {}
        self.roles: dict[str, list[Person]] = {}
        self.way_over: StatusKind | None = None

    def at(self, operation: str) -> Circumstances:
        """The context of an error at this connection."""
        return Circumstances(self.connection.name, operation, 500)

    # --- the hooks --------------------------------------------------------------------------------------------------

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        self._fail("check_connection")
        return ConnectionReport(BRIDGE.id, BRIDGE.name)

    @hookimpl
    def describe_fields(self) -> AccountDescription:
        self._fail("describe_fields")
        groups = tuple(Group(name, name) for name in self.groups)
        return AccountDescription(tuple(STATUSES.values()), tuple(Priority), groups)

    @hookimpl
    def fetch_group_members(self, group: str) -> tuple[GroupMember, ...]:
        self._fail("fetch_group_members")
        if group not in self.groups:
            self._refuse(Rejected, "fetch_group_members", f"there is no group {group}")
        return tuple(self.groups[group])

    @hookimpl
    def fetch_role_members(self, role: str) -> tuple[Person, ...]:
        self._fail("fetch_role_members")
        if role not in self.roles:
            self._refuse(Rejected, "fetch_role_members", f"there is no role {role}")
        return tuple(self.roles[role])

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        sent, proof = request.headers.get("x-sent", ""), request.headers.get("x-proof", "").encode()
        # A list, so that all secrets are compared in constant time.
        proven = [
            hmac.compare_digest(proof, _proof(secret.get_secret_value(), sent, request.body))
            for secret in self.connection.settings.webhook_secrets
        ]
        # A signature with our secret contains a valid time.
        if not any(proven) or abs(request.received_at - datetime.fromisoformat(sent)) > TOLERANCE:
            raise WebhookRefused("the webhook is not proven")
        return Verified(request.headers.get("x-delivery"))

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> WebhookNews:
        ticket = (webhook_document(request.body) / "ticket").text()
        return WebhookNews(hints=(TicketHint(ticket, "changed"),))

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        self._fail("fetch_ticket")
        with self._lock:
            ticket = self._there("fetch_ticket", ticket_id)
            return replace(ticket, attachments=tuple(map(self.shelf.fresh, ticket.attachments)))

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        self._fail("fetch_comments")
        with self._lock:
            self._there("fetch_comments", ticket_id)
            comments = self.comments.get(ticket_id, [])
            ids = [comment.id for comment in comments]
            return tuple(
                replace(comment, attachments=tuple(map(self.shelf.fresh, comment.attachments)))
                for comment in (comments[ids.index(after) :] if after in ids else comments)
            )

    @hookimpl
    def fetch_status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        self._fail("fetch_status_changes")
        with self._lock:
            self._there("fetch_status_changes", ticket_id)
            return tuple(change for change in self.status_changes.get(ticket_id, []) if change.at >= since)

    @hookimpl
    def find_ticket(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:  # noqa: ARG002 - nothing lags here
        self._fail("find_ticket")
        with self._lock:
            return next(
                (ticket for ticket in self.tickets.values() if ticket.bridge_key == key), FOUND_NOTHING
            )

    @hookimpl
    def find_by_key(self, text: str) -> Ticket | FoundNothing:
        self._fail("find_by_key")
        wanted = text.casefold()
        with self._lock:
            return next(
                (t for t in self.tickets.values() if wanted in (t.key.casefold(), t.ref.id)), FOUND_NOTHING
            )

    @hookimpl
    def create_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        self._fail("create_ticket")
        if draft.fields:
            self._refuse(Rejected, "create_ticket", f"create: there is no {', '.join(sorted(draft.fields))}")
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
            present = self._open_to("update_ticket", ticket_id)
            wanted = self._wanted(present, change, expected)
            if wanted == present:
                return present
            if "update_ticket" not in self.deaf:
                self._walk(present, wanted)
                since = present.status_since
                if wanted.status != present.status:
                    since = self._with_status(ticket_id, wanted.status).status_since
                wanted = replace(wanted, status_since=since)
                self.tickets[ticket_id] = replace(wanted, updated_at=self.connection.now())
            after = self.tickets[ticket_id]
        self._wrote("update_ticket", ticket_id)
        if replace(after, updated_at=wanted.updated_at) != wanted:
            self._refuse(NotApplied, "update_ticket", "the ticket did not change")
        return after

    @hookimpl
    def is_own_status(self, ticket_id: str, status_id: str) -> bool:
        self._fail("is_own_status")
        with self._lock:
            shown = self._there("is_own_status", ticket_id).status.id
            return self.own_statuses.get(ticket_id) == status_id == shown

    def _walk(self, present: Ticket, wanted: Ticket) -> None:
        if wanted.status == present.status:
            return
        ticket_id = present.ref.id
        stop = STATUSES[self.way_over] if self.way_over else present.status
        if stop not in (present.status, wanted.status):
            self.tickets[ticket_id] = self._with_status(ticket_id, stop)
            self.own_statuses[ticket_id] = stop.id
            self._fail("halfway")
        self.own_statuses[ticket_id] = wanted.status.id

    def _wanted(self, present: Ticket, change: TicketChange, expected: Ticket) -> Ticket:
        """The ticket after the change."""
        wanted = present
        if change.status is not None:
            words = {word: status for status in STATUSES.values() for word in (status.id, status.name)}
            if change.status not in words:
                self._refuse(Rejected, "update_ticket", f"there is no status {change.status}")
            wanted = replace(wanted, status=words[change.status])
        if change.group is not None:
            wanted = replace(wanted, group=Group(change.group, change.group))
        written = ("status", "assignee", "group", "fields", "add_tags", "remove_tags")
        plain = {name: value for name, value in change.asked() if name not in written}
        wanted = replace(wanted, **plain)
        if change.assignee is not None:
            people = {word: person for person in self.agents for word in (person.id, person.email)}
            if change.assignee not in (*people, UNASSIGNED):
                self._refuse(UnknownPerson, "update_ticket", f"nobody is called {change.assignee} here")
            wanted = replace(wanted, assignee=people.get(change.assignee))
        wanted = replace(wanted, custom_fields={**wanted.custom_fields, **change.fields})
        for field in ("status", "assignee", "group", "custom_fields", "priority", *plain):
            if getattr(present, field) not in (getattr(wanted, field), getattr(expected, field)):
                self._refuse(ConcurrentChange, "update_ticket", f"the {field} was changed")
        kept = [tag for tag in present.tags if tag not in change.remove_tags]
        return replace(wanted, tags=(*kept, *(tag for tag in change.add_tags if tag not in kept)))

    @hookimpl
    def fetch_attachment(self, attachment: Attachment, into: BinaryIO, limit: int) -> FetchedFile:
        self._fail("fetch_attachment")
        if self.shelf.leads_nowhere(attachment):
            self._refuse(PermissionDenied, "fetch_attachment", "the address has expired")
        fetched = self.shelf.read(attachment, into, limit)
        return fetched or self._refuse(FileRefused, "fetch_attachment", f"it is larger than {limit} bytes")

    @hookimpl
    def add_attachment(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        self._fail("add_attachment")
        if file.size > self.largest_file:
            message = f"{file.name!r} has {file.size} bytes; {self.largest_file} are taken at the most"
            self._refuse(FileRefused, "add_attachment", message)
        with self._lock:
            self._open_to("add_attachment", ticket_id)
            comment = next((c for c in self.comments.get(ticket_id, []) if c.marker == key), None)
        if comment is None:
            with file.open() as content:
                stored = self.shelf.put(file.name, file.content_type, content.read())
            comment = self._comment(ticket_id, from_text(file.name), BRIDGE, file.visibility, key, (stored,))
            self._wrote("add_attachment", ticket_id)
        return WriteReceipt(comment.attachments[0].id, f"{file.name}: comment {comment.id}")

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        self._fail("add_comment")
        with self._lock:
            self._open_to("add_comment", ticket_id)
            known = next((c for c in self.comments.get(ticket_id, []) if c.marker == key), None)
        if known is not None:
            return known
        if "add_comment" in self.deaf:
            self._refuse(NotApplied, "add_comment", "the comment was not stored")
        stored = Visibility.PUBLIC if self.leaky else comment.visibility
        written = self._comment(ticket_id, comment.body, BRIDGE, stored, key)
        self._wrote("add_comment", ticket_id)
        if written.visibility is not comment.visibility:
            self.comments[ticket_id].remove(written)
            self._refuse(PrivacyBreach, "add_comment", "it came out public, and was deleted again")
        return written

    @hookimpl
    def edit_comment(self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str) -> Comment:  # noqa: ARG002 - the key stays in the comment
        self._fail("edit_comment")
        with self._lock:
            self._open_to("edit_comment", ticket_id)
            comments = self.comments.get(ticket_id, [])
            place = next((n for n, each in enumerate(comments) if each.id == comment_id), None)
            if place is None:
                self._refuse(CommentNotFound, "edit_comment", "the comment is not there any more")
            if comments[place].body.text != comment.body.text:
                comments[place] = replace(comments[place], body=comment.body)
                self.tickets[ticket_id] = self._touched(ticket_id)
                self._wrote("edit_comment", ticket_id)
            return comments[place]

    @hookimpl
    def delete_comment(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        self._fail("delete_comment")
        with self._lock:
            self._open_to("delete_comment", ticket_id)
            comments = self.comments.get(ticket_id, [])
            if any(each.id == comment_id for each in comments):
                self.comments[ticket_id] = [each for each in comments if each.id != comment_id]
                self.tickets[ticket_id] = self._touched(ticket_id)
                self._wrote("delete_comment", ticket_id)
        return WriteReceipt(comment_id, f"comment {comment_id} deleted")

    @hookimpl
    def link_ticket(self, ticket_id: str, other: TicketPointer, key: str) -> WriteReceipt:
        self._fail("link_ticket")
        with self._lock:
            self.shown[ticket_id, other.ref] = other
        self._wrote("link_ticket", ticket_id)
        return WriteReceipt(key, f"shows {other.key}")

    @hookimpl
    def changes_since(self, cursor: str | None) -> ChangePage:
        self._fail("changes_since")
        now = self.connection.now()
        with self._lock:
            changed = [
                ticket.ref.id
                for ticket in self.tickets.values()
                # Changes in the cursor's own instant may be newer than the cursor.
                if cursor and ticket.updated_at and ticket.updated_at >= datetime.fromisoformat(cursor)
            ]
        return ChangePage(tuple(changed), now.isoformat(), more=False)

    @hookimpl
    def open_tickets(self, cursor: str | None) -> OpenTickets:
        self._fail("open_tickets")
        with self._lock:
            ids = sorted((t.ref.id for t in self.tickets.values() if not t.status.kind.done), key=int)
        begin = int(cursor or 0)
        end = begin + _OPEN_PER_PAGE
        return OpenTickets(tuple(ids[begin:end]), str(end) if end < len(ids) else None, len(ids))

    # --- internals ------------------------------------------------------------------------------------------------------

    def _refuse(self, error: type[VendorError], operation: str, message: str) -> NoReturn:
        raise error(message, self.at(operation))

    def _there(self, operation: str, ticket_id: str) -> Ticket:
        if ticket_id not in self.tickets:
            self._refuse(TicketNotFound, operation, "no such ticket")
        return self.tickets[ticket_id]

    def _open_to(self, operation: str, ticket_id: str) -> Ticket:
        ticket = self._there(operation, ticket_id)
        if ticket_id in self.frozen:
            self._refuse(TicketClosed, operation, "the ticket is closed for good")
        return ticket

    def _fail(self, operation: str) -> None:
        if self.before is not None:
            self.before(operation)
        if self.faults.get(operation):
            raise self.faults[operation].pop(0)

    def _wrote(self, operation: str, ticket_id: str) -> None:
        self.writes.append((operation, ticket_id))
        self._fail(f"after_{operation}")


def _proof(secret: str, sent: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), sent.encode() + b"\n" + body, hashlib.sha256).hexdigest().encode()

"""Actions of people in a helpdesk in memory: customers write, agents answer, set, edit, merge."""

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    Channel,
    Comment,
    Person,
    Presence,
    Priority,
    RichText,
    Role,
    Status,
    StatusChange,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
)
from escalation_bridge.text.rich_text import from_text

STATUSES: dict[StatusKind, Status] = {
    kind: Status(kind, str(kind), str(kind).replace("_", " ").title())
    for kind in StatusKind
    if kind is not StatusKind.UNKNOWN
}
BRIDGE = Person("bridge", "Bridge", None, Role.AGENT)
CUSTOMER = Person("customer", "Sari", "sari@example.com", Role.CUSTOMER)


class People:
    """Tickets and comments in memory, and the people who work with them.

    Attributes:
        tickets: By id.
        comments: By ticket id, oldest first.
        frozen: Ids of tickets that are closed for good.
        status_changes: The status history of each ticket, by ticket id, oldest first.
        own_statuses: The status that the bridge set last, unless somebody changed it since, by ticket id.
    """

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self.name = name
        self.now = now
        self.tickets: dict[str, Ticket] = {}
        self.comments: dict[str, list[Comment]] = {}
        self.frozen: set[str] = set()
        self.status_changes: dict[str, list[StatusChange]] = {}
        self.own_statuses: dict[str, str] = {}
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    def customer_writes(
        self,
        subject: str,
        text: str,
        priority: Priority | None = Priority.NORMAL,
        files: Iterable[Attachment] = (),
    ) -> str:
        """A customer opens a ticket; returns its id."""
        return self._open(subject, text, priority, CUSTOMER, tuple(files)).ref.id

    def says(
        self,
        ticket_id: str,
        text: str,
        role: Role,
        visibility: Visibility = Visibility.PUBLIC,
        files: Iterable[Attachment] = (),
        author: Person | None = None,
    ) -> str:
        """Somebody comments, with files from the shelf; returns the comment's id."""
        author = author or Person(str(role), str(role).title(), None, role)
        body = RichText(from_text(text).html, text)
        return self._comment(ticket_id, body, author, visibility, None, tuple(files)).id

    def set_status(self, ticket_id: str, kind: StatusKind) -> None:
        """Somebody sets a status."""
        with self._lock:
            self.tickets[ticket_id] = self._with_status(ticket_id, STATUSES[kind])
            self.own_statuses.pop(ticket_id, None)

    def set_priority(self, ticket_id: str, priority: Priority) -> None:
        """Somebody sets a priority."""
        with self._lock:
            self.tickets[ticket_id] = self._touched(ticket_id, priority=priority)

    def merges(self, ticket_id: str, into: str) -> None:
        """Somebody merges a ticket into another one."""
        with self._lock:
            target = TicketRef(self.name, into)
            self.tickets[ticket_id] = self._touched(
                ticket_id, presence=Presence.MERGED, merged_into=target, status=STATUSES[StatusKind.CLOSED]
            )

    def follows_up(self, ticket_id: str, text: str) -> str:
        """A customer replies to a ticket that is closed permanently: a follow-up is created; returns its id."""
        with self._lock:
            self.frozen.add(ticket_id)
            self.tickets[ticket_id] = self._touched(ticket_id, status=STATUSES[StatusKind.CLOSED])
            earlier = self.tickets[ticket_id]
            new = self.customer_writes(f"Re: {earlier.subject}", text)
            self.tickets[new] = replace(self.tickets[new], follows_up=earlier.ref)
            return new

    def add_tag(self, ticket_id: str, tag: str) -> None:
        """Somebody adds a tag."""
        with self._lock:
            tags = (*self.tickets[ticket_id].tags, tag)
            self.tickets[ticket_id] = self._touched(ticket_id, tags=tags)

    def set_assignee(self, ticket_id: str, agent: Person | None) -> None:
        """Somebody assigns a ticket, or takes the assignee away."""
        with self._lock:
            self.tickets[ticket_id] = self._touched(ticket_id, assignee=agent)

    def set_field(self, ticket_id: str, field: str, value: object) -> None:
        """Somebody fills in a custom field."""
        with self._lock:
            fields = {**self.tickets[ticket_id].custom_fields, field: value}
            self.tickets[ticket_id] = self._touched(ticket_id, custom_fields=fields)

    def remove_tag(self, ticket_id: str, tag: str) -> None:
        """Somebody takes a tag away."""
        with self._lock:
            tags = tuple(each for each in self.tickets[ticket_id].tags if each != tag)
            self.tickets[ticket_id] = self._touched(ticket_id, tags=tags)

    def edits(self, ticket_id: str, comment_id: str, text: str) -> None:
        """Somebody edits a comment."""
        with self._lock:
            self.comments[ticket_id] = [
                replace(comment, body=from_text(text)) if comment.id == comment_id else comment
                for comment in self.comments[ticket_id]
            ]
            self.tickets[ticket_id] = self._touched(ticket_id)

    def takes_back(self, ticket_id: str, comment_id: str) -> None:
        """Somebody deletes a comment."""
        with self._lock:
            self.comments[ticket_id] = [s for s in self.comments[ticket_id] if s.id != comment_id]
            self.tickets[ticket_id] = self._touched(ticket_id)

    # --- internals ------------------------------------------------------------------------------------------------------

    def _open(
        self,
        subject: str,
        text: str,
        priority: Priority | None,
        by: Person,
        files: tuple[Attachment, ...] = (),
    ) -> Ticket:
        now = self.now()
        with self._lock:
            ref = TicketRef(self.name, str(next(self._ids)))
            ticket = Ticket(
                ref=ref,
                key=f"{self.name.upper()}-{ref.id}",
                url=f"https://{self.name}.example/{ref.id}",
                subject=subject,
                description=from_text(text),
                description_visibility=Visibility.PUBLIC,
                status=STATUSES[StatusKind.NEW],
                priority=priority,
                channel=Channel.EMAIL,
                created_by=by,
                created_at=now,
                updated_at=now,
                status_since=now,
                requester=by,
                attachments=files,
            )
            self.tickets[ref.id] = ticket
        return ticket

    def _with_status(self, ticket_id: str, status: Status) -> Ticket:
        """The ticket with another status, which is added to its history."""
        now = self.now()
        change = StatusChange(f"h{next(self._ids)}", now, status)
        self.status_changes.setdefault(ticket_id, []).append(change)
        return self._touched(ticket_id, status=status, status_since=now)

    def _touched(self, ticket_id: str, **changes: Any) -> Ticket:
        return replace(self.tickets[ticket_id], updated_at=self.now(), **changes)

    def _comment(
        self,
        ticket_id: str,
        body: RichText,
        author: Person,
        visibility: Visibility,
        key: str | None,
        files: tuple[Attachment, ...] = (),
    ) -> Comment:
        with self._lock:
            ref = TicketRef(self.name, ticket_id)
            now = self.now()
            comment = Comment(ref, f"c{next(self._ids)}", author, visibility, body, now, files, key)
            self.comments.setdefault(ticket_id, []).append(comment)
            self.tickets[ticket_id] = self._touched(ticket_id)
        return comment

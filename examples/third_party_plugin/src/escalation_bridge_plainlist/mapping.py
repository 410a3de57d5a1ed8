"""Plainlist's words and the bridge's. Pure."""

from collections.abc import Mapping
from datetime import UTC
from operator import attrgetter

from escalation_bridge.plugin import (
    Channel,
    Comment,
    Person,
    Priority,
    Role,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
    from_text,
)
from escalation_bridge_plainlist.shapes import CommentShape, StateShape, TicketShape, UserShape

KINDS: Mapping[str, StatusKind] = {
    "todo": StatusKind.NEW,
    "doing": StatusKind.OPEN,
    "asked": StatusKind.WAITING_CUSTOMER,
    "done": StatusKind.SOLVED,
    "archived": StatusKind.CLOSED,
}
"""What the states mean that every account has."""

PRIORITIES: Mapping[str, Priority] = {
    "minor": Priority.LOW,
    "normal": Priority.NORMAL,
    "major": Priority.HIGH,
    "critical": Priority.URGENT,
}
PRIORITY_WORDS: Mapping[Priority, str] = {priority: word for word, priority in PRIORITIES.items()}


def status(state: StateShape, own: Mapping[str, StatusKind]) -> Status:
    """A state of the account; one that nobody explained is unknown, and the bridge holds the link."""
    kind = own.get(state.id) or own.get(state.name) or KINDS.get(state.id, StatusKind.UNKNOWN)
    return Status(kind, state.id, state.name)


def find_state(states: tuple[Status, ...], word: str) -> str | None:
    """The state that a route means: by its id, else by its name, else by what it means to the bridge."""
    ways = (attrgetter("id"), attrgetter("name"), attrgetter("kind"))
    found = (state.id for way in ways for state in states if way(state).casefold() == word.casefold())
    return next(found, None)


def person(user: UserShape) -> Person:
    return Person(user.id, user.name, user.email, Role.AGENT if user.staff else Role.CUSTOMER)


def ticket(raw: TicketShape, connection: str, own: Mapping[str, StatusKind]) -> Ticket:
    author = person(raw.author)
    return Ticket(
        ref=TicketRef(connection, str(raw.id)),
        key=f"#{raw.id}",
        url=raw.url,
        subject=raw.title,
        description=from_text(raw.text),
        description_visibility=Visibility.PUBLIC,
        status=status(raw.state, own),
        priority=PRIORITIES.get(raw.priority) if raw.priority else None,
        channel=Channel.WEB,
        created_by=author,
        created_at=raw.created.astimezone(UTC),
        updated_at=raw.changed.astimezone(UTC),
        requester=author,
        tags=raw.tags,
        bridge_key=raw.key,
    )


def comment(raw: CommentShape, ref: TicketRef) -> Comment:
    # What is not known to be public is private.
    visibility = Visibility.PUBLIC if raw.internal is False else Visibility.PRIVATE
    return Comment(
        ref,
        str(raw.id),
        person(raw.author),
        visibility,
        from_text(raw.text),
        raw.created.astimezone(UTC),
        marker=raw.key,
    )

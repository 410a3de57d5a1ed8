"""What happened to a ticket, as automation rules look at it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from escalation_bridge_sandbox.freshdesk.state.records import Ticket


class Actor(StrEnum):
    """Who did it. Requests through the API are done by the agent whose key is used."""

    AGENT = "agent"
    REQUESTER = "requester"
    SYSTEM = "system"


class NoteKind(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True)
class FieldChange:
    """A field before and after, by code: `status` from 2 to 4."""

    field: str
    before: object
    after: object


@dataclass(frozen=True)
class TicketEvent:
    """A ticket was created, or changed, commented or answered.

    Attributes:
        note: A note of this kind was added.
        reply: A reply was added, by an agent or by the requester.
    """

    actor: Actor
    created: bool = False
    changes: tuple[FieldChange, ...] = ()
    note: NoteKind | None = None
    reply: Actor | None = None


Announce = Callable[[Ticket, TicketEvent], None]

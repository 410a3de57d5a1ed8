"""Writes that are decided: one class for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import Health, MessageRequest
from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    Person,
    Priority,
    Severity,
    TicketChange,
    TicketPointer,
    TicketRef,
    Visibility,
)


class Write:
    """What may be asked of a write of any kind; each kind says where it differs."""

    __slots__ = ()

    @property
    def written_to(self) -> TicketRef | None:
        """The ticket into which something is written; None where there is no one such ticket."""
        return None

    @property
    def is_decided_anew(self) -> bool:
        """Whether it follows from what the tickets showed then, so that a retry decides it anew."""
        return False

    @property
    def reshapes(self) -> bool:
        """Whether the case has another shape after it, so that what follows is decided on that."""
        return False

    @property
    def fields_settled(self) -> "FieldSettlement | None":
        """The fields of a link that count as being in step from then on."""
        return None

    @property
    def settled_links(self) -> tuple[str, ...]:
        """The links of which both sides of something count as being in step from then on."""
        return ()


class OfTicket(Write):
    """A write into a ticket that is there."""

    __slots__ = ()
    ticket: TicketRef

    @property
    def written_to(self) -> TicketRef | None:
        return self.ticket

    @property
    def connection(self) -> str:
        return self.ticket.connection


@dataclass(frozen=True, slots=True)
class CreateTicket(Write):
    """Create the linked ticket of an escalation.

    Attributes:
        told: Ids of the origin's comments that the description already carries; they are not passed on again.
        origin_status: The status id that the origin showed when this was decided; a later one is a change.
        files: Whether the files at what the description carries go along.
    """

    connection: str
    route: str
    summary: str
    description: MessageRequest
    severity: Severity
    priority: Priority | None
    labels: tuple[str, ...] = ()
    requester: Person | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    origin_status: str = ""
    files: bool = False
    kind: Literal["create_ticket"] = "create_ticket"

    @property
    def reshapes(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class WriteComment(OfTicket):
    """Write a comment.

    Attributes:
        source: The comment that it carries over: its ticket and id; None for the bridge's own words.
        files: Whether the files at that comment go along.
    """

    ticket: TicketRef
    visibility: Visibility
    message: MessageRequest
    source: tuple[TicketRef, str] | None = None
    files: bool = False
    kind: Literal["write_comment"] = "write_comment"


@dataclass(frozen=True, slots=True)
class EditComment(OfTicket):
    """Put newer words into a comment that was carried over.

    Attributes:
        written: The key of the write that carried it over: its receipt says which comment it is.
        visibility: Who reads it: those who do already.
        message: All that it is to say.
        source: The comment that was edited: its ticket and id.
    """

    ticket: TicketRef
    written: str
    visibility: Visibility
    message: MessageRequest
    source: tuple[TicketRef, str]
    kind: Literal["edit_comment"] = "edit_comment"

    @property
    def is_decided_anew(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class DeleteComment(OfTicket):
    """Take a comment back that was carried over.

    Attributes:
        written: The key of the write that carried it over: its receipt says which comment it is.
        is_hidden: Whether this is because the original was made private; else it was taken back itself.
    """

    ticket: TicketRef
    written: str
    source: tuple[TicketRef, str]
    is_hidden: bool
    kind: Literal["delete_comment"] = "delete_comment"

    @property
    def is_decided_anew(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ReviseNote(OfTicket):
    """Reword an internal note of the bridge's own.

    Attributes:
        versions: Which note: `keys.OfNote.note` of its writes.
        anew: Whether a further note is written where the vendor lets none be reworded; else it is left as it is.
    """

    ticket: TicketRef
    message: MessageRequest
    versions: str
    anew: bool = False
    kind: Literal["revise_note"] = "revise_note"


@dataclass(frozen=True, slots=True)
class PassFile(OfTicket):
    """Put a file of the other side at a ticket, after what it belongs to was carried over.

    Attributes:
        ticket: Where to.
        visibility: Who sees it there.
        link: The link over which it goes.
        side: The side that it comes from.
        source: The ticket that it comes from.
        comment: The id of the comment there that it belongs to; None: the description.
        seen: Who saw it there when this was decided. What has been hidden since is not passed on.
        attachment: As it was told then; its address may have expired.
        rule: What the route allows.
    """

    ticket: TicketRef
    visibility: Visibility
    link: str
    side: Side
    source: TicketRef
    comment: str | None
    seen: Visibility
    attachment: Attachment
    rule: FileRule
    kind: Literal["pass_file"] = "pass_file"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a status write settles on its link: from then on both sides count as being in step.

    Attributes:
        source: The side whose change is carried over.
        source_status: The status id that is carried over.
        target_status: The status id that the other side showed then.
    """

    link: str
    source: Side
    source_status: str
    target_status: str


@dataclass(frozen=True, slots=True)
class FieldEdge:
    """A field's change that is carried over.

    Attributes:
        source_value: What the side shows whose change it is.
        target_value: What the other side showed when this was decided.
        wish: What it is to show.
    """

    source_value: str
    target_value: str
    wish: str


@dataclass(frozen=True, slots=True)
class FieldSettlement:
    """What a write of fields settles on its link: from then on both sides of these fields count as being in step.

    Attributes:
        source: The side whose changes are carried over.
        fields: By the keys of the fields' rules.
    """

    link: str
    source: Side
    fields: Mapping[str, FieldEdge]


@dataclass(frozen=True, slots=True)
class ChangeTicket(OfTicket):
    """Change a ticket's fields.

    Attributes:
        raises: Whether it only ever raises a priority: one that is as high already is left alone.
        follows: Whether it follows from what the ticket showed when it was decided. If somebody changed the ticket since,
            such a change is dropped and decided anew; others are tried again on the newer ticket.
    """

    ticket: TicketRef
    change: TicketChange
    settles: Settlement | None = None
    follows: bool = False
    raises: bool = False
    settles_fields: FieldSettlement | None = None
    kind: Literal["change_ticket"] = "change_ticket"

    @property
    def is_decided_anew(self) -> bool:
        return self.follows

    @property
    def reshapes(self) -> bool:
        return True

    @property
    def fields_settled(self) -> FieldSettlement | None:
        return self.settles_fields

    @property
    def settled_links(self) -> tuple[str, ...]:
        return tuple(each.link for each in (self.settles, self.settles_fields) if each is not None)


@dataclass(frozen=True, slots=True)
class ShowLink(OfTicket):
    """Show another system's ticket to this ticket's agents.

    Attributes:
        health: How the link is.
    """

    ticket: TicketRef
    pointer: TicketPointer
    health: Health | None = None
    kind: Literal["show_link"] = "show_link"


@dataclass(frozen=True, slots=True)
class LinkByKey(Write):
    """Link a ticket with another one that somebody named in it.

    Attributes:
        connection: Where the named ticket is.
        ticket: Where it was named; the link begins there.
        words: How it was named: by its key, its id.
        by: Who asked.
    """

    connection: str
    route: str
    ticket: TicketRef
    words: str
    by: str
    kind: Literal["link_by_key"] = "link_by_key"

    @property
    def written_to(self) -> TicketRef | None:
        return self.ticket


@dataclass(frozen=True, slots=True)
class MoveLink(Write):
    """Have a link follow one of its tickets to another one.

    Attributes:
        link: The link's id.
        side: Which of its tickets went elsewhere.
        to: Where to.
    """

    link: str
    side: Side
    to: TicketRef
    kind: Literal["move_link"] = "move_link"

    @property
    def connection(self) -> str:
        return self.to.connection


@dataclass(frozen=True, slots=True)
class TakeOverLinks(Write):
    """Take over the links of the ticket that this case's own continues."""

    earlier: TicketRef
    kind: Literal["take_over_links"] = "take_over_links"

    @property
    def connection(self) -> str:
        return self.earlier.connection


@dataclass(frozen=True, slots=True)
class Notify(Write):
    """Tell people outside the ticket."""

    to: str
    message: MessageRequest
    kind: Literal["notify"] = "notify"

    @property
    def connection(self) -> str:
        return ""


Intent = (
    CreateTicket
    | WriteComment
    | EditComment
    | DeleteComment
    | ReviseNote
    | PassFile
    | ChangeTicket
    | ShowLink
    | LinkByKey
    | MoveLink
    | TakeOverLinks
    | Notify
)

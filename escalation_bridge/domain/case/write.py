"""The traits of writes: every kind answers them, and overrides those in which it differs.

A rule about several kinds uses a trait and names no kind, so it covers new kinds, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self

from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Ticket, TicketRef


class Leaves(StrEnum):
    """What a write leaves in a ticket: its echo is recognised by the receipt."""

    COMMENT = "comment"
    FILE = "file"


class Failure(StrEnum):
    """What it means to the agents of the customer's ticket that a write was given up.

    MATTERS: They are notified. MINOR: The same, unless they know of a greater failure at that connection. TOLD_ELSEWHERE: Another
    rule reports it where it matters, or it concerns the admin.
    """

    MATTERS = "matters"
    MINOR = "minor"
    REPORTED_ELSEWHERE = "told_elsewhere"


class Known(Protocol):
    """The case and the words of the catalogue, to describe a write to an admin."""

    def ticket(self, ref: TicketRef) -> Ticket | None:
        """A ticket as it was last read."""

    def author(self, ticket: TicketRef, comment: str) -> str:
        """The author of a comment."""

    def word(self, code: str) -> str:
        """What a kind, a message or a value is called."""


Line = tuple[str, str, str]
"""What is written, with its present value and its new one."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The sync state that a status write settles: from then on both sides of its link count as in sync.

    Attributes:
        source: The side whose change is copied.
        source_status: The copied status id.
        target_status: The status id that the other side showed then.
    """

    link: str
    source: Side
    source_status: str
    target_status: str


@dataclass(frozen=True, slots=True)
class FieldEdge:
    """A copied change of a field.

    Attributes:
        source_value: What the side shows whose change it is.
        target_value: What the other side showed when this was decided.
        wish: The wanted value.
    """

    source_value: str
    target_value: str
    wish: str


@dataclass(frozen=True, slots=True)
class FieldSettlement:
    """The sync state that a write of fields settles: from then on both sides of these fields count as in sync.

    Attributes:
        source: The side whose changes are copied.
        fields: By the keys of the fields' rules.
    """

    link: str
    source: Side
    fields: Mapping[str, FieldEdge]


class Write:
    """A write of any kind. Each kind is a frozen dataclass in the folder `writes`, and is stored as a document.

    Attributes:
        kind: What the kind is called: in documents, in the section `word` of the message catalogues, in logs.
        leaves: What it leaves in the ticket; None: it has no echo.
        carries_words: Whether it copies a comment, its edit or its deletion.
        shows_closed: Whether a refusal of a closed ticket means that it is permanently closed.
        retry_helps: Whether an admin may retry it after it was given up; otherwise its ticket shows why.
        goes_last: Whether it blocks nothing: it is delivered after everything else, one at a time.
        reshapes: Whether the case has another shape after it, so that what follows is decided on that.
        waits_for_opening: Whether a step that is not to wake people keeps it until their working hours.
        waits_for_answers: Whether an answer that has just been given may make it needless, so that it is decided on the newest news.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    kind: str
    leaves: ClassVar[Leaves | None] = None
    carries_words: ClassVar[bool] = False
    shows_closed: ClassVar[bool] = False
    retry_helps: ClassVar[bool] = True
    goes_last: ClassVar[bool] = False
    reshapes: ClassVar[bool] = False
    waits_for_opening: ClassVar[bool] = False
    waits_for_answers: ClassVar[bool] = False

    # --- where to, and what with ---------------------------------------------------------------------------------------

    @property
    def written_to(self) -> TicketRef | None:
        """The ticket into which something is written; None where there is no one such ticket."""
        return None

    @property
    def connection(self) -> str:
        """Where it goes; empty for what goes to no helpdesk."""
        return self.written_to.connection if self.written_to is not None else ""

    @property
    def changes(self) -> TicketRef | None:
        """The ticket of which it changes fields, as they are known; None: it changes none."""
        return None

    @property
    def is_private(self) -> bool:
        """Whether agents alone may read what it writes."""
        return False

    @property
    def says(self) -> MessageRequest | None:
        """Its text, if that may be updated until it is sent."""
        return None

    def saying(self, message: MessageRequest) -> Self:  # noqa: ARG002 - others need it
        """The same with another text."""
        raise TypeError(f"{self.kind} says nothing")

    @property
    def of_comment(self) -> tuple[TicketRef, str] | None:
        """The original comment that it copies, or follows: its ticket and id."""
        return None

    @property
    def passes_on(self) -> tuple[TicketRef, str] | None:
        """The comment of the other side that it brings for the first time: its ticket and id."""
        return None

    # --- what it means for the case -----------------------------------------------------------------------------------

    @property
    def escalates_along(self) -> str | None:
        """The route along which it hands the case on; None: along none."""
        return None

    @property
    def is_decided_again(self) -> bool:
        """Whether it follows from the tickets at that time, so that a retry decides it again."""
        return False

    @property
    def yields(self) -> bool:
        """Whether it is dropped, and decided again, if somebody changed its ticket meanwhile (race)."""
        return False

    @property
    def status_settled(self) -> Settlement | None:
        """The status of a link that counts as in sync from then on."""
        return None

    @property
    def fields_settled(self) -> FieldSettlement | None:
        """The fields of a link that count as in sync from then on."""
        return None

    @property
    def settled_links(self) -> tuple[str, ...]:
        """The links with something that counts as in sync from then on: a change in a link's budget."""
        status, of_fields = self.status_settled, self.fields_settled
        if status is None and of_fields is None:  # as of most writes, and this is asked of all of a case
            return ()
        return tuple(each.link for each in (status, of_fields) if each is not None)

    # --- its message -----------------------------------------------------------------------------------------------

    @property
    def failure(self) -> Failure:
        """What it means to agents that it was given up."""
        return Failure.MATTERS

    @property
    def called(self) -> str:
        """What agents know it by, as a code of the section `word` of the message catalogues."""
        return self.kind

    def described(self, known: Known) -> Iterator[Line]:
        """What it changes, line by line, for admins. It names the authors of people's texts, never the texts."""
        yield known.word(self.kind), "", ""


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


class OfCopy(OfTicket):
    """A write about a comment that was copied before."""

    __slots__ = ()
    source: tuple[TicketRef, str]
    carries_words = True
    retry_helps = False

    @property
    def of_comment(self) -> tuple[TicketRef, str] | None:
        return self.source

    @property
    def is_decided_again(self) -> bool:
        return True

    @property
    def failure(self) -> Failure:
        return Failure.REPORTED_ELSEWHERE  # in the target ticket

"""Comments: write, edit, delete."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Self

from escalation_bridge.domain.case.write import Failure, Known, Leaves, Line, OfCopy, OfTicket
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility


@dataclass(frozen=True, slots=True)
class WriteComment(OfTicket):
    """Write a comment.

    Attributes:
        source: The comment that it copies: its ticket and id; None for the bridge's own text.
        files: Whether the comment's files are copied, too.
    """

    ticket: TicketRef
    visibility: Visibility
    message: MessageRequest
    source: tuple[TicketRef, str] | None = None
    files: bool = False
    kind: Literal["write_comment"] = "write_comment"

    leaves = Leaves.COMMENT
    carries_words = True
    shows_closed = True

    @property
    def is_private(self) -> bool:
        return self.visibility is Visibility.PRIVATE

    @property
    def says(self) -> MessageRequest | None:
        return self.message

    def saying(self, message: MessageRequest) -> Self:
        return replace(self, message=message)

    @property
    def of_comment(self) -> tuple[TicketRef, str] | None:
        return self.source

    @property
    def passes_on(self) -> tuple[TicketRef, str] | None:
        return self.source

    @property
    def failure(self) -> Failure:
        if self.source is not None:
            return (
                Failure.REPORTED_ELSEWHERE
            )  # a note in the source ticket names all comments that were not copied
        return Failure.MINOR if self.is_private else Failure.MATTERS

    @property
    def called(self) -> str:
        return "own_note" if self.is_private else self.kind

    def described(self, known: Known) -> Iterator[Line]:
        says = known.word(self.message.template)
        if self.source is not None:
            says = f"copied from {known.author(*self.source)}"
        yield f"{self.visibility} comment", "", says


@dataclass(frozen=True, slots=True)
class EditComment(OfCopy):
    """Edit a copied comment.

    Attributes:
        written: The key of the write that copied it: its receipt has the comment's id.
        visibility: Its readers, unchanged.
        message: The new text.
        source: The edited original: its ticket and id.
    """

    ticket: TicketRef
    written: str
    visibility: Visibility
    message: MessageRequest
    source: tuple[TicketRef, str]
    kind: Literal["edit_comment"] = "edit_comment"

    @property
    def is_private(self) -> bool:
        return self.visibility is Visibility.PRIVATE

    def described(self, known: Known) -> Iterator[Line]:
        yield "comment", "", f"new text of {known.author(*self.source)}"


@dataclass(frozen=True, slots=True)
class DeleteComment(OfCopy):
    """Delete a copied comment.

    Attributes:
        written: The key of the write that copied it: its receipt has the comment's id.
        is_hidden: Whether the original became private; otherwise it was deleted.
    """

    ticket: TicketRef
    written: str
    source: tuple[TicketRef, str]
    is_hidden: bool
    kind: Literal["delete_comment"] = "delete_comment"

    def described(self, known: Known) -> Iterator[Line]:
        yield "comment", f"text of {known.author(*self.source)}", "taken back"

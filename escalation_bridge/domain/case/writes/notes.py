"""Edits of the bridge's own notes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Self

from escalation_bridge.domain.case.stored_names import stored_as
from escalation_bridge.domain.case.write import Failure, Known, Leaves, Line, OfTicket
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef


@stored_as(or_another="anew")
@dataclass(frozen=True, slots=True)
class ReviseNote(OfTicket):
    """Edit an internal note of the bridge in place.

    Attributes:
        versions: The note: `keys.OfNote.note` of its writes.
        or_another: Whether a further note is written if the vendor does not allow edits; otherwise the old one stays.
    """

    ticket: TicketRef
    message: MessageRequest
    versions: str
    or_another: bool = False
    kind: Literal["revise_note"] = "revise_note"

    leaves = Leaves.COMMENT

    @property
    def is_private(self) -> bool:
        return True

    @property
    def says(self) -> MessageRequest | None:
        return self.message

    def saying(self, message: MessageRequest) -> Self:
        return replace(self, message=message)

    @property
    def failure(self) -> Failure:
        return Failure.MINOR

    def described(self, known: Known) -> Iterator[Line]:
        yield "private comment", "", known.word(self.message.template)

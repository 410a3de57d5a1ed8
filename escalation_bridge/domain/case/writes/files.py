"""Files that are passed on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from escalation_bridge.domain.case.write import Failure, Known, Leaves, Line, OfTicket
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Attachment, TicketRef, Visibility


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

    leaves = Leaves.FILE
    retry_helps = False
    goes_last = True

    @property
    def is_private(self) -> bool:
        return self.visibility is Visibility.PRIVATE

    @property
    def failure(self) -> Failure:
        return Failure.TOLD_ELSEWHERE  # in the ticket that it was for

    def described(self, known: Known) -> Iterator[Line]:  # noqa: ARG002 - others need it
        yield f"{self.visibility} file", "", self.attachment.name

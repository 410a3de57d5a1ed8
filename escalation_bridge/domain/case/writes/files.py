"""Copies of files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from escalation_bridge.domain.case.write import Failure, Known, Leaves, Line, OfTicket
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Attachment, TicketRef, Visibility


@dataclass(frozen=True, slots=True)
class PassFile(OfTicket):
    """Copy a file to the other ticket, after the text that it belongs to.

    Attributes:
        ticket: The target.
        visibility: Its visibility there.
        link: The link of the copy.
        side: The side of the original.
        source: The ticket of the original.
        comment: The id of the original's comment; None: the description.
        seen: The visibility of the original at the decision. A file that was hidden since is not copied.
        attachment: The file as it was then; its address may have expired.
        rule: The route's limits.
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
        return Failure.REPORTED_ELSEWHERE  # in the target ticket

    def described(self, known: Known) -> Iterator[Line]:  # noqa: ARG002 - others need it
        yield f"{self.visibility} file", "", self.attachment.name

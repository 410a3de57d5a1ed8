"""Display of another system's ticket to the agents of a linked one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from escalation_bridge.domain.case.write import Failure, Known, Line, OfTicket
from escalation_bridge.domain.tickets.messages import Health
from escalation_bridge.domain.tickets.tickets import TicketPointer, TicketRef


@dataclass(frozen=True, slots=True)
class ShowLink(OfTicket):
    """Display another system's ticket to this ticket's agents.

    Attributes:
        health: The health of the link.
    """

    ticket: TicketRef
    pointer: TicketPointer
    health: Health | None = None
    kind: Literal["show_link"] = "show_link"

    @property
    def failure(self) -> Failure:
        return Failure.MINOR

    def described(self, known: Known) -> Iterator[Line]:  # noqa: ARG002 - others need it
        yield "shown", "", f"{self.pointer.key}: {self.pointer.status}"

"""Links: made by hand, moved with their tickets, or taken over."""

from dataclasses import dataclass, field
from typing import Literal

from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class LinkByKey(Write):
    """Link a ticket with another one that a command names.

    Attributes:
        connection: The connection of the named ticket.
        ticket: The ticket of the command; the link begins there.
        words: The name as written: a key or an id.
        by: The author of the command.
    """

    connection: str = field()  # without a default: the property of all writes is none
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
    """Move a link with one of its tickets.

    Attributes:
        link: The link's id.
        side: Which of its tickets moved.
        to: The new ticket.
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
    """Take over the links of the ticket that this follow-up continues."""

    earlier: TicketRef
    kind: Literal["take_over_links"] = "take_over_links"

    @property
    def connection(self) -> str:
        return self.earlier.connection

"""Links that are made by hand, or follow their tickets."""

from dataclasses import dataclass, field
from typing import Literal

from escalation_bridge.domain.case.write import Write
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class LinkByKey(Write):
    """Link a ticket with another one that somebody named in it.

    Attributes:
        connection: Where the named ticket is.
        ticket: Where it was named; the link begins there.
        words: How it was named: by its key, its id.
        by: Who asked.
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

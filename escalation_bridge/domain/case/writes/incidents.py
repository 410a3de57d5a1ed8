"""Incidents: a ticket is linked to the incident's linked ticket, taken out, or put in."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from escalation_bridge.domain.case.write import Failure, Write
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class LinkToIncident(Write):
    """Link a ticket to the linked ticket of its incident.

    Attributes:
        connection: The connection of the linked ticket.
    """

    connection: str = field()  # without a default: the property of all writes is none
    route: str
    ticket: TicketRef
    linked: TicketRef
    incident: str
    kind: Literal["link_to_incident"] = "link_to_incident"

    reshapes = True

    @property
    def written_to(self) -> TicketRef | None:
        return self.ticket

    @property
    def escalates_along(self) -> str | None:
        return self.route


class Moving(StrEnum):
    """What a person wants of a ticket and an incident."""

    LEAVE = "leave"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class MoveIncident(Write):
    """Take a ticket out of its incident, or put it into one, in the bridge's own database.

    Attributes:
        incident: The incident's name, as written.
    """

    ticket: TicketRef
    moving: Moving
    incident: str
    by: str
    kind: Literal["move_incident"] = "move_incident"

    reshapes = True

    @property
    def written_to(self) -> TicketRef | None:
        return self.ticket

    @property
    def failure(self) -> Failure:
        return Failure.MINOR

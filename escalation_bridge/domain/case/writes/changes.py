"""Changes of a ticket's fields, including its status."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from escalation_bridge.domain.case.write import (
    Failure,
    FieldSettlement,
    Known,
    Line,
    OfTicket,
    Settlement,
)
from escalation_bridge.domain.routes.fields.values import in_words
from escalation_bridge.domain.tickets.tickets import TicketChange, TicketRef, called


@dataclass(frozen=True, slots=True)
class ChangeTicket(OfTicket):
    """Change a ticket's fields.

    Attributes:
        raises: Whether it only raises a priority: one that is as high already stays.
        follows: Whether it follows from the ticket at the decision. If somebody changed the ticket since (race), such
            a change is dropped and decided again; others are retried on the newer ticket.
    """

    ticket: TicketRef
    change: TicketChange
    settles: Settlement | None = None
    follows: bool = False
    raises: bool = False
    settles_fields: FieldSettlement | None = None
    kind: Literal["change_ticket"] = "change_ticket"

    shows_closed = True
    reshapes = True

    @property
    def changes(self) -> TicketRef | None:
        return self.ticket

    @property
    def is_decided_again(self) -> bool:
        return self.follows

    @property
    def yields(self) -> bool:
        return self.follows

    @property
    def status_settled(self) -> Settlement | None:
        return self.settles

    @property
    def fields_settled(self) -> FieldSettlement | None:
        return self.settles_fields

    @property
    def failure(self) -> Failure:
        # What follows from the other side: that link is put on hold, and both tickets show it.
        return Failure.REPORTED_ELSEWHERE if self.follows else Failure.MATTERS

    def described(self, known: Known) -> Iterator[Line]:
        there = known.ticket(self.ticket)
        for name, value in self.change.asked():
            if name == "add_tags":
                yield from (("tag", "", tag) for tag in value)
            elif name == "remove_tags":
                yield from (("tag", tag, "") for tag in value)
            elif name == "fields":
                present = there.custom_fields if there else {}
                yield from ((own, in_words(present.get(own)), in_words(new)) for own, new in value.items())
            else:
                yield name.replace("_", " "), called(getattr(there, name, None)), called(value)

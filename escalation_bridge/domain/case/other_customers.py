"""The other customers' tickets on the same linked ticket, as known to their own cases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from escalation_bridge.domain.tickets.tickets import Priority, TicketRef


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another customer's ticket on the same linked ticket.

    Attributes:
        case_id: Its case.
        since: When it was linked.
        customer: The organisation's name, or else the requester's; empty where nothing is known of them yet.
        done: Whether nobody is expected to work on it; one that is gone, deleted or merged counts as done.
        held: Why its link, or else one of its fields, is on hold: a code; empty where it is not.
    """

    case_id: int
    origin: TicketRef
    since: datetime
    key: str
    customer: str
    priority: Priority | None
    done: bool
    held: str = ""


class Reasoned(Protocol):
    """A hold, as far as it matters here."""

    @property
    def reason(self) -> str: ...


def held_for(link: Reasoned | None, fields: Iterable[Reasoned | None]) -> str:
    """Why a link is on hold, or else one of its fields; empty where nothing is."""
    return next((hold.reason for hold in (link, *fields) if hold is not None), "")

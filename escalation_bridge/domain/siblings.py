"""The other customers' tickets that wait for the same linked ticket, as their own cases know them."""

from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.tickets import Priority, TicketRef


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another customer's ticket on the same linked ticket.

    Attributes:
        case_id: Its case.
        since: When it was linked.
        customer: The organisation's name, or else the requester's; empty where nothing is known of them yet.
        done: Whether nobody is expected to work on it any more; one that is gone, deleted or merged counts as done.
    """

    case_id: int
    origin: TicketRef
    since: datetime
    key: str
    customer: str
    priority: Priority | None
    done: bool

"""Properties of a ticket of which it has one value: how each is read from Freshdesk's ticket, and what writes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from escalation_bridge.plugin import Priority
from escalation_bridge_freshdesk.http.shapes import TicketShape

PRIORITIES: Mapping[int, Priority] = {
    1: Priority.LOW,
    2: Priority.NORMAL,
    3: Priority.HIGH,
    4: Priority.URGENT,
}
PRIORITY_CODES: Mapping[Priority, int] = {priority: code for code, priority in PRIORITIES.items()}


@dataclass(frozen=True, slots=True)
class Property:
    """One property.

    Attributes:
        field: What Freshdesk calls it.
        read: Its value in Freshdesk's ticket, as the bridge's ticket has it; None where none is set.
        write: The value that sets it.
    """

    field: str
    read: Callable[[TicketShape], Any]
    write: Callable[[Any], object]


PROPERTIES: Mapping[str, Property] = {
    "priority": Property("priority", lambda raw: PRIORITIES.get(raw.priority or 0), PRIORITY_CODES.get),
}
"""By what the bridge's ticket and its changes call them."""

"""Single-valued properties of a ticket: how each is read and written."""

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
        field: Its name in Freshdesk.
        read: Returns its value in Freshdesk's ticket in the bridge's form; None if it is not set.
        write: Returns the value that sets it.
    """

    field: str
    read: Callable[[TicketShape], Any]
    write: Callable[[Any], object]


PROPERTIES: Mapping[str, Property] = {
    "priority": Property("priority", lambda raw: PRIORITIES.get(raw.priority or 0), PRIORITY_CODES.get),
}
"""By their names in the bridge's ticket and its changes."""

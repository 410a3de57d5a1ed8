"""Properties of a ticket of which it has one value: how each is read from Zendesk's ticket, and what writes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from escalation_bridge.plugin import JsonPart, Priority

_PRIORITIES: Mapping[str, Priority] = {priority.value: priority for priority in Priority}


@dataclass(frozen=True, slots=True)
class Property:
    """One property.

    Attributes:
        read: Its value in Zendesk's ticket, as the bridge's ticket has it; None where none is set.
        write: The members of an update that set it.
    """

    read: Callable[[JsonPart], Any]
    write: Callable[[Any], Mapping[str, object]]


PROPERTIES: Mapping[str, Property] = {
    "priority": Property(
        lambda raw: _PRIORITIES.get(((raw / "priority").maybe_text() or "").lower()),
        lambda wanted: {"priority": wanted.value},
    ),
}
"""By what the bridge's ticket and its changes call them."""

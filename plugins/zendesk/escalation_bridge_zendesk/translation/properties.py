"""Single-valued properties of a ticket: how each is read and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from escalation_bridge.plugin import JsonPart, Priority

_PRIORITIES: Mapping[str, Priority] = {priority.value: priority for priority in Priority}


@dataclass(frozen=True, slots=True)
class Property:
    """One property.

    Attributes:
        read: Returns its value in Zendesk's ticket in the bridge's form; None if it is not set.
        write: Returns the members of an update that set it.
    """

    read: Callable[[JsonPart], Any]
    write: Callable[[Any], Mapping[str, object]]


PROPERTIES: Mapping[str, Property] = {
    "priority": Property(
        lambda raw: _PRIORITIES.get(((raw / "priority").maybe_text() or "").lower()),
        lambda wanted: {"priority": wanted.value},
    ),
}
"""By their names in the bridge's ticket and its changes."""

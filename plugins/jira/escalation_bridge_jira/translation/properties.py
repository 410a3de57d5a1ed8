"""Single-valued properties of a ticket: how each is read and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from escalation_bridge.plugin import JsonPart, Priority
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.vocabulary import (
    DEFAULT_PRIORITIES,
    PRIORITY_BY_ID,
    PRIORITY_BY_NAME,
    reference,
)


@dataclass(frozen=True, slots=True)
class Property:
    """One property.

    Attributes:
        read: Returns its value in an issue's fields in the bridge's form; None if it is not set or unknown.
        write: Returns the fields that set it.
        may_be_unknown: Whether Jira may return a value that was just written under a name that the bridge does not know.
    """

    read: Callable[[JiraSettings, JsonPart], Any]
    write: Callable[[JiraSettings, Any], Mapping[str, object]]
    may_be_unknown: bool = False


def vendor_priority(settings: JiraSettings, priority: Priority) -> str:
    """A site's name of a priority."""
    return settings.priorities.get(priority) or DEFAULT_PRIORITIES[priority]


def _priority(settings: JiraSettings, fields: JsonPart) -> Priority | None:
    configured = {word.casefold(): meant for meant, word in settings.priorities.items()}
    name = ((fields / "priority" / "name").maybe_text() or "").casefold()
    identifier = (fields / "priority" / "id").maybe_text() or ""
    return (
        configured.get(name)
        or configured.get(identifier)
        or PRIORITY_BY_NAME.get(name)
        or PRIORITY_BY_ID.get(identifier)
    )


PROPERTIES: Mapping[str, Property] = {
    "priority": Property(
        _priority,
        lambda settings, wanted: {"priority": reference(vendor_priority(settings, wanted))},
        may_be_unknown=True,
    ),
}
"""By their names in the bridge's ticket and its changes."""

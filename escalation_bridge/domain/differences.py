"""In what a ticket differs from what was known of it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from escalation_bridge.domain.tickets import Person, Ticket


@dataclass(frozen=True, slots=True)
class Difference:
    """One field.

    Attributes:
        field: Its name, for people.
        known: What was known of it, as text.
        present: What it is now.
    """

    field: str
    known: str
    present: str


def differences(known: Ticket, present: Ticket) -> tuple[Difference, ...]:
    """What of a ticket changed that the bridge acts on or passes on, field by field."""
    before, after = dict(_shown(known)), dict(_shown(present))
    return tuple(
        Difference(field, before.get(field, ""), after.get(field, ""))
        for field in {**before, **after}
        if before.get(field, "") != after.get(field, "")
    )


def _shown(ticket: Ticket) -> Iterator[tuple[str, str]]:
    yield "subject", ticket.subject
    yield "status", ticket.status.name
    yield "priority", str(ticket.priority or "")
    yield "requester", _name(ticket.requester)
    yield "assignee", _name(ticket.assignee)
    yield "group", ticket.group.name if ticket.group else ""
    yield "tags", ", ".join(sorted(ticket.tags))
    yield "presence", str(ticket.presence)
    yield "merged into", str(ticket.merged_into or "")
    for field, value in ticket.custom_fields.items():
        yield f"field {field}", "" if value is None else str(value)


def _name(person: Person | None) -> str:
    return person.name or person.id if person else ""

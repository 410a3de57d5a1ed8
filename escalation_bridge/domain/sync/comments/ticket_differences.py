"""The differences between a ticket and its snapshot. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from escalation_bridge.domain.case.cases import CaseView, Doubt
from escalation_bridge.domain.routes.fields.values import in_words
from escalation_bridge.domain.sync.comments.rereading import Rereading, is_reworded
from escalation_bridge.domain.tickets.tickets import Person, Ticket, TicketRef, Visibility


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
    """The changes of a ticket that the bridge acts on or copies, field by field."""
    before, after = dict(_shown(known)), dict(_shown(present))
    return tuple(
        Difference(field, before.get(field, ""), after.get(field, ""))
        for field in {**before, **after}
        if before.get(field, "") != after.get(field, "")
    )


def comment_differences(view: CaseView, ref: TicketRef, reading: Rereading) -> tuple[Difference, ...]:
    """The changes of a ticket's comments, counted, without the bridge's own."""
    known = {comment.id: comment for comment in view.comments_of(ref)}
    new = sum(comment.marker is None for comment in reading.new)
    missing = sum(doubt is not Doubt.PUBLIC for doubt in reading.doubts.values()) + len(reading.taken_back)
    seen = [(known[after.id].visibility, after.visibility) for after in reading.changed]
    counts = {
        "comments edited": sum(is_reworded(known[after.id], after) for after in reading.changed),
        "comments made private": seen.count((Visibility.PUBLIC, Visibility.PRIVATE)),
        "comments made public": seen.count((Visibility.PRIVATE, Visibility.PUBLIC))
        + sum(doubt is Doubt.PUBLIC for doubt in reading.doubts.values()),
        "comments missing": missing,
    }
    more = (Difference("comments", str(len(known)), str(len(known) + new)),) if new else ()
    return more + tuple(Difference(field, "", str(count)) for field, count in counts.items() if count)


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
        yield f"field {field}", in_words(value)


def _name(person: Person | None) -> str:
    return person.name or person.id if person else ""

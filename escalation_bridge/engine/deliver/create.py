"""Creating a linked ticket, also where the vendor refuses one of the people that it names.

A suspended requester or a deactivated assignee must not cost an escalation: the ticket is created without them, in the name of
the bridge's own account, and says who is meant.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.writes import CreateTicket
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Person, RichText, Ticket, TicketDraft
from escalation_bridge.errors import PersonRefused
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.text.rich_text import one_line

REQUESTER = "requester"


def create_linked(
    helpdesk: Helpdesk,
    intent: CreateTicket,
    token: str,
    compose: Callable[[MessageRequest], RichText],
    before_sending: Callable[[], None],
    now: Callable[[], datetime],
) -> tuple[Ticket, tuple[TimelineEntry, ...]]:
    """Create the ticket; also what the history says of people who were left out.

    Each repetition leaves out at least one more person, so it ends.

    Raises:
        VendorError: It could not be created, for another reason than a person.
    """
    draft = TicketDraft(
        summary=one_line(intent.summary),
        description=compose(intent.description),
        priority=intent.priority,
        severity=intent.severity,
        labels=intent.labels,
        requester=intent.requester,
        fields=intent.fields,
    )
    before_sending()
    entries: tuple[TimelineEntry, ...] = ()
    while True:
        try:
            return helpdesk.create_ticket(draft, token), entries
        except PersonRefused as refusal:
            refused = refusal.people - draft.without
            if not refused:
                raise
            without = draft.without | refused
            people = ", ".join(_described(intent, without))
            facts = {"connection": intent.connection, "people": people, "reason": refusal.message}
            told = {"refused_people": people, "refused_reason": refusal.message}
            message = replace(intent.description, facts={**intent.description.facts, **told})
            draft = replace(
                draft,
                description=compose(message),
                requester=None if REQUESTER in without else draft.requester,
                without=without,
            )
            entries = (TimelineEntry(now(), "person_left_out", facts),)


def _described(intent: CreateTicket, people: frozenset[str]) -> Iterator[str]:
    """The people for a reader: the customer by name and address, others by field and value."""
    values = dict(_all_fields(intent.fields))
    for name in sorted(people):
        if name == REQUESTER and intent.requester is not None:
            yield _name_of(intent.requester)
        else:
            yield f"{name}: {values[name]}" if name in values else name


def _name_of(person: Person) -> str:
    if person.name and person.email and person.name != person.email:
        return f"{person.name} ({person.email})"
    return person.name or person.email or person.id


def _all_fields(fields: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _all_fields({str(inner): each for inner, each in value.items()})
        yield name, value

"""Create a linked ticket, even if the vendor refuses a person that the draft names.

A suspended requester or a deactivated assignee must not prevent an escalation: the ticket is created without them by the bridge's
own account, and its text names them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from escalation_bridge.domain import after_writing
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.sla.status_history import has_moved_on
from escalation_bridge.domain.tickets.tickets import Person, StatusChange, Ticket, TicketDraft
from escalation_bridge.engine.deliver.work import Kind, Result, Work
from escalation_bridge.engine.gather.status_changes import missed_changes
from escalation_bridge.errors import PersonRefused
from escalation_bridge.text.rich_text import one_line

REQUESTER = "requester"


def _create(work: Work, intent: CreateTicket) -> Result:
    """Create the ticket, or adopt the one that an earlier attempt created."""
    record, helpdesk, now = work.record, work.helpdesk, work.bridge.now
    created = helpdesk.find_ticket(record.token, record.sent_at) if record.attempts else None
    adopted = created is not None
    left_out: tuple[TimelineEntry, ...] = ()
    if created is None:
        created, left_out = _create_linked(work, intent)
    consequence = after_writing.after_create(
        work.view,
        record,
        intent,
        created,
        adopted=adopted,
        moved_on=has_moved_on(created, _history_of(work, created, adopted=adopted)),
        now=now(),
    )
    consequence = replace(consequence, timeline=(*consequence.timeline, *left_out))
    receipt = Receipt(created.ref, detail=created.key, left_out=created.left_out)
    return Result(receipt, ticket=replace(created, left_out=()), consequence=consequence, adopted=adopted)


def _history_of(work: Work, created: Ticket, *, adopted: bool) -> tuple[StatusChange, ...]:
    """The vendor's history of an adopted ticket that has no start of its status.

    Minutes may lie between the first attempt and the one that finds the ticket, and people work meanwhile.
    """
    if not adopted or created.status_since is not None:
        return ()
    return missed_changes(work.bridge, work.view, created)


def _create_linked(work: Work, intent: CreateTicket) -> tuple[Ticket, tuple[TimelineEntry, ...]]:
    """Create the ticket. Also returns the history entry about people who were left out.

    Each repetition leaves out at least one more person, so it terminates.
    """
    draft = TicketDraft(
        summary=one_line(intent.summary),
        description=work.compose(intent.description),
        priority=intent.priority,
        severity=intent.severity,
        labels=intent.labels,
        requester=intent.requester,
        fields=intent.fields,
    )
    work.mark_sent(None)
    entries: tuple[TimelineEntry, ...] = ()
    while True:
        try:
            return work.helpdesk.create_ticket(draft, work.record.token), entries
        except PersonRefused as refusal:
            refused = refusal.people - draft.without
            if not refused:
                raise
            without = draft.without | refused
            people = ", ".join(_described(intent, without))
            facts = {"connection": intent.connection, "people": people, "reason": refusal.message}
            named = {"refused_people": people, "refused_reason": refusal.message}
            message = replace(intent.description, facts={**intent.description.facts, **named})
            draft = replace(
                draft,
                description=work.compose(message),
                requester=None if REQUESTER in without else draft.requester,
                without=without,
            )
            entries = (TimelineEntry(work.bridge.now(), "person_left_out", facts),)


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


CREATE_TICKET = Kind(CreateTicket, _create)

"""Facts that cases of several customers share about the same linked ticket. They contain no customer's text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import Beyond
from escalation_bridge.domain.case.other_customers import Sibling, held_for
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes import kinds_that
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Comment, Presence, Priority, StatusKind, TicketRef
from escalation_bridge.store.cases.write_rows import record_of
from escalation_bridge.store.database.codec import decode
from escalation_bridge.store.database.schema import (
    case_tickets,
    comments,
    intents,
    left_tickets,
    link_ends,
    links,
)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: StatusKind


@dataclass(frozen=True, slots=True)
class _Facts:
    """The part of a ticket's snapshot that other customers' cases may know."""

    key: str
    requester: _Named | None
    organisation: _Named | None
    priority: Priority | None
    status: _Kind
    presence: Presence


@dataclass(frozen=True, slots=True)
class _Hold:
    reason: str


@dataclass(frozen=True, slots=True)
class _Field:
    hold: _Hold | None = None


@dataclass(frozen=True, slots=True)
class _LinkFacts:
    since: datetime
    hold: _Hold | None = None
    fields: Mapping[str, _Field] = field(default_factory=dict)


_own, _other = link_ends.alias("own"), link_ends.alias("other")
_IS_SIBLING = sa.and_(
    _other.c.linked_connection == _own.c.linked_connection,
    _other.c.linked_ticket == _own.c.linked_ticket,
    _other.c.case_id != _own.c.case_id,
)
_GOES_ON = sa.and_(
    _other.c.case_id != _own.c.case_id,
    sa.or_(
        sa.and_(
            _other.c.linked_connection == _own.c.origin_connection,
            _other.c.linked_ticket == _own.c.origin_ticket,
        ),
        sa.and_(
            _other.c.origin_connection == _own.c.linked_connection,
            _other.c.origin_ticket == _own.c.linked_ticket,
        ),
    ),
)
# Cached: building a statement costs more than executing it.
_SIBLINGS = (
    sa.select(
        _own.c.case_id.label("of_case"),
        _own.c.link_id.label("of_link"),
        _other.c.case_id,
        _other.c.origin_connection,
        _other.c.origin_ticket,
        links.c.document.label("link"),
        case_tickets.c.snapshot,
        case_tickets.c.gone,
    )
    .join(_other, _IS_SIBLING)
    .join(links, sa.and_(links.c.case_id == _other.c.case_id, links.c.link_id == _other.c.link_id))
    .join(
        case_tickets,
        sa.and_(
            case_tickets.c.case_id == _other.c.case_id,
            case_tickets.c.connection == _other.c.origin_connection,
            case_tickets.c.ticket_id == _other.c.origin_ticket,
        ),
    )
    .where(_own.c.case_id.in_(sa.bindparam("case_ids", expanding=True)))
)
_SIBLING_CASES = (
    sa.select(_other.c.case_id)
    .distinct()
    .join(_own, _IS_SIBLING)
    .where(_own.c.case_id == sa.bindparam("of_case"))
)


def siblings_of_cases(
    connection: sa.Connection, case_ids: Sequence[int]
) -> dict[int, dict[str, tuple[Sibling, ...]]]:
    """The other customers' tickets with the same linked tickets, by case and link; one statement for any number of cases."""
    found: dict[int, dict[str, tuple[Sibling, ...]]] = {}
    for row in connection.execute(_SIBLINGS, {"case_ids": list(case_ids)}):
        of_case = found.setdefault(row.of_case, {})
        of_case[row.of_link] = (*of_case.get(row.of_link, ()), _sibling(row))
    return found


def sibling_cases(connection: sa.Connection, case_id: int) -> list[int]:
    """The cases that share a linked ticket with this one."""
    return list(connection.execute(_SIBLING_CASES, {"of_case": case_id}).scalars())


def _sibling(row: Any) -> Sibling:
    origin, link = TicketRef(row.origin_connection, row.origin_ticket), decode(row.link, _LinkFacts)
    held = held_for(link.hold, (each.hold for each in link.fields.values()))
    if row.snapshot is None:
        return Sibling(
            row.case_id, origin, link.since, str(origin), "", None, done=row.gone is not None, held=held
        )
    facts = decode(row.snapshot, _Facts)
    someone = facts.organisation or facts.requester
    return Sibling(
        case_id=row.case_id,
        origin=origin,
        since=link.since,
        key=facts.key,
        customer=someone.name if someone else "",
        priority=facts.priority,
        done=facts.status.kind.done or row.gone is not None or facts.presence is not Presence.PRESENT,
        held=held,
    )


_LEAVING_SOMETHING = kinds_that(lambda kind: kind.leaves is not None)
_CARRYING_WORDS = kinds_that(lambda kind: kind.carries_words)


_BEYOND = (
    sa.select(
        _own.c.case_id.label("of_case"),
        _other.c.case_id,
        _other.c.origin_connection,
        _other.c.origin_ticket,
        _other.c.linked_connection,
        _other.c.linked_ticket,
        sa.and_(
            _other.c.linked_connection == _own.c.origin_connection,
            _other.c.linked_ticket == _own.c.origin_ticket,
        ).label("is_above"),
    )
    .distinct()
    .join(_other, _GOES_ON)
    .where(_own.c.case_id.in_(sa.bindparam("case_ids", expanding=True)))
)


def beyond_cases(connection: sa.Connection, case_ids: Sequence[int]) -> dict[int, Beyond]:
    """What other cases copied into tickets through which a chain continues between them and these cases."""
    headings: dict[int, dict[tuple[TicketRef, TicketRef], Side]] = {}
    wanted: dict[int, dict[int, set[TicketRef]]] = {}
    for row in connection.execute(_BEYOND, {"case_ids": list(case_ids)}):
        origin = TicketRef(row.origin_connection, row.origin_ticket)
        linked = TicketRef(row.linked_connection, row.linked_ticket)
        way, heading = ((origin, linked), Side.LINKED) if row.is_above else ((linked, origin), Side.ORIGIN)
        headings.setdefault(row.of_case, {})[way] = heading
        wanted.setdefault(row.of_case, {}).setdefault(row.case_id, set()).add(way[1])
    written = _carried_by(connection, sorted({other for others in wanted.values() for other in others}))
    return {
        case: Beyond(
            headings[case],
            tuple(
                record
                for other, into in sorted(others.items())
                for record in written.get(other, ())
                if record.intent.written_to in into
            ),
        )
        for case, others in wanted.items()
    }


def _carried_by(connection: sa.Connection, case_ids: Sequence[int]) -> dict[int, list[IntentRecord]]:
    written: dict[int, list[IntentRecord]] = {}
    if case_ids:
        rows = connection.execute(
            sa.select(intents)
            .where(
                intents.c.case_id.in_(case_ids),
                intents.c.kind.in_(_CARRYING_WORDS),
                intents.c.state == IntentState.DONE,
            )
            .order_by(intents.c.id)
        )
        for row in rows:
            written.setdefault(row.case_id, []).append(record_of(row))
    return written


def cases_beyond(connection: sa.Connection, case_id: int, ticket: TicketRef, heading: Side) -> list[int]:
    """The other cases to which a chain carries on what this case copies into a ticket; LINKED is away from the customer."""
    ends = link_ends.c
    here = (
        sa.and_(ends.origin_connection == ticket.connection, ends.origin_ticket == ticket.id)
        if heading is Side.LINKED
        else sa.and_(ends.linked_connection == ticket.connection, ends.linked_ticket == ticket.id)
    )
    rows = connection.execute(sa.select(ends.case_id).distinct().where(ends.case_id != case_id, here))
    return list(rows.scalars())


def writes_of_others(connection: sa.Connection, case_id: int, ref: TicketRef) -> list[IntentRecord]:
    """The writes of other cases to a ticket, including uncertain ones and those of removed links: they are the bridge's own here, too.

    The keys are qualified by their cases.
    """
    wanted = {"of_case": case_id, "of_connection": ref.connection, "of_ticket": ref.id}
    records = ((row.case_id, record_of(row)) for row in connection.execute(_WRITES_OF_OTHERS, wanted))
    return [
        replace(record, key=keys.of_case(of_case, record.key))
        for of_case, record in records
        if record.intent.written_to == ref
    ]


_WRITES_OF_OTHERS = sa.select(intents).where(
    intents.c.case_id.in_(
        sa.union(
            *(
                sa.select(table.c.case_id).where(
                    table.c.connection == sa.bindparam("of_connection"),
                    table.c.ticket_id == sa.bindparam("of_ticket"),
                )
                for table in (case_tickets, left_tickets)
            )
        )
    ),
    intents.c.case_id != sa.bindparam("of_case"),
    intents.c.connection == sa.bindparam("of_connection"),
    intents.c.kind.in_(_LEAVING_SOMETHING),
    intents.c.sent_at.is_not(None),
)


def own_everywhere(connection: sa.Connection, comment: Comment) -> None:
    """Mark a comment as the bridge's own in every case that knows it."""
    ticket = comment.ticket
    wanted = {"of_connection": ticket.connection, "of_ticket": ticket.id, "of_comment": comment.id}
    connection.execute(_OWN, wanted)


_OF_CONNECTION: sa.BindParameter[str] = sa.bindparam("of_connection")
_OF_TICKET: sa.BindParameter[str] = sa.bindparam("of_ticket")
_OWN = (
    comments.update()
    .where(
        comments.c.case_id.in_(
            sa.select(case_tickets.c.case_id).where(
                case_tickets.c.connection == _OF_CONNECTION, case_tickets.c.ticket_id == _OF_TICKET
            )
        ),
        comments.c.connection == _OF_CONNECTION,
        comments.c.ticket_id == _OF_TICKET,
        comments.c.comment_id == sa.bindparam("of_comment"),
    )
    .values(own=True)
)

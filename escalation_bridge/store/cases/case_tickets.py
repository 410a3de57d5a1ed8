"""The tickets of each case: which cases a ticket belongs to, and which snapshots are stale."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.store.database.codec import encode
from escalation_bridge.store.database.database import insert_new
from escalation_bridge.store.database.schema import case_tickets, cases

# Cached: building a statement costs more than executing it, and every webhook needs these.
_IS_TICKET = sa.and_(
    case_tickets.c.connection == sa.bindparam("of_connection"),
    case_tickets.c.ticket_id == sa.bindparam("of_ticket"),
)
_CASES_OF = sa.select(case_tickets.c.connection, case_tickets.c.ticket_id, case_tickets.c.case_id).where(
    case_tickets.c.connection == sa.bindparam("of_connection"),
    case_tickets.c.ticket_id.in_(sa.bindparam("of_tickets", expanding=True)),
)
_MARK_STALE = case_tickets.update().where(_IS_TICKET).values(stale=True, evidence=None)
_MOST_EVIDENCE = 4000
"""Maximum characters; a ticket with more evidence is read."""
_NEW_EVIDENCE = sa.bindparam("new_evidence", type_=case_tickets.c.evidence.type)
_IS_READ_ANYWAY = sa.and_(case_tickets.c.stale, case_tickets.c.evidence.is_(None))
_ADD_EVIDENCE = (
    case_tickets.update()
    .where(_IS_TICKET)
    .values(
        stale=True,
        evidence=sa.case(
            (_IS_READ_ANYWAY, None),
            (sa.not_(case_tickets.c.stale), _NEW_EVIDENCE),
            (sa.func.length(case_tickets.c.evidence) > _MOST_EVIDENCE, None),
            else_=case_tickets.c.evidence + "\n" + _NEW_EVIDENCE,
        ),
    )
)


def cases_of(connection: sa.Connection, ticket: TicketRef) -> list[int]:
    """The cases that a ticket belongs to."""
    return cases_of_tickets(connection, [ticket])[ticket]


def cases_of_tickets(connection: sa.Connection, tickets: Iterable[TicketRef]) -> dict[TicketRef, list[int]]:
    """The cases that tickets belong to."""
    found: dict[TicketRef, list[int]] = {ticket: [] for ticket in tickets}
    for name in {ticket.connection for ticket in found}:
        ids = [ticket.id for ticket in found if ticket.connection == name]
        for row in connection.execute(_CASES_OF, {"of_connection": name, "of_tickets": ids}):
            found[TicketRef(row.connection, row.ticket_id)].append(row.case_id)
    return found


def open_case(connection: sa.Connection, origin: TicketRef, now: datetime) -> int:
    """The case of an origin ticket; created if there is none. For the lock order see `open_cases`."""
    return open_cases(connection, [origin], now)[origin]


def open_cases(
    connection: sa.Connection, origins: Iterable[TicketRef], now: datetime
) -> dict[TicketRef, int]:
    """The cases of origin tickets; missing ones are created.

    Lock order, to avoid a deadlock: a transaction opens cases before it locks any, all in one call. On PostgreSQL an insert waits for
    another transaction that inserts the same case: all transactions insert in the same order, and hold no other lock while
    inserting.
    """
    in_order = sorted(set(origins), key=lambda ref: (ref.connection, ref.id))
    if not in_order:
        return {}
    rows = [
        {
            "connection": ref.connection,
            "ticket_id": ref.id,
            "state": CaseState.OPEN,
            "opened_at": now,
            "clocks": "[]",
            "wake_count": 0,
        }
        for ref in in_order
    ]
    connection.execute(_OPEN[connection.dialect.name], rows)
    opened: dict[TicketRef, int] = {}
    for name in dict.fromkeys(ref.connection for ref in in_order):
        ids = [ref.id for ref in in_order if ref.connection == name]
        for row in connection.execute(_CASES_ABOUT, {"of_connection": name, "of_tickets": ids}):
            opened[TicketRef(name, row.ticket_id)] = row.id
    connection.execute(_ADD[connection.dialect.name], [_ticket_row(opened[ref], ref) for ref in in_order])
    return opened


_CASES_ABOUT = sa.select(cases.c.id, cases.c.ticket_id).where(
    cases.c.connection == sa.bindparam("of_connection"),
    cases.c.ticket_id.in_(sa.bindparam("of_tickets", expanding=True)),
)
_OPEN, _ADD = (
    {dialect: insert_new(dialect, table) for dialect in ("sqlite", "postgresql")}
    for table in (cases, case_tickets)
)


def add_ticket(connection: sa.Connection, case_id: int, ticket: TicketRef, *, stale: bool = True) -> None:
    """Add a ticket to a case; it is read next, unless it was just created."""
    connection.execute(_ADD[connection.dialect.name], _ticket_row(case_id, ticket, stale=stale))


def _ticket_row(case_id: int, ticket: TicketRef, *, stale: bool = True) -> dict[str, object]:
    return {
        "case_id": case_id,
        "connection": ticket.connection,
        "ticket_id": ticket.id,
        "stale": stale,
        "failures": 0,
    }


def mark_stale(connection: sa.Connection, *tickets: TicketRef) -> None:
    """Mark the snapshots of tickets as stale. Their cases are locked before, or in this call."""
    rows = [{"of_connection": ref.connection, "of_ticket": ref.id} for ref in tickets]
    if rows:
        connection.execute(_MARK_STALE, rows)


def add_evidence(connection: sa.Connection, hints: Iterable[tuple[TicketRef, ChangeEvidence | None]]) -> None:
    """Mark tickets as stale after webhooks, unless all their evidence turns out to be an echo.

    A webhook without evidence always causes a read. Cases are locked before, or in this call.
    """
    hints = list(hints)
    mark_stale(connection, *dict.fromkeys(ref for ref, evidence in hints if evidence is None))
    rows = [
        {
            "of_connection": ref.connection,
            "of_ticket": ref.id,
            "new_evidence": encode(evidence, ChangeEvidence),
        }
        for ref, evidence in hints
        if evidence is not None
    ]
    if rows:
        connection.execute(_ADD_EVIDENCE, rows)

"""The severities that people determined: kept as they were, for reports."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from escalation_bridge.domain.tickets.classification import Correction
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.store.database.codec import decode, encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import cases, severity_corrections


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """A correction with its case."""

    case_id: int
    ticket: TicketRef
    correction: Correction


def save_correction(connection: sa.Connection, case_id: int, correction: Correction) -> None:
    """Save a correction; one that is there stays (idempotent)."""
    row = {
        "case_id": case_id,
        "key": correction.key,
        "at": correction.at,
        "document": encode(correction, Correction),
    }
    insert_if_new(connection, severity_corrections, row)


def load_corrections(connection: sa.Connection) -> Iterator[StoredCorrection]:
    """All corrections, oldest first."""
    query = (
        sa.select(
            severity_corrections.c.case_id,
            severity_corrections.c.document,
            cases.c.connection,
            cases.c.ticket_id,
        )
        .join(cases, cases.c.id == severity_corrections.c.case_id)
        .order_by(severity_corrections.c.at, severity_corrections.c.id)
    )
    for row in connection.execute(query):
        ticket = TicketRef(row.connection, row.ticket_id)
        yield StoredCorrection(row.case_id, ticket, decode(row.document, Correction))

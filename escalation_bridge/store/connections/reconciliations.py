"""Reconciliation progress of each connection, and its result."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import case_tickets, cases, meta, reconciliations


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The state of a connection.

    Attributes:
        cursor: The plugin's cursor to continue from; None: from now on.
        looked_at: When the last reconciliation began.
        missed: How many changed tickets without a webhook were found in total.
        missed_at: When the last of them was found.
        trouble: Why the last reconciliation failed; None if it did not.
    """

    cursor: str | None
    looked_at: datetime | None
    missed: int
    missed_at: datetime | None
    trouble: str | None


def load_reconciliation(connection: sa.Connection, name: str) -> Reconciliation:
    """The state of a connection; empty by default."""
    row = connection.execute(
        sa.select(reconciliations).where(reconciliations.c.connection == name)
    ).one_or_none()
    if row is None:
        return Reconciliation(None, None, 0, None, None)
    return Reconciliation(row.cursor, row.looked_at, row.missed, row.missed_at, row.trouble)


def load_all(connection: sa.Connection) -> dict[str, Reconciliation]:
    """The state of every reconciled connection, by name."""
    rows = connection.execute(sa.select(reconciliations).order_by(reconciliations.c.connection))
    return {
        row.connection: Reconciliation(row.cursor, row.looked_at, row.missed, row.missed_at, row.trouble)
        for row in rows
    }


def take_turn(connection: sa.Connection, name: str, now: datetime, every: timedelta) -> bool:
    """Begin a reconciliation, unless another worker did within the interval; return whether it is this worker's
    turn.
    """
    if insert_if_new(connection, reconciliations, {"connection": name, "looked_at": now, "missed": 0}):
        return True
    is_time = sa.or_(reconciliations.c.looked_at.is_(None), reconciliations.c.looked_at <= now - every)
    taken = connection.execute(
        reconciliations.update().where(reconciliations.c.connection == name, is_time).values(looked_at=now)
    )
    return taken.rowcount == 1


def keep_cursor(connection: sa.Connection, name: str, cursor: str) -> None:
    """Store the cursor: the reconciliation continues from here, also after a restart."""
    _update(connection, name, cursor=cursor, trouble=None)


def load_position(connection: sa.Connection, name: str) -> str | None:
    """The ticket after which a scan of all open cases of a connection resumes; None: from the first."""
    value: str | None = connection.execute(
        sa.select(meta.c.value).where(meta.c.name == _position(name))
    ).scalar()
    return value


def keep_position(connection: sa.Connection, name: str, after: str | None) -> None:
    """Store the position of a scan of all open cases; None: it is complete."""
    connection.execute(meta.delete().where(meta.c.name == _position(name)))
    if after is not None:
        connection.execute(meta.insert().values(name=_position(name), value=after))


def _position(name: str) -> str:
    return f"reconcile_all:{name}"


def count_tickets(connection: sa.Connection, name: str, after: str) -> int:
    """Count a connection's tickets in open cases after a position."""
    return connection.execute(
        sa.select(sa.func.count(case_tickets.c.ticket_id.distinct()))
        .join(cases, cases.c.id == case_tickets.c.case_id)
        .where(
            case_tickets.c.connection == name,
            case_tickets.c.ticket_id > after,
            cases.c.state == CaseState.OPEN,
        )
    ).scalar_one()


def note_missed(connection: sa.Connection, name: str, now: datetime) -> None:
    """Count a changed ticket for which no webhook arrived."""
    _update(connection, name, missed=reconciliations.c.missed + 1, missed_at=now)


def note_search_trouble(connection: sa.Connection, name: str, trouble: str) -> None:
    """Store why a reconciliation failed."""
    _update(connection, name, trouble=trouble)


def _update(connection: sa.Connection, name: str, **values: object) -> None:
    insert_if_new(connection, reconciliations, {"connection": name, "missed": 0})
    connection.execute(reconciliations.update().where(reconciliations.c.connection == name).values(**values))

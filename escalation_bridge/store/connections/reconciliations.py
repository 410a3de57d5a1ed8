"""How far each connection has been searched for changes that no webhook told of, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.store.database import insert_if_new
from escalation_bridge.store.schema import case_tickets, cases, meta, reconciliations


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is known of a connection.

    Attributes:
        cursor: Where to go on, as the plugin gave it; None: from now on.
        looked_at: When somebody last began to look.
        missed: How many tickets were found, ever, of whose change no webhook told.
        missed_at: When the last of them was.
        trouble: Why the last look came to nothing; None if it did not.
    """

    cursor: str | None
    looked_at: datetime | None
    missed: int
    missed_at: datetime | None
    trouble: str | None


def load_reconciliation(connection: sa.Connection, name: str) -> Reconciliation:
    """What is known of a connection; it may be nothing yet."""
    row = connection.execute(
        sa.select(reconciliations).where(reconciliations.c.connection == name)
    ).one_or_none()
    if row is None:
        return Reconciliation(None, None, 0, None, None)
    return Reconciliation(row.cursor, row.looked_at, row.missed, row.missed_at, row.trouble)


def load_all(connection: sa.Connection) -> dict[str, Reconciliation]:
    """What is known of every connection that was searched, by name."""
    rows = connection.execute(sa.select(reconciliations).order_by(reconciliations.c.connection))
    return {
        row.connection: Reconciliation(row.cursor, row.looked_at, row.missed, row.missed_at, row.trouble)
        for row in rows
    }


def take_turn(connection: sa.Connection, name: str, now: datetime, every: timedelta) -> bool:
    """Begin to look, unless another worker did within the interval; say whether it is ours to do."""
    if insert_if_new(connection, reconciliations, {"connection": name, "looked_at": now, "missed": 0}):
        return True
    is_time = sa.or_(reconciliations.c.looked_at.is_(None), reconciliations.c.looked_at <= now - every)
    taken = connection.execute(
        reconciliations.update().where(reconciliations.c.connection == name, is_time).values(looked_at=now)
    )
    return taken.rowcount == 1


def keep_cursor(connection: sa.Connection, name: str, cursor: str) -> None:
    """Write down how far the search has come: it goes on from here, also after a restart."""
    _update(connection, name, cursor=cursor, trouble=None)


def load_position(connection: sa.Connection, name: str) -> str | None:
    """After which ticket a search through all of a connection's open cases goes on; None: from the first."""
    value: str | None = connection.execute(
        sa.select(meta.c.value).where(meta.c.name == _position(name))
    ).scalar()
    return value


def keep_position(connection: sa.Connection, name: str, after: str | None) -> None:
    """Write down how far a search through all open cases has come; None: it is at its end."""
    connection.execute(meta.delete().where(meta.c.name == _position(name)))
    if after is not None:
        connection.execute(meta.insert().values(name=_position(name), value=after))


def _position(name: str) -> str:
    return f"reconcile_all:{name}"


def count_tickets(connection: sa.Connection, name: str, after: str) -> int:
    """How many of a connection's tickets in open cases come after one."""
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
    """Count a ticket of whose change no webhook told."""
    _update(connection, name, missed=reconciliations.c.missed + 1, missed_at=now)


def note_search_trouble(connection: sa.Connection, name: str, trouble: str) -> None:
    """Write down why a search came to nothing."""
    _update(connection, name, trouble=trouble)


def _update(connection: sa.Connection, name: str, **values: object) -> None:
    insert_if_new(connection, reconciliations, {"connection": name, "missed": 0})
    connection.execute(reconciliations.update().where(reconciliations.c.connection == name).values(**values))

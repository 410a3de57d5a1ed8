"""Backfill progress: how many tickets were open before the bridge, and how many have a case."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import backfills, cases


@dataclass(frozen=True, slots=True)
class BackfillState:
    """The state of a connection.

    Attributes:
        total: How many tickets are open there, as far as counted.
        counted_at: When they were counted.
        cursor: The position at which an interrupted backfill resumes; None: at the beginning.
        opened: How many cases backfills opened.
        next_wake_at: The wake of the next case: wakes are spread over time.
        finished_at: When a backfill was completed; None: never.
    """

    total: int | None = None
    counted_at: datetime | None = None
    cursor: str | None = None
    opened: int = 0
    next_wake_at: datetime | None = None
    finished_at: datetime | None = None


def load_backfill(connection: sa.Connection, name: str) -> BackfillState:
    """The state of a connection; empty by default."""
    return load_backfills(connection).get(name, BackfillState())


def load_backfills(connection: sa.Connection) -> dict[str, BackfillState]:
    """The state of every connection, by name."""
    rows = connection.execute(sa.select(backfills).order_by(backfills.c.connection))
    return {
        row.connection: BackfillState(
            row.total, row.counted_at, row.cursor, row.opened, row.next_wake_at, row.finished_at
        )
        for row in rows
    }


def keep_count(connection: sa.Connection, name: str, total: int, now: datetime) -> None:
    """Store how many tickets are open."""
    _keep(connection, name, total=total, counted_at=now)


def keep_progress(
    connection: sa.Connection, name: str, cursor: str | None, opened: int, next_wake_at: datetime
) -> None:
    """Store the position of a backfill, and count the cases that this page opened."""
    _keep(connection, name, cursor=cursor, opened=backfills.c.opened + opened, next_wake_at=next_wake_at)


def finish(connection: sa.Connection, name: str, now: datetime) -> None:
    """Store that all open tickets were listed."""
    _keep(connection, name, cursor=None, finished_at=now)


def count_cases(connection: sa.Connection, name: str) -> int:
    """Count the open cases that began at a connection."""
    return connection.execute(
        sa.select(sa.func.count())
        .select_from(cases)
        .where(cases.c.connection == name, cases.c.state == "open")
    ).scalar_one()


def _keep(connection: sa.Connection, name: str, **values: object) -> None:
    insert_if_new(connection, backfills, {"connection": name, "opened": 0})
    connection.execute(backfills.update().where(backfills.c.connection == name).values(**values))

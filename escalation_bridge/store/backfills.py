"""Tickets that were open before the bridge: how many there are, and how far they have been taken in."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database import insert_if_new
from escalation_bridge.store.schema import backfills, cases


@dataclass(frozen=True, slots=True)
class BackfillState:
    """What is known of a connection.

    Attributes:
        total: How many tickets are open there, as far as it was counted.
        counted_at: When they were counted.
        cursor: Where a backfill that was interrupted goes on; None: at the beginning.
        opened: How many cases were opened by backfills.
        next_wake_at: When the case after the last one is looked at: they are spread over time.
        finished_at: When a backfill came to its end; None: none did.
    """

    total: int | None = None
    counted_at: datetime | None = None
    cursor: str | None = None
    opened: int = 0
    next_wake_at: datetime | None = None
    finished_at: datetime | None = None


def load_backfill(connection: sa.Connection, name: str) -> BackfillState:
    """What is known of a connection; it may be nothing yet."""
    return load_backfills(connection).get(name, BackfillState())


def load_backfills(connection: sa.Connection) -> dict[str, BackfillState]:
    """What is known of every connection, by name."""
    rows = connection.execute(sa.select(backfills).order_by(backfills.c.connection))
    return {
        row.connection: BackfillState(
            row.total, row.counted_at, row.cursor, row.opened, row.next_wake_at, row.finished_at
        )
        for row in rows
    }


def keep_count(connection: sa.Connection, name: str, total: int, now: datetime) -> None:
    """Remember how many tickets are open."""
    _keep(connection, name, total=total, counted_at=now)


def keep_progress(
    connection: sa.Connection, name: str, cursor: str | None, opened: int, next_wake_at: datetime
) -> None:
    """Remember where a backfill goes on, and how many cases this page opened."""
    _keep(connection, name, cursor=cursor, opened=backfills.c.opened + opened, next_wake_at=next_wake_at)


def finish(connection: sa.Connection, name: str, now: datetime) -> None:
    """Remember that all open tickets were listed."""
    _keep(connection, name, cursor=None, finished_at=now)


def count_cases(connection: sa.Connection, name: str) -> int:
    """How many open cases began at a connection."""
    return connection.execute(
        sa.select(sa.func.count())
        .select_from(cases)
        .where(cases.c.connection == name, cases.c.state == "open")
    ).scalar_one()


def _keep(connection: sa.Connection, name: str, **values: object) -> None:
    insert_if_new(connection, backfills, {"connection": name, "opened": 0})
    connection.execute(backfills.update().where(backfills.c.connection == name).values(**values))

"""Connections on hold, which a person has to check."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import connection_states


class Trouble(StrEnum):
    """PRIVACY: a private note was created as public; no further one is written there until somebody has checked."""

    PRIVACY = "privacy"


def note_trouble(connection: sa.Connection, name: str, trouble: Trouble, message: str, now: datetime) -> None:
    """Put a connection on hold. A connection that is on hold already keeps its first reason."""
    row = {"connection": name, "trouble": trouble, "since": now, "message": message}
    if not insert_if_new(connection, connection_states, row):
        connection.execute(
            connection_states.update()
            .where(connection_states.c.connection == name, connection_states.c.trouble.is_(None))
            .values(trouble=trouble, since=now, message=message)
        )


def trouble_of(connection: sa.Connection, name: str) -> Trouble | None:
    """Why a connection is on hold; None if it is not."""
    found = connection.execute(
        sa.select(connection_states.c.trouble).where(connection_states.c.connection == name)
    ).scalar()
    return Trouble(found) if found else None


@dataclass(frozen=True, slots=True)
class HeldConnection:
    """A connection on hold, since when and why."""

    name: str
    since: datetime
    message: str


def held(connection: sa.Connection) -> tuple[HeldConnection, ...]:
    """The connections on hold, by name."""
    rows = connection.execute(
        sa.select(connection_states.c.connection, connection_states.c.since, connection_states.c.message)
        .where(connection_states.c.trouble.is_not(None))
        .order_by(connection_states.c.connection)
    )
    return tuple(HeldConnection(*row) for row in rows)


def release(connection: sa.Connection, name: str) -> bool:
    """Release a connection after somebody has checked it; return whether it was on hold."""
    return (
        connection.execute(
            connection_states.update()
            .where(connection_states.c.connection == name, connection_states.c.trouble.is_not(None))
            .values(trouble=None, since=None, message=None)
        ).rowcount
        == 1
    )

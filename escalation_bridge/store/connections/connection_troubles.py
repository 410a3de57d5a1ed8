"""Which connections are in trouble that a person has to look into."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from escalation_bridge.store.database import insert_if_new
from escalation_bridge.store.schema import connection_states


class Trouble(StrEnum):
    """PRIVACY: a private note came out public; until somebody has looked, no further one is written there."""

    PRIVACY = "privacy"


def note_trouble(connection: sa.Connection, name: str, trouble: Trouble, message: str, now: datetime) -> None:
    """Hold a connection. One that is held already stays held for its first reason."""
    row = {"connection": name, "trouble": trouble, "since": now, "message": message}
    if not insert_if_new(connection, connection_states, row):
        connection.execute(
            connection_states.update()
            .where(connection_states.c.connection == name, connection_states.c.trouble.is_(None))
            .values(trouble=trouble, since=now, message=message)
        )


def trouble_of(connection: sa.Connection, name: str) -> Trouble | None:
    """Why a connection is held; None if it is not."""
    found = connection.execute(
        sa.select(connection_states.c.trouble).where(connection_states.c.connection == name)
    ).scalar()
    return Trouble(found) if found else None


@dataclass(frozen=True, slots=True)
class HeldConnection:
    """A connection that is held, since when and why."""

    name: str
    since: datetime
    message: str


def held(connection: sa.Connection) -> tuple[HeldConnection, ...]:
    """The connections that are held, by name."""
    rows = connection.execute(
        sa.select(connection_states.c.connection, connection_states.c.since, connection_states.c.message)
        .where(connection_states.c.trouble.is_not(None))
        .order_by(connection_states.c.connection)
    )
    return tuple(HeldConnection(*row) for row in rows)


def release(connection: sa.Connection, name: str) -> bool:
    """Let go of a connection after somebody has looked; say whether it was held."""
    return (
        connection.execute(
            connection_states.update()
            .where(connection_states.c.connection == name, connection_states.c.trouble.is_not(None))
            .values(trouble=None, since=None, message=None)
        ).rowcount
        == 1
    )

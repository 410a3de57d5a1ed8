"""Connections whose credentials are refused: one alert each, until they are accepted."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case import keys
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import intents, refused_credentials
from escalation_bridge.store.queue import wakes


@dataclass(frozen=True, slots=True)
class RefusedConnection:
    """A connection whose credentials are refused, since when, and the vendor's message."""

    name: str
    since: datetime
    message: str


_ALL = sa.select(refused_credentials).order_by(refused_credentials.c.connection)


def note_refused(connection: sa.Connection, name: str, message: str, now: datetime) -> None:
    """Store that a vendor refuses a connection's credentials; an existing alert keeps its start."""
    insert_if_new(connection, refused_credentials, {"connection": name, "since": now, "message": message})


def refused_connections(connection: sa.Connection) -> tuple[RefusedConnection, ...]:
    """All of them, by name."""
    rows = connection.execute(_ALL)
    return tuple(RefusedConnection(row.connection, row.since, row.message) for row in rows)


def note_accepted(connection: sa.Connection, name: str, now: datetime) -> None:
    """End the alert of a connection, and wake the cases whose tickets were notified of it."""
    gone = connection.execute(
        refused_credentials.delete().where(refused_credentials.c.connection == name)
    ).rowcount
    if not gone:
        return
    notified = connection.execute(
        sa.select(intents.c.case_id)
        .distinct()
        .where(intents.c.key.startswith(keys.CredentialsRefused.beginning(name), autoescape=True))
        .order_by(intents.c.case_id)
    ).scalars()
    for case_id in list(notified):
        wakes.wake(connection, case_id, now, "credentials accepted")

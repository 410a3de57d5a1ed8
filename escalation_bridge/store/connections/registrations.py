"""The last known state of each connection's webhook registrations."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import registrations


@dataclass(frozen=True, slots=True)
class Registration:
    """The state of a connection.

    Attributes:
        seen: Whether a registration of this bridge existed, which has to be kept.
        due_at: When to check next; None: never checked.
        looked_at: When it was last checked.
        expires_at: When the first registration expires; None if they do not expire.
        outcome: The last change and its time.
        repaired_at: When a broken registration was last repaired.
        problem: What a person has to do; None: nothing.
    """

    name: str
    seen: bool = False
    due_at: datetime | None = None
    looked_at: datetime | None = None
    expires_at: datetime | None = None
    outcome: str | None = None
    repaired_at: datetime | None = None
    problem: str | None = None


def load_registrations(connection: sa.Connection) -> dict[str, Registration]:
    """The state of all connections, by name."""
    rows = connection.execute(sa.select(registrations).order_by(registrations.c.connection))
    return {
        row.connection: Registration(
            row.connection,
            row.seen,
            row.due_at,
            row.looked_at,
            row.expires_at,
            row.outcome,
            row.repaired_at,
            row.problem,
        )
        for row in rows
    }


def take_look(connection: sa.Connection, known: Registration, now: datetime, until: datetime) -> bool:
    """Begin a check, unless another worker has begun since `known` was read; return whether it is this worker's
    turn.
    """
    if insert_if_new(
        connection,
        registrations,
        {"connection": known.name, "seen": False, "due_at": until, "looked_at": now},
    ):
        return True
    same = (
        registrations.c.due_at.is_(None) if known.due_at is None else registrations.c.due_at == known.due_at
    )
    taken = connection.execute(
        registrations.update()
        .where(registrations.c.connection == known.name, same)
        .values(due_at=until, looked_at=now)
    )
    return taken.rowcount == 1


def keep_look(connection: sa.Connection, found: Registration) -> None:
    """Store the result of a check; `outcome` and `repaired_at` stay unchanged if they are None."""
    values: dict[str, object] = {
        "seen": found.seen,
        "due_at": found.due_at,
        "expires_at": found.expires_at,
        "problem": found.problem,
    }
    if found.outcome is not None:
        values["outcome"] = found.outcome
    if found.repaired_at is not None:
        values["repaired_at"] = found.repaired_at
    connection.execute(
        registrations.update().where(registrations.c.connection == found.name).values(**values)
    )


def remember_registration(
    connection: sa.Connection, name: str, now: datetime, expires_at: datetime | None
) -> None:
    """Let the running bridge maintain what `connect` created; the next check is due immediately."""
    values = {"seen": True, "due_at": now, "expires_at": expires_at}
    if not insert_if_new(connection, registrations, {"connection": name, **values}):
        connection.execute(registrations.update().where(registrations.c.connection == name).values(**values))

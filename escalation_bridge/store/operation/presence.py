"""Detect dead workers on PostgreSQL: each worker holds a session lock, which the server releases when the process
dies.

SQLite serves one worker and does not need this (`exclusive`).
"""

import secrets
from collections.abc import Collection

import sqlalchemy as sa

from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import cases

_WORKERS = 0x65625721
"""The class of these locks: an arbitrary number that nothing else in the database uses."""
_MARK = "@"
"""The prefix of owners that hold such a lock. Others, such as earlier versions, are never treated as dead."""

_HELD = sa.text(
    "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :of_class AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Presence:
    """The presence of one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key = secrets.randbits(31)
        self._session: sa.Connection | None = None
        self._suspects: frozenset[str] = frozenset()

    def owner(self, host: str, pid: int, batch: str) -> str:
        """The owner under which a batch of cases is claimed."""
        mark = "" if self._session is None else _MARK
        return f"{mark}{host[:32]}-{pid}-{self._key:08x}-{batch}"

    def show(self) -> None:
        """Hold the lock; acquire it again if the server or a proxy ended the session."""
        if self._database.on_sqlite or self._is_shown():
            return
        self.close()
        self._session = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._session.execute(sa.select(sa.func.pg_try_advisory_lock(_WORKERS, self._key)))

    def _is_shown(self) -> bool:
        with self._database.read() as transaction:
            return self._key in _held(transaction)

    def free_the_dead(self, connection: sa.Connection) -> int:
        """Release the cases of dead workers, which did not hold their lock twice in a row. Return how many."""
        if self._database.on_sqlite:
            return 0
        owners = connection.execute(
            sa.select(cases.c.lease_owner)
            .distinct()
            .where(cases.c.wake_at.is_not(None), cases.c.lease_owner.startswith(_MARK))
        ).scalars()
        alive = _held(connection)
        missing = frozenset(owner for owner in owners if _key_of(owner) not in alive)
        dead, self._suspects = missing & self._suspects, missing
        return _free(connection, dead) if dead else 0

    def close(self) -> None:
        """Release the lock."""
        if self._session is not None:
            self._session.invalidate()  # never returned to the pool: the lock belongs to the session
            self._session.close()
            self._session = None


def _held(connection: sa.Connection) -> frozenset[int]:
    return frozenset(connection.execute(_HELD, {"of_class": _WORKERS}).scalars())


def _key_of(owner: str) -> int:
    return int(owner.rsplit("-", 2)[1], 16)


def _free(connection: sa.Connection, owners: Collection[str]) -> int:
    theirs = (
        sa.select(cases.c.id)
        .where(cases.c.wake_at.is_not(None), cases.c.lease_owner.in_(owners))
        .with_for_update(skip_locked=True)
    )
    return connection.execute(
        cases.update().where(cases.c.id.in_(theirs)).values(lease_owner=None, lease_until=None)
    ).rowcount

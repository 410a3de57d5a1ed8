"""Cases that failed with an unexpected error: failures, backoff, and set aside or not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import case_troubles

_WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 240))
"""The backoff; after one more failure the case is set aside."""
_WAIT_SET_ASIDE = timedelta(hours=1)
"""A case that is set aside is still retried: its cause may be gone, and its clocks continue."""


@dataclass(frozen=True, slots=True)
class CaseTrouble:
    """The failures of a case.

    Attributes:
        failures: The number of failures in a row.
        since: The time of the first one.
        set_aside_at: Since when a person has to check it; it is retried only once an hour, and at news.
        dropped_at: When a person stopped its retries.
    """

    case_id: int
    failures: int
    since: datetime
    last_at: datetime
    error: str
    set_aside_at: datetime | None
    dropped_at: datetime | None

    @property
    def next_try(self) -> datetime:
        """The next retry, without news."""
        wait = _WAIT_SET_ASIDE if self.set_aside_at else _WAITS[self.failures - 1]
        return self.last_at + wait


def note_failure(connection: sa.Connection, case_id: int, error: str, now: datetime) -> CaseTrouble:
    """Count a failure of a case; the one after the last backoff sets it aside."""
    first = {"case_id": case_id, "failures": 1, "since": now, "last_at": now, "error": error}
    if not insert_if_new(connection, case_troubles, first):
        failures = case_troubles.c.failures + 1
        aside = sa.and_(failures > len(_WAITS), case_troubles.c.set_aside_at.is_(None))
        at = sa.bindparam(None, now, type_=case_troubles.c.set_aside_at.type)
        connection.execute(
            case_troubles.update()
            .where(case_troubles.c.case_id == case_id)
            .values(
                failures=failures,
                last_at=now,
                error=error,
                set_aside_at=sa.case((aside, at), else_=case_troubles.c.set_aside_at),
            )
        )
    return troubles_of(connection, [case_id])[case_id]


_OF_CASES = sa.select(case_troubles).where(
    case_troubles.c.case_id.in_(sa.bindparam("case_ids", expanding=True))
)


def troubles_of(connection: sa.Connection, case_ids: Sequence[int]) -> dict[int, CaseTrouble]:
    """The failures of cases; without healthy ones."""
    rows = connection.execute(_OF_CASES, {"case_ids": list(case_ids)})
    return {row.case_id: CaseTrouble(*row) for row in rows}


def all_troubles(connection: sa.Connection) -> dict[int, CaseTrouble]:
    """Every case that fails or is set aside, and not dropped, by its number."""
    query = (
        sa.select(case_troubles).where(case_troubles.c.dropped_at.is_(None)).order_by(case_troubles.c.case_id)
    )
    return {row.case_id: CaseTrouble(*row) for row in connection.execute(query)}


def forget_troubles(connection: sa.Connection, case_ids: Collection[int]) -> None:
    """Clear the failures of cases."""
    if case_ids:
        connection.execute(case_troubles.delete().where(case_troubles.c.case_id.in_(case_ids)))


def drop(connection: sa.Connection, case_id: int, now: datetime) -> None:
    """Stop retrying a case. Its row stays, so that nothing is done twice."""
    connection.execute(
        case_troubles.update().where(case_troubles.c.case_id == case_id).values(dropped_at=now)
    )

"""Wakes: when a case is looked at next. The wake is queue, timer and retry in one index."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.schema import cases

PLANNED = "planned"
"""The reason of a planned wake; any other is news."""


def wake(connection: sa.Connection, case_id: int, at: datetime, reason: str) -> None:
    """Wake a case at `at` or earlier. Repeated wakes are merged."""
    wake_all(connection, {case_id: reason}, at)


def wake_all(connection: sa.Connection, reasons: Mapping[int, str], at: datetime) -> None:
    """Wake cases at `at` or earlier, each with its reason."""
    rows = [
        {"of_case": case, "new_wake": at, "new_reason": reason} for case, reason in sorted(reasons.items())
    ]
    if rows:
        connection.execute(_WAKE, rows)


def wake_count(connection: sa.Connection, case_id: int) -> int:
    """The wake count of a case: it shows whether there was news meanwhile."""
    count: int = connection.execute(sa.select(cases.c.wake_count).where(cases.c.id == case_id)).scalar_one()
    return count


# Cached: building a statement costs more than executing it, and every webhook needs these.
_NEW_WAKE = sa.bindparam("new_wake", type_=cases.c.wake_at.type)
_IS_SOONER = sa.or_(cases.c.wake_at.is_(None), cases.c.wake_at > _NEW_WAKE)
_WAKE = (
    cases.update()
    .where(cases.c.id == sa.bindparam("of_case"))
    .values(
        wake_count=cases.c.wake_count + 1,
        wake_at=sa.case((_IS_SOONER, _NEW_WAKE), else_=cases.c.wake_at),
        wake_reason=sa.case(
            (_IS_SOONER, sa.bindparam("new_reason", type_=cases.c.wake_reason.type)),
            else_=cases.c.wake_reason,
        ),
    )
)

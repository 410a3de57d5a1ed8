"""Closings of solved tickets: how many there were, and which cases have one ahead."""

from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case.closing import CLOSE_SOLVED
from escalation_bridge.store.database.schema import cases, intents

REASON = "closing"
"""The wake reason of a case whose solved ticket is looked at."""
_PAGE = 200


def decided_since(connection: sa.Connection, name: str, since: datetime) -> list[datetime]:
    """When notices and closings were decided at a connection since an instant, over all cases; oldest first."""
    query = sa.select(intents.c.decided_at).where(
        intents.c.rule == CLOSE_SOLVED, intents.c.connection == name, intents.c.decided_at > since
    )
    return list(connection.execute(query.order_by(intents.c.decided_at)).scalars())


def cases_at(connection: sa.Connection, name: str, after: int = 0) -> list[int]:
    """The numbers of the next cases that began at a connection, in their order, after the case `after`."""
    query = sa.select(cases.c.id).where(cases.c.connection == name, cases.c.id > after)
    return list(connection.execute(query.order_by(cases.c.id).limit(_PAGE)).scalars())

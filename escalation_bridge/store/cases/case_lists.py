"""Lists of cases for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.store.database.codec import decode
from escalation_bridge.store.database.schema import cases


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a line of a list. `wake_at`: when it is looked at next; None: at the next event."""

    id: int
    origin: TicketRef
    state: CaseState
    wake_at: datetime | None


def count_cases(connection: sa.Connection) -> int:
    """How many cases there are, open and closed."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one())


def newest(connection: sa.Connection, limit: int, state: CaseState | None = None) -> list[int]:
    """The numbers of the cases that were opened last, the newest first; only those in a state, if one is given."""
    query = sa.select(cases.c.id).order_by(cases.c.id.desc()).limit(max(limit, 0))
    if state is not None:
        query = query.where(cases.c.state == state)
    return list(connection.execute(query).scalars())


def clocks_of_open_cases(connection: sa.Connection) -> dict[int, tuple[Clock, ...]]:
    """The clocks of every open case as they were last recorded, by its number."""
    query = sa.select(cases.c.id, cases.c.clocks).where(cases.c.state != CaseState.CLOSED)
    return {row.id: decode(row.clocks, tuple[Clock, ...]) for row in connection.execute(query)}


def load_rows(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, CaseRow]:
    """The rows of cases by their numbers."""
    found: dict[int, CaseRow] = {}
    for start in range(0, len(numbers), 500):
        query = sa.select(cases).where(cases.c.id.in_(numbers[start : start + 500]))
        for row in connection.execute(query):
            origin = TicketRef(row.connection, row.ticket_id)
            found[row.id] = CaseRow(row.id, origin, CaseState(row.state), row.wake_at)
    return found

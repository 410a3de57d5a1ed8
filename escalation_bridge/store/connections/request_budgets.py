"""The vendors' rate limits, shared between worker processes and shown to admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.plugin.http.budgets import Budget
from escalation_bridge.store.database.database import Database, insert_if_new
from escalation_bridge.store.database.schema import request_budgets

_LONGEST = 190
"""The maximum length of a scope's name. A longer one is cut: other workers do not find it, which does no harm."""
_LEVEL = ("noted_at", "left", "total", "renews_at")
# Built once: building a statement costs more than executing it, and each connection loads its budgets every second.
_NOW = sa.bindparam("now", type_=request_budgets.c.renews_at.type)
_IS_OF_CONNECTION = request_budgets.c.connection == sa.bindparam("of_connection")
_IS_VALID = sa.or_(
    sa.func.coalesce(request_budgets.c.renews_at > _NOW, sa.false()),
    sa.func.coalesce(request_budgets.c.closed_until > _NOW, sa.false()),
)
_VALID = sa.select(request_budgets).where(_IS_VALID).order_by(request_budgets.c.scope)
_VALID_OF_CONNECTION = _VALID.where(_IS_OF_CONNECTION)
_DROP_ENDED = request_budgets.delete().where(_IS_OF_CONNECTION, sa.not_(_IS_VALID))


def load_budgets(connection: sa.Connection, now: datetime) -> dict[str, list[Budget]]:
    """The budgets that are still valid, by connection."""
    rows = connection.execute(_VALID, {"now": now}).all()
    found: dict[str, list[Budget]] = {}
    for row in rows:
        found.setdefault(row.connection, []).append(_budget(row))
    return found


def save_budget(connection: sa.Connection, name: str, budget: Budget) -> None:
    """Store a budget. A refusal that lasts longer stays: another worker received it."""
    values = {column: getattr(budget, column) for column in (*_LEVEL, "closed_until")}
    scope = budget.scope[:_LONGEST]
    key = {"connection": name, "scope": scope}
    if insert_if_new(connection, request_budgets, {**key, **values}):
        return
    kept = request_budgets.c.closed_until
    if budget.closed_until is None:
        del values["closed_until"]
    else:
        is_later = sa.or_(kept.is_(None), kept < budget.closed_until)
        values["closed_until"] = sa.case((is_later, sa.literal(budget.closed_until, kept.type)), else_=kept)
    connection.execute(request_budgets.update().where(_is(name, scope)).values(values))


def drop_ended(connection: sa.Connection, name: str, now: datetime) -> None:
    """Delete expired budgets: there are as many scopes as tickets."""
    connection.execute(_DROP_ENDED, {"of_connection": name, "now": now})


@dataclass(frozen=True)
class StoredBoard:
    """A connection's `escalation_bridge.plugin.http.meter.Board`, in the bridge's database."""

    database: Database
    connection: str

    def load(self, now: datetime) -> Sequence[Budget]:
        """The budgets that are still valid."""
        with self.database.read() as transaction:
            rows = transaction.execute(
                _VALID_OF_CONNECTION, {"of_connection": self.connection, "now": now}
            ).all()
        return [_budget(row) for row in rows]

    def save(self, budgets: Sequence[Budget], now: datetime) -> None:
        """Share budgets with the other workers."""
        with self.database.write() as transaction:
            drop_ended(transaction, self.connection, now)
            for budget in budgets:
                save_budget(transaction, self.connection, budget)


def _is(name: str, scope: str) -> sa.ColumnElement[bool]:
    return sa.and_(request_budgets.c.connection == name, request_budgets.c.scope == scope)


def _budget(row: sa.Row[tuple[object, ...]]) -> Budget:
    return Budget(row.scope, row.noted_at, row.left, row.total, row.renews_at, row.closed_until)

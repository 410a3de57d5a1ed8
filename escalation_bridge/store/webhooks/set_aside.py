"""Deliveries that are set aside, quarantined or waiting: list, show, replay, drop."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.schema import deliveries
from escalation_bridge.store.webhooks.deliveries import DeliveryState, without_body_key

FOR_A_PERSON = (DeliveryState.QUARANTINED, DeliveryState.SET_ASIDE)


@dataclass(frozen=True, slots=True)
class KeptDelivery:
    """A stored webhook.

    Attributes:
        attempts: How many times it was routed without success.
        retry_at: When it is retried, if it failed.
        outcome: The result, or the error of the last try.
        handling: Actions of people, the oldest first.
    """

    id: int
    connection: str
    received_at: datetime
    state: DeliveryState
    attempts: int
    retry_at: datetime | None
    outcome: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    handling: tuple[Mapping[str, str], ...]


def list_deliveries(
    connection: sa.Connection,
    states: Sequence[DeliveryState],
    limit: int,
    of_connection: str | None = None,
) -> list[KeptDelivery]:
    """Webhooks in these states, the newest first."""
    query = sa.select(deliveries).where(deliveries.c.state.in_(states)).order_by(deliveries.c.id.desc())
    if of_connection is not None:
        query = query.where(deliveries.c.connection == of_connection)
    return [_kept(row) for row in connection.execute(query.limit(limit))]


def load_delivery(connection: sa.Connection, delivery_id: int, *, lock: bool = False) -> KeptDelivery | None:
    """A webhook in any state; with `lock`, its state after concurrent writers are done."""
    query = sa.select(deliveries).where(deliveries.c.id == delivery_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return _kept(row) if row is not None else None


def _kept(row: sa.Row[tuple[object, ...]]) -> KeptDelivery:
    known = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name
    return KeptDelivery(
        id=known["id"],
        connection=known["connection"],
        received_at=known["received_at"],
        state=DeliveryState(known["state"]),
        attempts=known["attempts"],
        retry_at=known["retry_at"],
        outcome=known["outcome"] or "",
        method=known["method"],
        headers=json.loads(known["headers"]),
        body=known["body"],
        handling=tuple(json.loads(known["handling"] or "[]")),
    )


def replay(connection: sa.Connection, delivery: KeptDelivery, by: str, now: datetime) -> None:
    """Route a webhook again. It was verified on arrival, and its proof is not stored, so that it is not verified
    again.
    """
    values = {"state": DeliveryState.STORED, "attempts": 0, "retry_at": None, "outcome": None}
    _handle(connection, delivery, "replayed", by, now, values)


def drop(connection: sa.Connection, delivery: KeptDelivery, by: str, now: datetime) -> None:
    """Drop a webhook. Its row stays, so that a repeated delivery is recognized by its id."""
    values = {
        "state": DeliveryState.DROPPED,
        "retry_at": None,
        "body": b"",
        "headers": "{}",
        "repeat_key": without_body_key(),
    }
    _handle(connection, delivery, "dropped", by, now, values)


def _handle(
    connection: sa.Connection,
    delivery: KeptDelivery,
    action: str,
    by: str,
    now: datetime,
    values: Mapping[str, object],
) -> None:
    done = {
        "what": action,
        "by": by,
        "at": now.isoformat(),
        "state": delivery.state.value,
        "outcome": delivery.outcome,
    }
    handling = json.dumps([*delivery.handling, done])
    connection.execute(
        deliveries.update().where(deliveries.c.id == delivery.id).values(handling=handling, **values)
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """Deliveries that are not routed.

    Attributes:
        set_aside: How many webhooks wait for a person.
        waiting_since: When the oldest webhook arrived that was never tried; None: there is none.
    """

    set_aside: int
    waiting_since: datetime | None


def load_backlog(connection: sa.Connection) -> Backlog:
    """The current backlog."""
    aside = sa.select(sa.func.count()).select_from(deliveries).where(deliveries.c.state.in_(FOR_A_PERSON))
    oldest = (
        sa.select(deliveries.c.received_at)
        .where(deliveries.c.state == DeliveryState.STORED, deliveries.c.attempts == 0)
        .order_by(deliveries.c.id)
        .limit(1)
    )
    return Backlog(connection.execute(aside).scalar_one(), connection.execute(oldest).scalar_one_or_none())

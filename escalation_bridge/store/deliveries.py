"""Webhooks as they came: kept before they are answered, routed afterwards, looked at when something went wrong."""

import hashlib
import json
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.store.database import Database
from escalation_bridge.store.schema import deliveries
from escalation_bridge.webhooks import WebhookRequest


class DeliveryState(StrEnum):
    """STORED waits to be routed; the others are ends: ROUTED woke a case, IGNORED and UNSUPPORTED woke none, and
    QUARANTINED could not be read and waits for a person."""  # noqa: D209

    STORED = "stored"
    ROUTED = "routed"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class IncomingDelivery:
    """A verified webhook, about to be kept.

    Attributes:
        delivery_id: The vendor's id of the delivery, or None.
        quarantine: Why it cannot be read; None where it can.
    """

    connection: str
    request: WebhookRequest
    delivery_id: str | None
    quarantine: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery as it was kept, with the secrets taken out of its headers."""

    id: int
    connection: str
    request: WebhookRequest
    attempts: int


@dataclass(frozen=True, slots=True)
class Saved:
    """The answer to saving: `repeated` says that the same delivery was there before, and nothing was added."""

    repeated: bool


_BODY_KEY = "body:"


def _repeat_key(delivery: IncomingDelivery) -> str:
    """What makes a delivery the same as another one.

    A vendor's delivery id does so for ever. Equal bodies without an id mean the same only until the first one is routed:
    a status that goes there and back and there again sends equal bodies that are news each time.
    """
    if delivery.delivery_id is not None:
        digest = hashlib.sha256(delivery.delivery_id.encode()).hexdigest()
        return f"id:{digest}"
    return _BODY_KEY + hashlib.sha256(delivery.request.body).hexdigest()


def save_deliveries(connection: sa.Connection, batch: Sequence[IncomingDelivery]) -> list[Saved]:
    """Keep a batch within the given transaction; a delivery that is there already is left as it is."""
    saved = []
    for delivery in batch:
        values = {
            "connection": delivery.connection,
            "received_at": delivery.request.received_at,
            "method": delivery.request.method,
            "headers": json.dumps(dict(delivery.request.headers)),
            "body": delivery.request.body,
            "repeat_key": _repeat_key(delivery),
            "state": DeliveryState.QUARANTINED if delivery.quarantine else DeliveryState.STORED,
            "attempts": 0,
            "outcome": delivery.quarantine,
        }
        saved.append(Saved(repeated=not insert_if_new(connection, deliveries, values)))
    return saved


def insert_if_new(connection: sa.Connection, table: sa.Table, values: dict[str, object]) -> bool:
    """Insert a row unless its unique key is taken; say whether it was inserted."""
    insert: sa.Insert
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        insert = sqlite_insert(table).values(values).on_conflict_do_nothing()
    else:
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        insert = postgresql_insert(table).values(values).on_conflict_do_nothing()
    return connection.execute(insert).rowcount == 1


def waiting_deliveries(connection: sa.Connection, limit: int) -> list[StoredDelivery]:
    """The oldest deliveries that wait to be routed, locked against other workers until the transaction ends."""
    rows = connection.execute(
        sa.select(deliveries)
        .where(deliveries.c.state == DeliveryState.STORED)
        .order_by(deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        StoredDelivery(
            row.id,
            row.connection,
            WebhookRequest.make(
                row.body, json.loads(row.headers), received_at=row.received_at, method=row.method
            ),
            row.attempts,
        )
        for row in rows
    ]


def finish_delivery(
    connection: sa.Connection, delivery: StoredDelivery, state: DeliveryState, outcome: str, now: datetime
) -> None:
    """Write down what became of a delivery. An equal body without a delivery id is news from now on."""
    is_body_key = deliveries.c.repeat_key.startswith(_BODY_KEY)
    connection.execute(
        deliveries.update()
        .where(deliveries.c.id == delivery.id)
        .values(
            state=state,
            outcome=outcome,
            routed_at=now,
            attempts=delivery.attempts + 1,
            repeat_key=sa.case((is_body_key, None), else_=deliveries.c.repeat_key),
        )
    )


class DeliveryWriter:
    """Saves deliveries of many request threads with one commit for all that wait: a commit costs a disk flush.

    Args:
        database: Where to.
        largest_batch: How many deliveries share a commit at most.
    """

    def __init__(self, database: Database, largest_batch: int = 64) -> None:
        self._database = database
        self._largest_batch = largest_batch
        self._waiting: queue.SimpleQueue[tuple[IncomingDelivery, Future[Saved]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="delivery-writer", daemon=True)
        self._thread.start()

    def save(self, delivery: IncomingDelivery, timeout: float = 10.0) -> Saved:
        """Return when the delivery is on disk.

        Raises:
            StoreUnavailable: It is not; the sender must be told to come again.
        """
        future: Future[Saved] = Future()
        self._waiting.put((delivery, future))
        try:
            return future.result(timeout)
        except TimeoutError as error:
            raise StoreUnavailable("the database did not take the delivery in time") from error

    def close(self) -> None:
        """Save what waits and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, more = [first], True
            while more and len(batch) < self._largest_batch and not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    more = False
                else:
                    batch.append(item)
            self._save_batch(batch)
            if not more:
                return

    def _save_batch(self, batch: list[tuple[IncomingDelivery, Future[Saved]]]) -> None:
        try:
            with self._database.write() as connection:
                saved = save_deliveries(connection, [delivery for delivery, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, each sender waits for an answer
            for _, future in batch:
                future.set_exception(
                    error if isinstance(error, StoreUnavailable) else StoreUnavailable(str(error))
                )
        else:
            for (_, future), result in zip(batch, saved, strict=True):
                future.set_result(result)

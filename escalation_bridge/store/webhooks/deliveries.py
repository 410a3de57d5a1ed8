"""Deliveries: stored before they are answered, routed afterwards, set aside if they keep failing."""

import hashlib
import json
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from escalation_bridge.errors import StoreRefused, StoreUnavailable
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.database.database import Database, insert_new
from escalation_bridge.store.database.schema import deliveries


class DeliveryState(StrEnum):
    """STORED waits to be routed. The others are ends: ROUTED woke a case, IGNORED and UNSUPPORTED woke none. A person has to
    look at QUARANTINED, which could not be read, and SET_ASIDE, whose routing failed several times; DROPPED is what a
    person did not want."""  # noqa: D209

    STORED = "stored"
    ROUTED = "routed"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    QUARANTINED = "quarantined"
    SET_ASIDE = "set_aside"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class IncomingDelivery:
    """A verified webhook before it is stored.

    Attributes:
        delivery_id: The vendor's id of the delivery, or None.
        quarantine: Why it cannot be parsed; None if it can.
    """

    connection: str
    request: WebhookRequest
    delivery_id: str | None
    quarantine: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A stored delivery, without the secrets of its headers."""

    id: int
    connection: str
    request: WebhookRequest
    attempts: int


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of saving: `repeated` means that the delivery was stored before (idempotent)."""

    repeated: bool


_BODY_KEY = "body:"
_GATHERING = 0.004
"""Seconds that a commit waits for more deliveries if the last one had several: its cost hardly depends on their number, and under load
the senders just answered return at once. A single delivery never waits.
"""


def _repeat_key(delivery: IncomingDelivery) -> str:
    """The key by which repeated deliveries are recognized.

    A vendor's delivery id does so for ever. Equal bodies without an id mean the same only until the first one is routed:
    a status that goes there and back and there again sends equal bodies that are news each time.
    """
    if delivery.delivery_id is not None:
        digest = hashlib.sha256(delivery.delivery_id.encode(errors="surrogatepass")).hexdigest()
        return f"id:{digest}"
    return _BODY_KEY + hashlib.sha256(delivery.request.body).hexdigest()


def save_deliveries(connection: sa.Connection, batch: Sequence[IncomingDelivery]) -> list[Saved]:
    """Store a batch in a transaction; existing deliveries stay unchanged."""
    rows = [_row(delivery) for delivery in batch]
    if not rows:
        return []
    # One statement for the batch: one per row costs several times the CPU of the rest of a request.
    inserted = {tuple(row) for row in connection.execute(_INSERT[connection.dialect.name], rows)}
    saved = []
    for row in rows:
        key = (row["connection"], row["repeat_key"])
        saved.append(Saved(repeated=key not in inserted))
        inserted.discard(key)  # of equal ones in a batch, the first is stored
    return saved


def _row(delivery: IncomingDelivery) -> dict[str, object]:
    return {
        "connection": delivery.connection,
        "received_at": delivery.request.received_at,
        "method": delivery.request.method,
        "headers": json.dumps(dict(delivery.request.headers)),
        "body": delivery.request.body,
        "repeat_key": _repeat_key(delivery),
        "state": DeliveryState.QUARANTINED if delivery.quarantine else DeliveryState.STORED,
        "attempts": 0,
        "outcome": delivery.quarantine,
        "body_is_proven": delivery.request.body_is_proven,
    }


# Cached: building a statement costs more than executing it, and there is one per webhook.
_INSERT = {
    dialect: insert_new(dialect, deliveries).returning(deliveries.c.connection, deliveries.c.repeat_key)
    for dialect in ("sqlite", "postgresql")
}


_IS_WAITING = sa.and_(
    deliveries.c.state
    == sa.literal_column(f"'{DeliveryState.STORED}'"),  # must equal the condition of the partial index
    sa.or_(
        deliveries.c.retry_at.is_(None),
        deliveries.c.retry_at <= sa.bindparam("now", type_=deliveries.c.retry_at.type),
    ),
)
IS_ANY_WAITING = sa.exists().where(_IS_WAITING)
"""The condition that a delivery is to be routed at the instant `now`."""
_AT_MOST = sa.bindparam("at_most", type_=sa.Integer)
_WAITING_IDS = sa.select(deliveries.c.id).where(_IS_WAITING).order_by(deliveries.c.id).limit(_AT_MOST)
_WAITING = (
    sa.select(deliveries)
    .where(_IS_WAITING)
    .order_by(deliveries.c.id)
    .limit(_AT_MOST)
    .with_for_update(skip_locked=True)
)
_THIS_ONE = _WAITING.where(deliveries.c.id == sa.bindparam("delivery"))


def waiting_ids(connection: sa.Connection, now: datetime, limit: int) -> list[int]:
    """The oldest deliveries that are due for routing."""
    return list(connection.execute(_WAITING_IDS, {"now": now, "at_most": limit}).scalars())


def waiting_deliveries(
    connection: sa.Connection, limit: int, now: datetime, only: int | None = None
) -> list[StoredDelivery]:
    """The oldest deliveries that are due for routing; on PostgreSQL locked until the transaction ends.

    Args:
        connection: The transaction.
        limit: How many at most.
        now: The instant: what failed before may not be due yet.
        only: Just the delivery with this id.
    """
    wanted: dict[str, object] = {"now": now, "at_most": limit}
    found = (
        connection.execute(_WAITING, wanted)
        if only is None
        else connection.execute(_THIS_ONE, {**wanted, "delivery": only})
    )
    return [
        StoredDelivery(
            row.id,
            row.connection,
            WebhookRequest.make(
                row.body,
                json.loads(row.headers),
                received_at=row.received_at,
                method=row.method,
                body_is_proven=row.body_is_proven,
            ),
            row.attempts,
        )
        for row in found
    ]


_TRY_AGAIN_SECONDS = (2.0, 10.0, 60.0)
"""The backoff: after one more failure the delivery is set aside."""


def without_body_key() -> sa.Case[str]:
    """The repeat key of a delivery that no longer waits: from now on an equal body without an id is news."""
    return sa.case((deliveries.c.repeat_key.startswith(_BODY_KEY), None), else_=deliveries.c.repeat_key)


def note_failure(connection: sa.Connection, delivery_id: int, error: str, now: datetime) -> DeliveryState:
    """Count a failed routing: it is retried later, or set aside for a person."""
    attempts = connection.execute(
        sa.select(deliveries.c.attempts).where(deliveries.c.id == delivery_id)
    ).scalar_one()
    values: dict[str, object] = {"attempts": attempts + 1, "outcome": error}
    if attempts >= len(_TRY_AGAIN_SECONDS):
        state = DeliveryState.SET_ASIDE
        values |= {"state": state, "retry_at": None, "repeat_key": without_body_key()}
    else:
        state = DeliveryState.STORED
        values["retry_at"] = now + timedelta(seconds=_TRY_AGAIN_SECONDS[attempts])
    connection.execute(
        deliveries.update()
        .where(deliveries.c.id == delivery_id, deliveries.c.state == DeliveryState.STORED)
        .values(values)
    )
    return state


@dataclass(frozen=True, slots=True)
class Routed:
    """The result of routing a delivery."""

    delivery: StoredDelivery
    state: DeliveryState
    outcome: str


_FINISH = (
    deliveries.update()
    .where(deliveries.c.id == sa.bindparam("delivery"), deliveries.c.state == DeliveryState.STORED)
    .values(
        state=sa.bindparam("new_state"),
        outcome=sa.bindparam("new_outcome"),
        routed_at=sa.bindparam("now"),
        attempts=deliveries.c.attempts + 1,
        repeat_key=without_body_key(),
    )
)


def finish_deliveries(connection: sa.Connection, routed: Sequence[Routed], now: datetime) -> None:
    """Store the results of routing. From now on an equal body without a delivery id is news.

    A delivery that no longer waits, because a person dropped it meanwhile, stays unchanged.
    """
    rows = [
        {"delivery": one.delivery.id, "new_state": one.state, "new_outcome": one.outcome, "now": now}
        for one in routed
    ]
    if rows:
        connection.execute(_FINISH, rows)


class _Waiting:
    """A delivery in the write queue, and the request thread that waits for it.

    A bare lock, not a `Future`: waking sixteen threads a commit through a condition's two locks costs more than the commit.
    """

    def __init__(self, delivery: IncomingDelivery) -> None:
        self.delivery = delivery
        self.is_given_up = False
        self._answer: Saved | StoreUnavailable | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self, answer: Saved | StoreUnavailable) -> None:
        """Wake the request thread."""
        self._answer = answer
        self._done.release()

    def wait(self, timeout: float) -> Saved:
        """Wait for the answer.

        Raises:
            StoreUnavailable: It was not saved in time. If it was saved in the last moment, the sender's retry is recognized
                as a repetition.
        """
        if not self._done.acquire(timeout=timeout):
            self.is_given_up = True
            raise StoreUnavailable("the database did not take the delivery in time")
        if isinstance(self._answer, Saved):
            return self._answer
        raise self._answer or StoreUnavailable("the delivery was not saved")


class DeliveryWriter:
    """Saves deliveries of many request threads in one group commit: a commit costs a disk flush.

    Args:
        database: The database.
        largest_batch: The maximum number of deliveries per commit.
    """

    def __init__(self, database: Database, largest_batch: int = 64) -> None:
        self._database = database
        self._largest_batch = largest_batch
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="delivery-writer", daemon=True)
        self._thread.start()

    def save(self, delivery: IncomingDelivery, timeout: float = 10.0) -> Saved:
        """Save a delivery. Returns when it is on disk.

        Raises:
            StoreUnavailable: It is not; the sender has to retry.
        """
        waiting = _Waiting(delivery)
        self._waiting.put(waiting)
        return waiting.wait(timeout)

    def close(self) -> None:
        """Save the queue and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        crowd = 0
        while (first := self._waiting.get()) is not None:
            batch = [first]
            if crowd > 1:
                time.sleep(_GATHERING)
            while len(batch) < self._largest_batch and not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    self._waiting.put(None)
                    break
                batch.append(item)
            crowd = len(batch)
            # After a timeout the sender retries, so its delivery is not saved as well.
            self._save_batch([one for one in batch if not one.is_given_up])

    def _save_batch(self, batch: list[_Waiting]) -> None:
        try:
            with self._database.write() as connection:
                saved = save_deliveries(connection, [one.delivery for one in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, each sender waits for an answer
            if len(batch) > 1 and not isinstance(error, StoreUnavailable):
                # One bad row must not block the others.
                for alone in batch:
                    self._save_batch([alone])
                return
            for one in batch:
                one.finish(_unavailable(error))
        else:
            for one, result in zip(batch, saved, strict=True):
                one.finish(result)


def _unavailable(error: Exception) -> StoreUnavailable:
    if isinstance(error, StoreUnavailable):
        return error
    if isinstance(error, StoreRefused):
        return StoreUnavailable(str(error))
    # The error's own text may quote a value.
    return StoreUnavailable(f"the database refuses the delivery ({type(error).__name__})")

"""Webhooks as they came: kept before they are answered, routed afterwards, looked at when something went wrong."""

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
from escalation_bridge.store.database import Database, insert_new
from escalation_bridge.store.schema import deliveries


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
_GATHERING = 0.004
"""Seconds that a commit waits for more, if the last one had several: most of what a commit costs does not depend on how
many share it, and under load the requests just woken come back with the next ones at once. One alone never waits."""


def _repeat_key(delivery: IncomingDelivery) -> str:
    """What makes a delivery the same as another one.

    A vendor's delivery id does so for ever. Equal bodies without an id mean the same only until the first one is routed:
    a status that goes there and back and there again sends equal bodies that are news each time.
    """
    if delivery.delivery_id is not None:
        digest = hashlib.sha256(delivery.delivery_id.encode(errors="surrogatepass")).hexdigest()
        return f"id:{digest}"
    return _BODY_KEY + hashlib.sha256(delivery.request.body).hexdigest()


def save_deliveries(connection: sa.Connection, batch: Sequence[IncomingDelivery]) -> list[Saved]:
    """Keep a batch within the given transaction; a delivery that is there already is left as it is."""
    rows = [_row(delivery) for delivery in batch]
    if not rows:
        return []
    # One statement for all of them: one each costs several times the CPU of everything else that a request needs.
    inserted = {tuple(row) for row in connection.execute(_INSERT[connection.dialect.name], rows)}
    saved = []
    for row in rows:
        key = (row["connection"], row["repeat_key"])
        saved.append(Saved(repeated=key not in inserted))
        inserted.discard(key)  # of equal ones in a batch, the first is the one that was kept
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


# Built once: putting a statement together costs more than carrying it out, and there is one for every webhook.
_INSERT = {
    dialect: insert_new(dialect, deliveries).returning(deliveries.c.connection, deliveries.c.repeat_key)
    for dialect in ("sqlite", "postgresql")
}


_IS_WAITING = sa.and_(
    deliveries.c.state == sa.literal_column(f"'{DeliveryState.STORED}'"),  # as the partial index has it
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
    """The oldest deliveries that are to be routed now."""
    return list(connection.execute(_WAITING_IDS, {"now": now, "at_most": limit}).scalars())


def waiting_deliveries(
    connection: sa.Connection, limit: int, now: datetime, only: int | None = None
) -> list[StoredDelivery]:
    """The oldest deliveries that are to be routed now, on PostgreSQL locked against other workers until the transaction ends.

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
"""After each failed try; what has failed once more than there are is set aside."""


def without_body_key() -> sa.Case[str]:
    """What recognises repetitions of a delivery that is not waiting any longer: an equal body without an id is news then."""
    return sa.case((deliveries.c.repeat_key.startswith(_BODY_KEY), None), else_=deliveries.c.repeat_key)


def note_failure(connection: sa.Connection, delivery_id: int, error: str, now: datetime) -> DeliveryState:
    """Count a failed try to route a delivery: it is tried again later, or set aside for a person to look at."""
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
    """What became of a delivery."""

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
    """Write down what became of deliveries. An equal body without a delivery id is news from now on.

    A delivery that does not wait any more, since a person dropped it meanwhile, stays as it is.
    """
    rows = [
        {"delivery": one.delivery.id, "new_state": one.state, "new_outcome": one.outcome, "now": now}
        for one in routed
    ]
    if rows:
        connection.execute(_FINISH, rows)


class _Waiting:
    """A delivery on its way to the disk, and the request thread that waits for it.

    A bare lock, not a `Future`: waking sixteen threads a commit through a condition's two locks costs more than the commit.
    """

    def __init__(self, delivery: IncomingDelivery) -> None:
        self.delivery = delivery
        self.is_given_up = False
        self._answer: Saved | StoreUnavailable | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self, answer: Saved | StoreUnavailable) -> None:
        """Let the request go on."""
        self._answer = answer
        self._done.release()

    def wait(self, timeout: float) -> Saved:
        """Wait for the answer.

        Raises:
            StoreUnavailable: It was not saved, or not in time; if that came in the same moment it is saved all the same,
                and what the sender brings again is a repetition.
        """
        if not self._done.acquire(timeout=timeout):
            self.is_given_up = True
            raise StoreUnavailable("the database did not take the delivery in time")
        if isinstance(self._answer, Saved):
            return self._answer
        raise self._answer or StoreUnavailable("the delivery was not saved")


class DeliveryWriter:
    """Saves deliveries of many request threads with one commit for all that wait: a commit costs a disk flush.

    Args:
        database: Where to.
        largest_batch: How many deliveries share a commit at most.
    """

    def __init__(self, database: Database, largest_batch: int = 64) -> None:
        self._database = database
        self._largest_batch = largest_batch
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="delivery-writer", daemon=True)
        self._thread.start()

    def save(self, delivery: IncomingDelivery, timeout: float = 10.0) -> Saved:
        """Return when the delivery is on disk.

        Raises:
            StoreUnavailable: It is not; the sender must be told to come again.
        """
        waiting = _Waiting(delivery)
        self._waiting.put(waiting)
        return waiting.wait(timeout)

    def close(self) -> None:
        """Save what waits and stop."""
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
            # Who gave up waiting was told to come again: what it brought is not saved as well.
            self._save_batch([one for one in batch if not one.is_given_up])

    def _save_batch(self, batch: list[_Waiting]) -> None:
        try:
            with self._database.write() as connection:
                saved = save_deliveries(connection, [one.delivery for one in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, each sender waits for an answer
            if len(batch) > 1 and not isinstance(error, StoreUnavailable):
                # One that cannot be stored must not take the others with it.
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
    # The error's own text may quote what was to be stored.
    return StoreUnavailable(f"the database refuses the delivery ({type(error).__name__})")

"""When workers ran, and when none did."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.domain.sla.standstills import Span
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import meta

STANDSTILL = timedelta(minutes=5)
"""A shorter gap between two heartbeats is a restart or a busy machine."""
_NAME = "uptime"
_MOST = 200
"""The maximum number of stored downtimes; whether the bridge ran between earlier ones is unknown."""
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Uptime:
    """The recorded uptime.

    Attributes:
        last: The last heartbeat of any worker.
        standstills: The downtimes, oldest first; the first one ends with the first heartbeat.
    """

    last: datetime
    standstills: tuple[Span, ...]

    def after(self, now: datetime) -> "Uptime":
        """The uptime after a heartbeat at `now`."""
        return Uptime(max(now, self.last), _shortened(self.until(now)))

    def until(self, now: datetime) -> tuple[Span, ...]:
        """All downtimes, including one that lasts until `now`."""
        return (*self.standstills, (self.last, now)) if now - self.last > STANDSTILL else self.standstills


def load_uptime(connection: sa.Connection, *, lock: bool = False) -> Uptime | None:
    """The stored uptime; None: no worker recorded it yet. `lock` prevents other writers until the transaction ends."""
    query = sa.select(meta.c.value).where(meta.c.name == _NAME)
    value = connection.execute(query.with_for_update() if lock else query).scalar()
    if value is None:
        return None
    kept = json.loads(value)
    return Uptime(
        datetime.fromisoformat(kept["last"]),
        tuple(
            (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in kept["standstills"]
        ),
    )


def note_alive(connection: sa.Connection, now: datetime) -> Uptime:
    """Store a heartbeat."""
    known = load_uptime(connection, lock=True)
    if known is None:
        first = Uptime(now, ((_ALWAYS, now),))
        insert_if_new(connection, meta, {"name": _NAME, "value": _written(first)})
        return first
    uptime = known.after(now)
    connection.execute(meta.update().where(meta.c.name == _NAME).values(value=_written(uptime)))
    return uptime


def _shortened(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if len(spans) <= _MOST:
        return spans
    early, late = spans[: -_MOST + 1], spans[-_MOST + 1 :]
    return ((early[0][0], early[-1][1]), *late)


def _written(uptime: Uptime) -> str:
    spans = [[start.isoformat(), end.isoformat()] for start, end in uptime.standstills]
    return json.dumps({"last": uptime.last.isoformat(), "standstills": spans})

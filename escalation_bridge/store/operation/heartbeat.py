"""The worker's heartbeat, which shows later when the bridge was down."""

from datetime import datetime, timedelta

from escalation_bridge.domain.sla.standstills import Span
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.operation.uptime import STANDSTILL, Uptime, load_uptime, note_alive

_EVERY = timedelta(minutes=1)


class Heartbeat:
    """This process's cache of the uptime; reloaded if it may have changed."""

    def __init__(self) -> None:
        self._known: Uptime | None = None
        self._beaten: datetime | None = None

    def beat(self, database: Database, now: datetime) -> None:
        """Store a heartbeat, at most once a minute.

        Raises:
            StoreUnavailable: The database is not available.
        """
        if self._beaten is not None and abs(now - self._beaten) < _EVERY:
            return
        with database.write() as transaction:
            self._known = note_alive(transaction, now)
        self._beaten = now

    def standstills(self, database: Database, now: datetime) -> tuple[Span, ...] | None:
        """The downtimes of the bridge until now; None: never recorded.

        Raises:
            StoreUnavailable: The database is not available.
        """
        if (
            self._known is None or now - self._known.last > STANDSTILL
        ):  # another process may have run meanwhile
            with database.read() as transaction:
                self._known = load_uptime(transaction)
        return None if self._known is None else self._known.until(now)

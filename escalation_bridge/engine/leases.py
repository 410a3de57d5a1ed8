"""Renew the leases of the cases that this process works on, and take over those of dead workers."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.store.operation.presence import Presence
from escalation_bridge.store.queue.claims import Claim, renew_leases

_log = structlog.get_logger(__name__)

_LOOK_SECONDS = 2.0
"""The interval of checks for dead workers."""
_LONGEST_SECONDS = 900.0
"""A batch that takes longer hangs: its leases are no longer renewed."""


class Leases:
    """The leases of one worker process.

    Args:
        bridge: The bridge.
        lease: How long a case is kept from other workers without a heartbeat, which comes after a third of it.
    """

    def __init__(self, bridge: Bridge, lease: timedelta) -> None:
        self._bridge = bridge
        self._lease = lease
        self._presence = Presence(bridge.database)
        self._in_hand: dict[str, tuple[Sequence[Claim], float]] = {}
        self._ending = threading.Event()

    def new_owner(self) -> str:
        """An owner name for a batch to claim: unique among the batches of a process, too."""
        return self._presence.owner(socket.gethostname(), os.getpid(), secrets.token_hex(3))

    @contextmanager
    def kept(self, claims: Sequence[Claim]) -> Iterator[None]:
        """Renew the leases of a batch in the block."""
        owner = claims[0].owner
        self._in_hand[owner] = (claims, time.monotonic())
        try:
            yield
        finally:
            del self._in_hand[owner]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Renew leases and check for dead workers, in a separate thread."""
        self._look()
        thread = threading.Thread(target=self._run, name="leases")
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join()
            self._presence.close()

    def _run(self) -> None:
        every = self._lease.total_seconds() / 3
        renewed = time.monotonic()
        while not self._ending.wait(min(every, _LOOK_SECONDS)):
            self._look()
            if time.monotonic() - renewed >= every:
                renewed = time.monotonic()
                self._try(self.renew)

    def renew(self) -> None:
        """Renew the leases of the cases in progress."""
        since = time.monotonic() - _LONGEST_SECONDS
        claims = [claim for batch, begun in self._in_hand.copy().values() if begun > since for claim in batch]
        if claims:
            with self._bridge.database.write() as transaction:
                renew_leases(transaction, claims, self._bridge.now() + self._lease)

    def _look(self) -> None:
        if not self._bridge.database.on_sqlite:
            self._try(self._presence.show)
            self._try(self.take_over)

    def take_over(self) -> None:
        """Release the cases of dead workers."""
        with self._bridge.database.write() as transaction:
            freed = self._presence.free_the_dead(transaction)
        if freed:
            _log.info("worker.took_over", cases=freed)

    @staticmethod
    def _try(step: Callable[[], None]) -> None:
        try:
            step()
        except StoreUnavailable as error:
            _log.error("leases.store_unavailable", error=str(error))
        except Exception:  # noqa: BLE001 - a thread that ended would let all leases run out; logged with its traceback
            _log.exception("leases.trouble")

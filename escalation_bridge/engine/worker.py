"""The worker: distributes due work to a few threads, and polls when there is none."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.engine.case_rounds import work_on
from escalation_bridge.engine.leases import Leases
from escalation_bridge.engine.reconcile.reconciler import Reconciler
from escalation_bridge.engine.routing import DELIVERIES_AT_ONCE, route_deliveries
from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.store.operation.single_worker import only_worker
from escalation_bridge.store.queue.claims import Claim, Work, claim_cases, drop_leases, work_now

_log = structlog.get_logger(__name__)

_MOST_AT_ONCE = 64
"""How many cases a thread claims at once, to batch their database access."""
_BATCH_SECONDS = 0.5
"""The target duration of a thread's batch."""
_GATHERING_SECONDS = 0.05
"""How long webhooks gather after some were routed: a batch costs hardly more than one, and each is a write that the
receiver waits for. Cases are processed meanwhile.
"""


def batch_size(due: int, threads: int, case_seconds: float) -> int:
    """How many cases a thread claims at once.

    A fair share, so that no case waits while another thread is idle, and at most about half a second of work, so that a
    step that comes due finds a free thread.

    Args:
        due: How many cases can be claimed.
        threads: How many threads share them.
        case_seconds: The recent duration of a case; 0: unknown.
    """
    share = max(1, due // threads)
    return max(1, min(share, int(_BATCH_SECONDS / case_seconds))) if case_seconds else share


class Worker:
    """Routes deliveries and processes cases until it is stopped.

    Args:
        bridge: The bridge.
        threads: How many cases are processed at once; most of the time is spent waiting for vendors.
        lease_seconds: How long a case is kept from other workers without a heartbeat; a batch renews its own lease.
        poll_seconds: The polling interval for work from other processes when idle.
        reconcile_every: The interval of reconciliation, which also runs at the start; None: never.
        trouble_seconds: The pause after an unexpected error.
    """

    def __init__(
        self,
        bridge: Bridge,
        *,
        threads: int = 4,
        lease_seconds: float = 30.0,
        poll_seconds: float = 0.2,
        reconcile_every: timedelta | None = None,
        trouble_seconds: float = 5.0,
    ) -> None:
        self._bridge = bridge
        self._threads = threads
        self._lease = timedelta(seconds=lease_seconds)
        self._poll_seconds = poll_seconds
        self._trouble_seconds = trouble_seconds
        self._leases = Leases(bridge, self._lease)
        self._case_seconds = 0.0
        self._routes_from = 0.0
        self._stopping = threading.Event()
        self._bell = threading.Event()
        self._reconcile_every = reconcile_every
        self._free = threading.Semaphore(threads)

    def ring(self) -> None:
        """Signal that there may be work."""
        self._bell.set()

    def stop(self) -> None:
        """Let `run` return after the writes in progress."""
        self._stopping.set()
        self._bell.set()

    def run(self) -> None:
        """Work until stopped.

        Raises:
            ConfigurationError: Another worker process uses the same SQLite database.
        """
        with only_worker(self._bridge.database):
            if self._bridge.database.on_sqlite:
                self._take_over()
            with self._leases.watching(), self._reconciling():
                self._loop()

    @contextmanager
    def _reconciling(self) -> Iterator[None]:
        if self._reconcile_every is None:
            yield
            return
        with Reconciler(self._bridge, self._reconcile_every, self._bell).running():
            yield

    def _loop(self) -> None:
        _log.info("worker.started", pid=os.getpid(), threads=self._threads)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="casework") as pool:
            while not self._stopping.is_set():
                self._bell.clear()
                try:
                    rest = self._hand_out(pool)
                except StoreUnavailable as error:
                    _log.error("worker.store_unavailable", error=str(error))
                    rest = self._poll_seconds
                except Exception:  # noqa: BLE001 - a worker that ended would leave all cases alone; logged with its traceback
                    _log.exception("worker.trouble")
                    self._stopping.wait(self._trouble_seconds)
                    rest = 0.0
                if rest:
                    self._bell.wait(rest)
        _log.info("worker.stopped", pid=os.getpid())

    def run_until_idle(self) -> None:
        """Do everything that is due now, in this thread, unless stopped; for tests and tools."""
        self._bridge.beat()
        while not self._stopping.is_set():
            work = self._look()
            routed = route_deliveries(self._bridge) if work.deliveries else 0
            claims = self._claim(_MOST_AT_ONCE) if routed or work.cases else []
            if claims:
                work_on(self._bridge, claims, self._lease, self._stopping.is_set)
            elif not routed:
                return

    def _take_over(self) -> None:
        # SQLite serves a single worker process: any existing lease belongs to a dead one.
        with self._bridge.database.write() as transaction:
            dropped = drop_leases(transaction)
        if dropped:
            _log.info("worker.took_over", cases=dropped)

    def _hand_out(self, pool: ThreadPoolExecutor) -> float:
        """Distribute due work; return how many seconds to wait for a signal."""
        self._bridge.beat()
        work, is_full = self._look(), False
        if work.deliveries and time.monotonic() >= self._routes_from:
            is_full = route_deliveries(self._bridge) >= DELIVERIES_AT_ONCE  # others wait behind a full batch
            self._routes_from = time.monotonic() + (0.0 if is_full else _GATHERING_SECONDS)
            work = self._look()
        batch = batch_size(work.cases, self._threads, self._case_seconds)
        if (work.cases and self._give_out(pool, batch)) or is_full:
            return 0.0
        until_routing = self._routes_from - time.monotonic()  # more webhooks may follow
        return min(self._poll_seconds, until_routing) if until_routing > 0 else self._poll_seconds

    def _look(self) -> Work:
        with self._bridge.database.read() as transaction:
            return work_now(transaction, self._bridge.now(), self._threads * _MOST_AT_ONCE)

    def _give_out(self, pool: ThreadPoolExecutor, at_most: int) -> bool:
        """Give a free thread its share of the due cases; return whether there was one."""
        if not self._free.acquire(blocking=False):
            return False
        claims = self._claim(at_most)
        if not claims:
            self._free.release()
            return False
        pool.submit(self._work, claims)
        return True

    def _claim(self, at_most: int) -> list[Claim]:
        """Claim due cases."""
        now = self._bridge.now()
        with self._bridge.database.write() as transaction:
            return claim_cases(transaction, self._leases.new_owner(), now, self._lease, at_most=at_most)

    def _work(self, claims: list[Claim]) -> None:
        begun = time.monotonic()
        try:
            with self._leases.kept(claims):
                work_on(self._bridge, claims, self._lease, self._stopping.is_set)
        except Exception:  # noqa: BLE001 - nobody handles errors of a pool thread
            _log.exception("worker.failed", cases=[claim.case_id for claim in claims])
        finally:
            # Concurrent writes lose one of many measurements.
            self._case_seconds += ((time.monotonic() - begun) / len(claims) - self._case_seconds) / 4
            self._free.release()
            self._bell.set()

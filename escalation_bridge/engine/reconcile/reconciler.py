"""Automatic reconciliation: on start, and every few minutes, with the lowest priority."""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.backfill import count_everywhere
from escalation_bridge.engine.background import BackgroundTask
from escalation_bridge.engine.reconcile.compare import compare, leave_to_the_worker, repair
from escalation_bridge.errors import (
    BridgeError,
    Intercepted,
    PermissionDenied,
    RateLimited,
    StoreUnavailable,
    UnreadableAnswer,
)
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.connections import reconciliations
from escalation_bridge.store.queue import claims

_log = structlog.get_logger(__name__)

_SHORTEST_REST = 1.0
_SHORTEST_PAUSE = timedelta(seconds=0.1)


@dataclass
class _Search:
    """The progress of a connection.

    Attributes:
        cursor: The plugin's cursor of the next page.
        pending: The remaining tickets of this page.
        reached: The cursor after this page; None: it was not read yet.
        more: Whether there is another page.
        rests_until: The vendor's rate limit allows no more before; then it continues with the same ticket.
    """

    cursor: str | None
    pending: deque[TicketRef] = field(default_factory=deque)
    reached: str | None = None
    more: bool = True
    rests_until: datetime | None = None


class Reconciler(BackgroundTask):
    """Reconciles all connections now and then.

    Args:
        bridge: The bridge.
        every: The interval.
        ring: Called if a ticket has to be read.
        patience_seconds: How long each ticket waits at most for due work of cases, which goes first.
    """

    def __init__(
        self, bridge: Bridge, every: timedelta, ring: threading.Event, *, patience_seconds: float = 5.0
    ) -> None:
        super().__init__("reconciler")
        self._bridge = bridge
        self._every = every
        self._ring = ring
        self._patience_seconds = patience_seconds
        self._resting: dict[str, _Search] = {}
        self._next_look: datetime | None = None

    def run_once(self) -> timedelta:
        """Reconcile, or continue where a rate limit interrupted; return the pause before the next time."""
        now = self._bridge.now()
        if self._next_look is None or now >= self._next_look:
            self._next_look = now + self._every
            self.look_everywhere()
        else:
            self.go_on()
        ends = (search.rests_until for search in self._resting.values() if search.rests_until)
        return max(_SHORTEST_PAUSE, min([self._next_look, *ends]) - self._bridge.now())

    def look_everywhere(self) -> None:
        """Reconcile every connection that lists changes. A failure of one is recorded and does not affect others."""
        self._count_open_tickets()
        for name, helpdesk in self._bridge.helpdesks.items():
            if not self._stopping.is_set() and helpdesk.can("changes_since"):
                self._try(name, helpdesk)

    def go_on(self) -> None:
        """Continue at connections whose rate limit wait is over."""
        for name in list(self._resting):
            if not self._stopping.is_set():
                self._try(name, self._bridge.helpdesks[name])

    def _count_open_tickets(self) -> None:
        """Count tickets from before the bridge: an admin backfills them by a command, and has to learn of them."""
        try:
            with working(Urgency.BACKFILL):
                count_everywhere(self._bridge)
        except StoreUnavailable as error:
            _log.error("backfill.store_unavailable", error=str(error))

    def _try(self, name: str, helpdesk: Helpdesk) -> None:
        try:
            with working(Urgency.BACKFILL):
                self._look(name, helpdesk)
        except StoreUnavailable as error:
            _log.error("reconcile.store_unavailable", error=str(error))
        except BridgeError as error:
            _log.warning("reconcile.failed", connection=name, error=str(error))
            self._note_trouble(name, str(error))
        except Exception:  # noqa: BLE001 - a thread that ended would end the search for good; logged with its traceback
            _log.exception("reconcile.trouble", connection=name)

    def _look(self, name: str, helpdesk: Helpdesk) -> None:
        search = self._resting.get(name)
        if search is not None and search.rests_until is not None and search.rests_until > self._bridge.now():
            return
        search = self._resting.pop(name, None) or self._begin(name)
        if search is None:
            return
        try:
            self._search(name, helpdesk, search)
        except RateLimited as limited:
            seconds = max(limited.at.retry_after or 0.0, _SHORTEST_REST)
            search.rests_until = self._bridge.now() + timedelta(seconds=seconds)
            self._resting[name] = search
            _log.info("reconcile.rests", connection=name, seconds=seconds, error=str(limited))

    def _begin(self, name: str) -> _Search | None:
        with self._bridge.database.write() as transaction:
            # Half the interval: the schedules of two workers are never exactly aligned.
            if not reconciliations.take_turn(transaction, name, self._bridge.now(), self._every / 2):
                return None
            return _Search(reconciliations.load_reconciliation(transaction, name).cursor)

    def _search(self, name: str, helpdesk: Helpdesk, search: _Search) -> None:
        while True:
            if search.reached is None:
                page = helpdesk.changes_since(search.cursor)
                search.pending.extend(TicketRef(name, each) for each in dict.fromkeys(page.ids))
                search.reached, search.more = page.cursor, page.more
            if not self._examine(search.pending):
                return  # interrupted: this page is requested again
            with self._bridge.database.write() as transaction:
                reconciliations.keep_cursor(transaction, name, search.reached)
            if not search.more:
                return
            search.cursor, search.reached = search.reached, None

    def _examine(self, pending: deque[TicketRef]) -> bool:
        while pending:
            if self._stopping.is_set():
                return False
            self._let_promises_go_first()
            ref = pending[0]
            try:
                finding = compare(self._bridge, ref)
            except Intercepted:
                raise  # no answer from the vendor itself: it proves nothing about this ticket
            except (UnreadableAnswer, PermissionDenied) as error:
                # This ticket's failure alone: it must not block the reconciliation. The worker retries.
                _log.warning("reconcile.unreadable", ticket=str(ref), error=str(error))
                leave_to_the_worker(self._bridge, ref)
                finding = None
            if finding is not None:
                repair(self._bridge, finding)
                self._ring.set()
            pending.popleft()
        return True

    def _let_promises_go_first(self) -> None:
        for _ in range(int(self._patience_seconds / 0.1)):
            with self._bridge.database.read() as transaction:
                if not claims.work_is_due(transaction, self._bridge.now()):
                    return
            if self._stopping.wait(0.1):
                return

    def _note_trouble(self, name: str, trouble: str) -> None:
        try:
            with self._bridge.database.write() as transaction:
                reconciliations.note_search_trouble(transaction, name, trouble)
        except StoreUnavailable as error:
            _log.error("reconcile.store_unavailable", error=str(error))

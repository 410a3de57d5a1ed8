"""Counting requests against a limit, as vendors do it: so many in a window of so many seconds."""

import math
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge_sandbox.kernel.clock import SandboxClock


@dataclass(frozen=True)
class RateVerdict:
    """How a request stands. `reset_seconds` is the whole seconds until the window begins anew, at least 1."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int


class RateWindow:
    """A fixed window per key (account, user, ticket, endpoint). Thread-safe."""

    def __init__(self, limit: int, seconds: float, clock: SandboxClock) -> None:
        self.limit = limit
        self._length = timedelta(seconds=seconds)
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[Hashable, tuple[datetime, int]] = {}

    def take(self, key: Hashable = None) -> RateVerdict:
        """Count one request."""
        return self._judge(key, cost=1)

    def look(self, key: Hashable = None) -> RateVerdict:
        """How the key stands, without counting."""
        return self._judge(key, cost=0)

    def clear(self) -> None:
        with self._lock:
            self._windows.clear()

    def _judge(self, key: Hashable, cost: int) -> RateVerdict:
        with self._lock:
            now = self._clock.now()
            start, used = self._windows.get(key, (now, 0))
            # A clock that was moved back begins a new window too.
            if not timedelta() <= now - start < self._length:
                start, used = now, 0
            allowed = used + cost <= self.limit
            if allowed and cost:
                used += cost
                self._windows[key] = (start, used)
            reset = math.ceil((start + self._length - now).total_seconds())
            return RateVerdict(allowed, self.limit, max(0, self.limit - used), max(1, reset))

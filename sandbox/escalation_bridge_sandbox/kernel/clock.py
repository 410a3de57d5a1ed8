"""The time a stand-in lives in."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Real time."""
    return datetime.now(UTC)


class SandboxClock:
    """Real time plus an offset that can be moved, so that an afternoon need not be waited for. Thread-safe.

    Args:
        real: What the offset is added to. One that always answers the same makes a clock that stands still until it is
            moved: for tests whose outcome must not depend on how fast they run.
    """

    def __init__(self, real: Callable[[], datetime] = utc_now) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._real = real

    def now(self) -> datetime:
        """The present instant, in UTC."""
        with self._lock:
            return self._real() + self._offset

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds; a negative number moves back."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Move to an instant, from which time runs on.

        Raises:
            ValueError: The instant has no time zone.
        """
        if instant.tzinfo is None:
            raise ValueError("the clock needs an instant with a time zone, for example 2026-03-02T09:00:00Z")
        with self._lock:
            self._offset = instant.astimezone(UTC) - self._real()

    def reset(self) -> None:
        """Back to real time."""
        with self._lock:
            self._offset = timedelta()

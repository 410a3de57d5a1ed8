"""A fair write lock for SQLite: writers queue, because SQLite allows only one at a time and its own busy wait starves
some.

SQLite's busy handler polls with a growing backoff. Next to a process that writes one transaction
after the other, nearly every poll fails, and a webhook waits for seconds. So writers queue: the first in line holds the lock
`next` and waits for the lock `turn`. A writer that is done has to acquire `next` again, which the first waiter holds.

SQLite's own lock still isolates transactions: a program that does not queue only delays others. The lock files
are next to the database. The operating system releases a lock when its process ends, however it ends.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_POLL_SECONDS = 0.0005
"""The polling interval of the first in line: much shorter than a commit. A blocking wait could not time out."""


class TurnTimeout(Exception):
    """Other writers kept the lock longer than the timeout."""


class Turns:
    """The write queue of a file in one process. Its threads queue among themselves first.

    Args:
        file: The database.
        patience: The timeout in seconds.
    """

    def __init__(self, file: Path, patience: float) -> None:
        self._patience = patience
        self._next_thread = threading.Lock()
        self._writing_thread = threading.Lock()
        place = file.resolve()  # resolved, because other processes may use another path
        self._next = _FileLock(place.with_name(f"{place.name}.next"))
        self._turn = _FileLock(place.with_name(f"{place.name}.turn"))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn and hold it until the block ends.

        Raises:
            TurnTimeout: The wait timed out.
        """
        until = time.monotonic() + self._patience
        with ExitStack() as held:
            # Only the writing thread queues between processes: a process counts once, however many threads it has.
            with self._next_thread:
                if not self._writing_thread.acquire(timeout=self._patience):
                    raise TurnTimeout
            held.callback(self._writing_thread.release)
            self._next.acquire(until)
            try:
                self._turn.acquire(until)
            finally:
                self._next.release()
            held.callback(self._turn.release)
            yield

    def close(self) -> None:
        """Close the lock files."""
        self._next.close()
        self._turn.close()


class _FileLock:
    """An exclusive lock between processes. If the file cannot be created, there is no lock."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def acquire(self, until: float) -> None:
        descriptor = self._opened()
        while descriptor is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise TurnTimeout from None
                time.sleep(_POLL_SECONDS)
            except OSError:
                return  # a file system without such locks
            else:
                return

    def release(self) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int | None:
        if self._descriptor is None:
            try:
                # Read-only, so that a file of another user works, too. It has no content.
                self._descriptor = os.open(self._file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError:
                return None
        return self._descriptor

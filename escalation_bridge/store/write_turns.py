"""Whose turn it is to write to a SQLite file: it has one writer at a time, and whoever waits comes before who has just written.

SQLite itself lets a writer that finds another one look again after ever longer pauses. Beside a process that writes one transaction
after the other, nearly every look finds it writing, and a webhook waits for seconds. So writers queue: the first in line holds the lock
`next` and waits for the lock `turn`. Who has just written has to take `next` again, and finds it held by whoever waits.

SQLite's own lock is still what keeps transactions apart: a program that does not queue delays others and does no harm. The lock files
lie beside the database. The operating system releases a lock when its process ends, however it ends.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_POLL_SECONDS = 0.0005
"""How often the first in line looks whether it is its turn: much shorter than a commit. A blocking wait could not be given up."""


class TurnTimeout(Exception):
    """Others kept writing for longer than one is ready to wait."""


class Turns:
    """The queue of those who write to a file, as one process sees it. Its threads queue among themselves first.

    Args:
        file: The database.
        patience: Seconds after which a writer gives up.
    """

    def __init__(self, file: Path, patience: float) -> None:
        self._patience = patience
        self._next_thread = threading.Lock()
        self._writing_thread = threading.Lock()
        place = file.resolve()  # whatever path others reach it by
        self._next = _FileLock(place.with_name(f"{place.name}.next"))
        self._turn = _FileLock(place.with_name(f"{place.name}.turn"))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn and keep it until the block ends.

        Raises:
            TurnTimeout: Others kept writing.
        """
        until = time.monotonic() + self._patience
        with ExitStack() as held:
            # Only the thread that writes stands in the line of processes: one process counts once, however many threads it has.
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
        """Let go of the lock files."""
        self._next.close()
        self._turn.close()


class _FileLock:
    """An exclusive lock between processes. Where the file cannot be made, nobody is waited for."""

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
                # Read only, so that a file which another user's command made serves, too. There is nothing in it.
                self._descriptor = os.open(self._file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError:
                return None
        return self._descriptor

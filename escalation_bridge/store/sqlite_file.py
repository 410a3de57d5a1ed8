"""The file of a SQLite database: made on purpose only, and noticed when it is not the same any more.

SQLite goes on writing into a file that was deleted: every webhook would be acknowledged and lost. So the file at the path,
and the log beside it that holds the newest commits, are compared with the opened ones before each transaction.
"""

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from escalation_bridge.errors import StoreUnavailable

_Identity = tuple[int, int] | None


class SqliteFile:
    """A database file and its write-ahead log.

    Args:
        path: Where the database is, or is to be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = Path(f"{path}-wal")
        self._opened: tuple[_Identity, _Identity] | None = None

    def is_missing(self) -> bool:
        """Whether there is no file, and none was opened before."""
        return self._opened is None and not self.path.exists()

    def make(self) -> None:
        """Make an empty file where there is none, readable by nobody else: it will hold customers' texts."""
        if self._opened is None:
            with contextlib.suppress(OSError):  # what is wrong with the folder is said when it is opened
                self.path.touch(mode=0o600)

    def connect(self, patience: float) -> sqlite3.Connection:
        """Open the file, which has to be there: SQLite itself would make one."""
        address = f"file:{quote(str(self.path))}?mode=rw"
        return sqlite3.connect(address, uri=True, timeout=patience, check_same_thread=False)

    def remember(self, connection: sqlite3.Connection) -> None:
        """Remember which files the first connection opened. They are the same for all, until `forget`."""
        connection.execute("PRAGMA schema_version").fetchone()  # opens the log
        if self._opened is None:
            self._opened = self._present()

    def forget(self) -> None:
        """All connections are closed: SQLite removes the log then, and makes a new one."""
        self._opened = None

    def check(self) -> None:
        """Make sure that what is at the path is what was opened.

        Raises:
            StoreUnavailable: It was deleted or replaced.
        """
        if self._opened is not None and self._opened != self._present():
            raise StoreUnavailable(
                f"the database file {self.path} (or its -wal file) was deleted or replaced while the bridge was running: writes "
                "would be lost. Stop the bridge, restore the right file, and start it again"
            )

    def _present(self) -> tuple[_Identity, _Identity]:
        return _identity(self.path), _identity(self._log)


def _identity(path: Path) -> _Identity:
    try:
        found = os.stat(path)  # noqa: PTH116 - before each transaction: Path.stat costs twice as much
    except OSError:
        return None
    return found.st_dev, found.st_ino

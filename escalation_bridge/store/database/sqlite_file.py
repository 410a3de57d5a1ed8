"""The file of a SQLite database: created only on purpose, and checked for replacement.

SQLite keeps writing into a deleted file: every webhook would be acknowledged and lost. So the file at the path,
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
        path: The path of the database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = Path(f"{path}-wal")
        self._opened: tuple[_Identity, _Identity] | None = None

    def is_missing(self) -> bool:
        """Whether the file does not exist and was never opened."""
        return self._opened is None and not self.path.exists()

    def make(self) -> None:
        """Create an empty file if there is none, readable by its owner only: it will contain customers' texts."""
        if self._opened is None:
            with contextlib.suppress(OSError):  # errors of the folder are reported when the file is opened
                self.path.touch(mode=0o600)

    def connect(self, patience: float) -> sqlite3.Connection:
        """Open the existing file; SQLite itself would create one."""
        address = f"file:{quote(str(self.path))}?mode=rw"
        return sqlite3.connect(address, uri=True, timeout=patience, check_same_thread=False)

    def remember(self, connection: sqlite3.Connection) -> None:
        """Store the identity of the opened files. It is the same for all connections, until `forget`."""
        connection.execute("PRAGMA schema_version").fetchone()  # opens the log
        if self._opened is None:
            self._opened = self._present()

    def forget(self) -> None:
        """Forget it when all connections are closed: SQLite deletes the log then, and creates a new one."""
        self._opened = None

    def check(self) -> None:
        """Ensure that the file at the path is still the opened one.

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

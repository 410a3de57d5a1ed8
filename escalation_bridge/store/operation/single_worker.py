"""An exclusive lock for one worker process per SQLite database. The operating system releases it when the process
dies.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from escalation_bridge.errors import ConfigurationError
from escalation_bridge.store.database.database import Database


@contextmanager
def only_worker(database: Database) -> Iterator[None]:
    """Ensure that this is the only worker process, if the database serves only one.

    Raises:
        ConfigurationError: Another worker process is running.
    """
    file = database.url.database
    if not database.on_sqlite or not file or file == ":memory:":
        yield
        return
    with Path(f"{file}.worker").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                f"another worker process uses {file} already; SQLite allows one. Stop it, or use PostgreSQL for several"
            ) from error
        yield

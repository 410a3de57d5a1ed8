"""Opening the database and its transactions, alike on SQLite and PostgreSQL."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
import tenacity
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, OperationalError

from escalation_bridge.errors import ConfigurationError, StoreRefused, StoreUnavailable
from escalation_bridge.store.storable import make_storable
from escalation_bridge.store.turns import Turns, TurnTimeout

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x65622D757067
"""Any number will do, as long as nothing else in the database locks the same one."""
_BUSY_SECONDS = 15
"""How long SQLite waits for another writer before it gives up."""


class Database:
    """The bridge's database.

    Args:
        url: A SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://...`.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise ConfigurationError(
                "bridge.database is not a database URL; write sqlite:///path/to/bridge.db or "
                "postgresql+psycopg://user@host/name"
            ) from error
        self.on_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.on_sqlite and self.url.get_backend_name() != "postgresql":
            raise ConfigurationError(
                f"bridge.database names {self.url.get_backend_name()}; SQLite and PostgreSQL are supported"
            )
        if self.on_sqlite and self.url.database not in (None, "", ":memory:"):
            with contextlib.suppress(OSError):  # what is wrong with the folder is said when it is opened
                Path(self.url.database).touch(mode=0o600)  # customers' texts are nobody else's to read
        self.engine = _make_engine(self.url, on_sqlite=self.on_sqlite)
        file = self.url.database if self.on_sqlite else None
        self._turns = Turns(Path(file), _BUSY_SECONDS) if file and file != ":memory:" else None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A read-only transaction."""
        with _as_store_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is committed at the end, or not at all.

        Raises:
            StoreUnavailable: The database cannot be written just now; nothing was.
            StoreRefused: It does not take this; nothing was written.
        """
        with _as_store_errors(), self._turn(), self.engine.connect() as connection:
            writing = connection.execution_options(escalation_bridge_writes=True)
            with writing.begin():
                yield writing

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Queue with the others that write to SQLite, which has one writer at a time."""
        if self._turns is None:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._turns.taken())
            except TurnTimeout:
                raise StoreUnavailable(
                    "the database cannot be used just now: others keep writing to it"
                ) from None
            yield

    def upgrade(self) -> None:
        """Bring the schema to this version; on a database that has it, nothing happens.

        Processes that start at the same time wait for the first of them.
        """
        with self.write() as connection:
            if not self.on_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            command.upgrade(self._alembic(connection), "head")

    def is_current(self) -> bool:
        """Whether the schema is the one that this version needs."""
        with self.read() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
        return present == ScriptDirectory(str(_MIGRATIONS)).get_current_head()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._turns is not None:
            self._turns.close()

    @staticmethod
    def _alembic(connection: sa.Connection) -> AlembicConfig:
        config = AlembicConfig()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        return config


def _make_engine(url: sa.URL, *, on_sqlite: bool) -> sa.Engine:
    # Values are customers' texts: no error shows them.
    if on_sqlite:
        engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    sa.event.listen(engine, "before_cursor_execute", make_storable, retval=True)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Make SQLite durable and let readers and the writer work side by side."""
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, not by the driver
    _switch_to_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(sqlite3.OperationalError),
    wait=tenacity.wait_random(0.02, 0.1),
    stop=tenacity.stop_after_delay(_BUSY_SECONDS),
    reraise=True,
)
def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # Stays switched for ever. While two processes open a new file at once, SQLite refuses without waiting.
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that will write takes the write lock at once: one that turns from reading to writing in the middle
    # fails whenever somebody else wrote in between.
    writes = connection.get_execution_options().get("escalation_bridge_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, sa.exc.TimeoutError) as error:
        raise StoreUnavailable(_plainly(error)) from error
    except DBAPIError as error:
        # Not chained: PostgreSQL quotes the values of the row that it refuses.
        raise StoreRefused(_without_values(error)) from None


def _without_values(error: DBAPIError) -> str:
    """What the database refused and where: classes, codes and names of the schema, never a value."""
    cause = error.orig
    diagnosis = getattr(cause, "diag", None)
    names = ("sqlstate", "constraint_name", "table_name", "column_name")
    facts = [type(error).__name__, type(cause).__name__, *(getattr(diagnosis, n, None) or "" for n in names)]
    if isinstance(cause, sqlite3.Error):
        facts.append(getattr(cause, "sqlite_errorname", None) or "")
        if isinstance(cause, sqlite3.IntegrityError):
            facts.append(str(cause))  # names the columns alone
    told = ", ".join(dict.fromkeys(fact for fact in facts if fact))
    return f"the database refuses what was to be written ({told})"


def _plainly(error: BaseException) -> str:
    """What the database said, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"the database cannot be used just now: {str(cause).splitlines()[0]}"

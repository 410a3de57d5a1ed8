"""The database and its transactions, with the same behavior on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import cast

import sqlalchemy as sa
import tenacity
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, OperationalError

from escalation_bridge.errors import ConfigurationError, StoreMissing, StoreRefused, StoreUnavailable
from escalation_bridge.store.database.sqlite_file import SqliteFile
from escalation_bridge.store.database.storable import make_storable
from escalation_bridge.store.database.url import parse_database_url
from escalation_bridge.store.database.write_turns import Turns, TurnTimeout

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_UPGRADE_LOCK = 0x65622D757067
"""An arbitrary number that nothing else in the database locks (advisory lock)."""


class Database:
    """The bridge's database.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://...`.
        busy_seconds: How long a transaction waits for other writers on SQLite.

    Raises:
        ConfigurationError: It is none, or its driver is not installed.
    """

    def __init__(self, url: str | sa.URL, *, busy_seconds: float = 15) -> None:
        self.url = parse_database_url(url) if isinstance(url, str) else url
        self.on_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = SqliteFile(Path(self.url.database or "")) if self.on_sqlite else None
        self.engine = _make_engine(self.url, self._file, busy_seconds)
        # Shares the connection pool. Created once, because the option costs more than the statements of a transaction.
        self._writing = self.engine.execution_options(escalation_bridge_writes=True)
        self._turns = Turns(self._file.path, busy_seconds) if self._file else None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A read-only transaction.

        Raises:
            StoreUnavailable: The database cannot be read just now, or its file is another one than at first.
        """
        self._check_file()
        with _as_store_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is committed at the end, or rolled back.

        Raises:
            StoreUnavailable: The database cannot be written just now; nothing was.
            StoreRefused: It does not take this; nothing was written.
        """
        self._check_file()
        with _as_store_errors(), self._turn(), self._writing.begin() as connection:
            yield connection

    def _check_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def _turn(self) -> AbstractContextManager[None]:
        """Queue with other writers of SQLite, which allows one at a time."""
        return nullcontext() if self._turns is None else self._turns.taken()

    def upgrade(self) -> None:
        """Migrate the schema to this version, and create the database if there is none.

        Processes that start at the same time wait for the first of them.
        """
        if self._file is not None:
            self._file.make()
        with self.write() as connection:
            if not self.on_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            command.upgrade(self._alembic(connection), "head")

    def is_current(self) -> bool:
        """Whether the schema has this version."""
        return self._revision() == ScriptDirectory(str(_MIGRATIONS)).get_current_head()

    def require(self) -> None:
        """Require a database of this version, for read-only commands: they create and migrate none.

        Raises:
            StoreMissing: There is none, or it is of another version.
        """
        present, scripts = self._revision(), ScriptDirectory(str(_MIGRATIONS))
        place = (
            self._file.path if self._file else f"the PostgreSQL database {self.url.database or ''}".rstrip()
        )
        if present is None:
            raise StoreMissing(
                f"there is no database yet at {place} (bridge.database). `escalation-bridge serve` creates it. If the bridge "
                "ran before, check that this is its configuration file"
            )
        if present == scripts.get_current_head():
            return
        if present in {script.revision for script in scripts.walk_revisions()}:
            raise StoreMissing(
                f"{place} was created by an older version: restart the bridge, which upgrades it"
            )
        raise StoreMissing(f"{place} was created by a newer version: use that version's command")

    def _revision(self) -> str | None:
        if self._file is not None and self._file.is_missing():
            return None
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._file is not None:
            self._file.forget()
        if self._turns is not None:
            self._turns.close()

    @staticmethod
    def _alembic(connection: sa.Connection) -> AlembicConfig:
        config = AlembicConfig()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        return config


def _make_engine(url: sa.URL, file: SqliteFile | None, busy_seconds: float) -> sa.Engine:
    # Values are customers' texts: errors must not contain them.
    if file is not None:
        engine = sa.create_engine(
            url, creator=lambda: _connect_sqlite(file, busy_seconds), hide_parameters=True
        )
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        try:
            engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
        except ImportError:
            raise ConfigurationError(
                "bridge.database is PostgreSQL, whose driver is not installed: pip install 'psycopg[binary]'"
            ) from None
    sa.event.listen(engine, "before_cursor_execute", make_storable, retval=True)
    return engine


def _connect_sqlite(file: SqliteFile, busy_seconds: float) -> sqlite3.Connection:
    """Open the file and prepare the connection; SQLAlchemy would not close one whose preparation fails."""
    connection = file.connect(busy_seconds)
    try:
        _prepare_sqlite(connection, file, busy_seconds)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare_sqlite(connection: sqlite3.Connection, file: SqliteFile, busy_seconds: float) -> None:
    """Make SQLite durable and let readers and the writer work side by side."""
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, not by the driver
    _switch_to_wal(connection, busy_seconds)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    file.remember(connection)


def _switch_to_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # Persistent (journal_mode=WAL). If two processes open a new file at once, SQLite refuses without waiting.
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(sqlite3.OperationalError),
        wait=tenacity.wait_random(0.02, 0.1),
        stop=tenacity.stop_after_delay(busy_seconds),
        reraise=True,
    )
    retrying(connection.execute, "PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writing transaction takes the write lock at once: upgrading a read lock later fails if somebody else wrote in
    # between.
    writes = connection.get_execution_options().get("escalation_bridge_writes", False)
    # Directly on the driver: through SQLAlchemy it costs as much as the rest of an empty transaction.
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    statement = "BEGIN IMMEDIATE" if writes else "BEGIN"
    try:
        driver.execute(statement)
    except sqlite3.Error as error:  # as SQLAlchemy would have raised it
        raise DBAPIError.instance(statement, None, error, sqlite3.Error) from error


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except TurnTimeout:
        raise StoreUnavailable("the database cannot be used now: others keep writing to it") from None
    except (OperationalError, sa.exc.TimeoutError) as error:
        raise StoreUnavailable(_plainly(error)) from error
    except DBAPIError as error:
        if error.statement is None:  # while connecting
            raise StoreUnavailable(
                f"the database cannot be used: its driver rejects the options after ? in bridge.database ({type(error.orig).__name__})"
            ) from None
        # Not chained: PostgreSQL quotes the values of the refused row.
        raise StoreRefused(_without_values(error)) from None


def _without_values(error: DBAPIError) -> str:
    """The refusal: classes, codes and names of the schema, never a value."""
    cause = error.orig
    diagnosis = getattr(cause, "diag", None)
    names = ("sqlstate", "constraint_name", "table_name", "column_name")
    facts = [type(error).__name__, type(cause).__name__, *(getattr(diagnosis, n, None) or "" for n in names)]
    if isinstance(cause, sqlite3.Error):
        facts.append(getattr(cause, "sqlite_errorname", None) or "")
        if isinstance(cause, sqlite3.IntegrityError):
            facts.append(str(cause))  # names only the columns
    details = ", ".join(dict.fromkeys(fact for fact in facts if fact))
    return f"the database rejects the write ({details})"


def _plainly(error: BaseException) -> str:
    """The database's error, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"the database cannot be used now: {(str(cause).splitlines() or [''])[0]}"


def insert_if_new(connection: sa.Connection, table: sa.Table, values: dict[str, object]) -> bool:
    """Insert a row unless its unique key exists; return whether it was inserted."""
    return connection.execute(_counted_insert(connection.dialect.name, table), values).rowcount == 1


@cache
def _counted_insert(dialect: str, table: sa.Table) -> sa.Insert:
    # Without the option SQLAlchemy may have forgotten the number of rows of an insert by now, as it has on PostgreSQL.
    return insert_new(dialect, table).execution_options(preserve_rowcount=True)


@cache
def insert_new(dialect: str, table: sa.Table) -> sa.Insert:
    """An insert that skips rows whose unique key exists; `dialect` is `sqlite` or `postgresql`."""
    insert = sqlite_insert(table) if dialect == "sqlite" else postgresql_insert(table)
    return insert.on_conflict_do_nothing()

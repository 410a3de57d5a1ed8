"""Databases for tests, on SQLite and on PostgreSQL."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import metadata

POSTGRES = os.environ.get(
    "ESCALATION_BRIDGE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)
_numbers = itertools.count()


@contextmanager
def new_schema() -> Iterator[str]:
    """The URL of an empty schema of PostgreSQL, which is dropped afterwards.

    Where no PostgreSQL answers, the test is skipped; in CI it fails.
    """
    name = f"eb_{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    except sa.exc.OperationalError:
        engine.dispose()
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL answers at {POSTGRES}; in CI it must")
        pytest.skip(f"no PostgreSQL answers at {POSTGRES}; set ESCALATION_BRIDGE_TEST_POSTGRES")
    url = sa.make_url(POSTGRES).update_query_dict(
        {"options": f"-csearch_path={name} -csynchronous_commit=off"}
    )
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()


def empty(database: Database) -> None:
    """Delete every row; numbers start at 1 again."""
    with database.write() as transaction:
        if not database.on_sqlite:
            # A connection that a test forgot would be waited for without an end.
            transaction.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        for table in reversed(metadata.sorted_tables):
            transaction.execute(table.delete())
            for column in () if database.on_sqlite else table.columns:
                if isinstance(column.identity, sa.Identity) or column is table.autoincrement_column:
                    name = sa.func.pg_get_serial_sequence(table.name, column.name)
                    transaction.execute(sa.select(sa.func.setval(name, 1, False)))


def without_waiting_for_the_disk(database: Database) -> Database:
    """Let SQLite commit faster: tests kill processes, never the machine."""

    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(database.engine, "connect", prepare)
    return database

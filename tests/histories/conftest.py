"""One world for each pair of accounts and database, in which histories take place."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from bridge_histories.pair import Pair
from bridge_histories.world import World
from escalation_bridge.store.database import Database

POSTGRES = os.environ.get(
    "ESCALATION_BRIDGE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)
MakeWorld = Callable[[type[Pair]], World]


def _keep_worlds(stack: ExitStack, open_database: Callable[[str], Database]) -> MakeWorld:
    """Worlds are made once: a history empties its world, which is far quicker."""
    worlds: dict[type[Pair], World] = {}

    def make(pair: type[Pair]) -> World:
        if pair not in worlds:
            database = open_database(pair.name)
            stack.callback(database.close)
            database.upgrade()
            worlds[pair] = World(pair(), database)
        return worlds[pair]

    return make


@pytest.fixture(scope="session")
def world_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeWorld]:
    """The world of a pair, on SQLite."""

    def open_database(name: str) -> Database:
        database = Database(f"sqlite:///{tmp_path_factory.mktemp(name) / 'bridge.db'}")
        sa.event.listen(database.engine, "connect", _without_waiting_for_the_disk)
        return database

    with ExitStack() as stack:
        yield _keep_worlds(stack, open_database)


@pytest.fixture(scope="session")
def postgresql_world_of() -> Iterator[MakeWorld]:
    """The world of a pair, on PostgreSQL, in a schema of its own."""
    engine = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        try:
            connection = stack.enter_context(engine.connect())
        except sa.exc.OperationalError:
            if os.environ.get("CI"):
                pytest.fail(f"no PostgreSQL answers at {POSTGRES}; in CI it must")
            pytest.skip(f"no PostgreSQL answers at {POSTGRES}; set ESCALATION_BRIDGE_TEST_POSTGRES")

        def open_database(name: str) -> Database:
            schema = f"eb_histories_{os.getpid()}_{name.replace('-', '_')}"
            connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
            stack.callback(connection.execute, sa.text(f"DROP SCHEMA {schema} CASCADE"))
            url = sa.make_url(POSTGRES).update_query_dict(
                {"options": f"-csearch_path={schema} -csynchronous_commit=off"}
            )
            return Database(url.render_as_string(hide_password=False))

        yield _keep_worlds(stack, open_database)


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """Histories kill the worker, never the machine."""
    connection.execute("PRAGMA synchronous=OFF")

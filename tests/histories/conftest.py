"""One world for each pair of accounts and database, in which histories take place."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bridge_helpers.carried_views import carried_views_are_checked
from bridge_helpers.databases import new_schema, without_waiting_for_the_disk
from bridge_histories.pair import Pair
from bridge_histories.world import World
from escalation_bridge.store.database.database import Database

MakeWorld = Callable[[type[Pair]], World]


@pytest.fixture(autouse=True)
def _what_is_carried_is_what_is_stored() -> Iterator[None]:
    with carried_views_are_checked():
        yield


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
        file = tmp_path_factory.mktemp(name) / "bridge.db"
        return without_waiting_for_the_disk(Database(f"sqlite:///{file}"))

    with ExitStack() as stack:
        yield _keep_worlds(stack, open_database)


@pytest.fixture(scope="session")
def postgresql_world_of() -> Iterator[MakeWorld]:
    """The world of a pair, on PostgreSQL, in a schema of its own."""
    with ExitStack() as stack:
        yield _keep_worlds(stack, lambda _: Database(stack.enter_context(new_schema())))

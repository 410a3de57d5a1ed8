"""A whole bridge between helpdesks in memory, on both databases, with a clock that tests move."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.routes.routes import CommentRule, Route, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import (
    Escalate,
    LeaveNote,
    Metric,
    Policy,
    RaisePriority,
    Step,
    Targets,
)
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store import queue
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.database import Database
from escalation_bridge.store.deliveries import IncomingDelivery, save_deliveries
from escalation_bridge.store.schema import metadata
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

POSTGRES = os.environ.get(
    "ESCALATION_BRIDGE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)
_numbers = itertools.count()
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database: both, unless a test needs but one."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it, not even the schema."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'bridge.db'}"
    else:
        with _new_schema() as url:
            yield url


@contextmanager
def _new_schema() -> Iterator[str]:
    """The URL of a schema of PostgreSQL that is there within this."""
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


# The schema is built once per process and kind: building it takes longer than most tests.


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with the schema and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("upgraded") / "bridge.db"
    opened = Database(f"sqlite:///{file}")
    opened.upgrade()
    opened.close()
    return file


@pytest.fixture(scope="session")
def upgraded_schema() -> Iterator[Database]:
    """A PostgreSQL database with the schema, to be emptied before it is used."""
    with _new_schema() as url:
        opened = Database(url)
        opened.upgrade()
        yield opened
        opened.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[Database]:
    """A database with the schema and nothing in it."""
    if database_kind == "sqlite":
        file = shutil.copy(request.getfixturevalue("upgraded_file"), tmp_path / "bridge.db")
        opened = Database(f"sqlite:///{file}")
        sa.event.listen(opened.engine, "connect", _without_waiting_for_the_disk)
    else:
        kept = request.getfixturevalue("upgraded_schema")
        _empty(kept)
        opened = Database(kept.engine.url.render_as_string(hide_password=False))
    yield opened
    opened.close()


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """Tests kill processes, never the machine."""
    connection.execute("PRAGMA synchronous=OFF")


def _empty(database: Database) -> None:
    with database.write() as transaction:
        # A connection that a test forgot would be waited for without an end.
        transaction.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
        for table in reversed(metadata.sorted_tables):
            transaction.execute(table.delete())
            for column in table.columns:
                if isinstance(column.identity, sa.Identity) or column is table.autoincrement_column:
                    name = sa.func.pg_get_serial_sequence(table.name, column.name)
                    transaction.execute(sa.select(sa.func.setval(name, 1, False)))


class MovableClock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **amount: float) -> None:
        self.at += timedelta(**amount)


MAP = dict.fromkeys(("new", "open"), Keep.KEEP)


def make_route(**changes: object) -> Route:
    values: dict[str, object] = {
        "name": "engineering",
        "origin": "support",
        "linked": "dev",
        "to_linked": StatusMap(
            {
                **MAP,
                "waiting_customer": Keep.KEEP,
                "waiting_third_party": Keep.KEEP,
                "solved": "closed",
                "closed": "closed",
            }
        ),
        "to_origin": StatusMap(
            {
                **MAP,
                "waiting_customer": "waiting_customer",
                "waiting_third_party": "waiting_third_party",
                "solved": "open",
                "closed": Keep.KEEP,
            }
        ),
        "comments_to_linked": CommentRule(Take.PUBLIC, Visibility.PRIVATE),
        "comments_to_origin": CommentRule(Take.ALL, Visibility.PRIVATE),
        "owner": Side.ORIGIN,
        "origin_status": "waiting_third_party",
        "tell_customer": True,
        "labels": ("escalated",),
    }
    return Route(**{**values, **changes})  # type: ignore[arg-type]


def make_policy(**changes: object) -> Policy:
    values: dict[str, object] = {
        "name": "all",
        "match": Condition(),
        "calendar_name": "always",
        "calendar": ALWAYS,
        "targets": Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 8 * 3600}),
        "ladder": (
            Step("warn", Metric.FIRST_RESPONSE, 80, 0, (LeaveNote("sla_warning"), RaisePriority())),
            Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),
        ),
    }
    return Policy(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(name="make_route")
def fixture_make_route() -> Callable[..., Route]:
    return make_route


@pytest.fixture(name="make_policy")
def fixture_make_policy() -> Callable[..., Policy]:
    return make_policy


@dataclass
class Scene:
    """A bridge and what tests do with it."""

    bridge: Bridge
    clock: MovableClock
    support: MemoryHelpdesk
    dev: MemoryHelpdesk
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.bridge)

    def hear(self, plugin: MemoryHelpdesk, ticket_id: str, delivery: str | None = None) -> None:
        """A webhook about a ticket is stored; nothing is worked on yet."""
        headers = {"X-Delivery": delivery} if delivery else {}
        request = WebhookRequest.make(
            f'{{"ticket": "{ticket_id}"}}'.encode(), headers, received_at=self.clock()
        )
        with self.bridge.database.write() as transaction:
            save_deliveries(transaction, [IncomingDelivery(plugin.connection.name, request, delivery)])

    def run(self, **later: float) -> None:
        """Let time pass, then let the worker do everything that is due."""
        self.clock.advance(**later)
        self.worker.run_until_idle()

    def news(self, plugin: MemoryHelpdesk, ticket_id: str) -> None:
        """A webhook, and the work that it brings."""
        self.hear(plugin, ticket_id)
        self.run()

    def view(self, case_id: int = 1) -> CaseView:
        with self.bridge.database.read() as transaction:
            return case_views.load_case(transaction, case_id)

    def timeline(self, case_id: int = 1) -> list[str]:
        with self.bridge.database.read() as transaction:
            return [entry.code for entry in case_views.load_timeline(transaction, case_id)]

    def wake(self, case_id: int = 1) -> None:
        with self.bridge.database.write() as transaction:
            queue.wake(transaction, case_id, self.clock(), "test")


@pytest.fixture
def make_scene(database: Database) -> Callable[..., Scene]:
    def make(
        policies: tuple[Policy, ...] | None = None,
        routes: tuple[Route, ...] | None = None,
        **extensions: object,
    ) -> Scene:
        clock = MovableClock()
        plugins = {
            name: MemoryHelpdesk(Connection(name, MemorySettings(plugin="memory"), clock))
            for name in ("support", "dev")
        }
        chosen = routes if routes is not None else (make_route(),)
        bridge = Bridge(
            id="0123456789abcdef",
            database=database,
            helpdesks={name: Helpdesk(name, plugin) for name, plugin in plugins.items()},
            extensions=Extensions(extensions),  # type: ignore[arg-type]
            rules=Rules(
                policies if policies is not None else (make_policy(),),
                {route.name: route for route in chosen},
            ),
            language="en",
            now=clock,
        )
        return Scene(bridge, clock, plugins["support"], plugins["dev"])

    return make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()

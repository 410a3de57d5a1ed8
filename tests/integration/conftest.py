"""A whole bridge between helpdesks in memory, on both databases, with a clock that tests move."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from escalation_bridge.bridge import Bridge
from escalation_bridge.connection import Connection
from escalation_bridge.domain.calendar import ALWAYS
from escalation_bridge.domain.cases import CaseView, Rules
from escalation_bridge.domain.conditions import Condition
from escalation_bridge.domain.policy import (
    Escalate,
    LeaveNote,
    Metric,
    Policy,
    RaisePriority,
    Step,
    Targets,
)
from escalation_bridge.domain.routes import CommentRule, Keep, Route, Side, StatusMap, Take
from escalation_bridge.domain.tickets import Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.extensions import Extensions
from escalation_bridge.helpdesk import Helpdesk
from escalation_bridge.store import caseviews, wakes
from escalation_bridge.store.database import Database
from escalation_bridge.store.deliveries import IncomingDelivery, save_deliveries
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings
from escalation_bridge.webhooks import WebhookRequest

POSTGRES = os.environ.get(
    "ESCALATION_BRIDGE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind. PostgreSQL: a schema of this test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bridge.db'}"
        return
    engine = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    schema = f"eb_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    except sa.exc.OperationalError:
        engine.dispose()
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL answers at {POSTGRES}; in CI it must")
        pytest.skip(f"no PostgreSQL answers at {POSTGRES}; set ESCALATION_BRIDGE_TEST_POSTGRES")
    url = sa.make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    opened.upgrade()
    yield opened
    opened.close()


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
            return caseviews.load_case(transaction, case_id)

    def timeline(self, case_id: int = 1) -> list[str]:
        with self.bridge.database.read() as transaction:
            return [entry.code for entry in caseviews.load_timeline(transaction, case_id)]

    def wake(self, case_id: int = 1) -> None:
        with self.bridge.database.write() as transaction:
            wakes.wake(transaction, case_id, self.clock(), "test")


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

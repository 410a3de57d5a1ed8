"""A whole bridge between helpdesks in memory, on both databases, with a clock that tests move."""

import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test

from bridge_helpers import teams
from bridge_helpers.carried_views import carried_views_are_checked
from bridge_helpers.databases import empty, new_schema, without_waiting_for_the_disk
from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.routes.routes import CommentRule, Route, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import Action, Metric, Policy, Step, Targets
from escalation_bridge.domain.teams.directory import NOBODY, Directory
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.queue import wakes
from escalation_bridge.store.webhooks.deliveries import IncomingDelivery, save_deliveries
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

_numbers = itertools.count()
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


ABOUT_DATABASES = (
    "test_cli_looking",
    "test_database_",
    "test_engine_batches",
    "test_engine_crashes",
    "test_engine_lock_order",
    "test_engine_races",
    "test_engine_routing",
    "test_engine_shared_workers",
    "test_engine_workers",
    "test_shared_budgets",
    "test_store_",
    "test_upgrade",
    "test_zone_rules",
)
"""Files about what the two databases do differently: transactions, locks, the schema, several processes."""
ON_POSTGRESQL = 4
"""In the other files, which are about what the bridge decides, each fourth test plays on PostgreSQL, too. The nightly run plays all."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what costs much and shows little to the nightly run: most stories told once more on PostgreSQL, and all properties."""
    seen: Counter[Path] = Counter()
    for item in items:
        if not isinstance(item, pytest.Function) or not item.path.is_relative_to(Path(__file__).parent):
            continue
        kind = item.callspec.params.get("database_kind") if hasattr(item, "callspec") else None
        if kind != "postgresql" or item.path.name.startswith(ABOUT_DATABASES):
            continue
        is_property = is_hypothesis_test(item.obj)
        if is_property or seen[item.path] % ON_POSTGRESQL:
            item.add_marker(pytest.mark.nightly)
        seen[item.path] += not is_property


@pytest.fixture(autouse=True)
def _what_is_carried_is_what_is_stored() -> Iterator[None]:
    with carried_views_are_checked():
        yield


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
        with new_schema() as url:
            yield url


@pytest.fixture(scope="session")
def lasting_file(upgraded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An SQLite database whose file is replaced before each test.

    SQLAlchemy keeps the SQL of statements by engine. With an engine per test, each test would compile all statements again.
    """
    file = shutil.copy(upgraded_file, tmp_path_factory.mktemp("lasting") / "bridge.db")
    opened = without_waiting_for_the_disk(Database(f"sqlite:///{file}"))
    yield opened
    opened.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, database_kind: str) -> Iterator[Database]:
    """A database with the schema and nothing in it."""
    if database_kind == "sqlite":
        opened: Database = request.getfixturevalue("lasting_file")
        file = Path(str(opened.url.database))
        for each in file.parent.glob("*"):  # a test that holds the old file open keeps it for itself
            each.unlink()
        shutil.copy(request.getfixturevalue("upgraded_file"), file)
        yield opened
        opened.close()
    else:
        opened = request.getfixturevalue("upgraded_schema")
        empty(opened)
        yield opened


@pytest.fixture
def make_database(upgraded_file: Path, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes further SQLite databases with the schema and nothing in them."""
    with ExitStack() as opened:

        def make() -> Database:
            file = shutil.copy(upgraded_file, tmp_path / f"{next(_numbers)}.db")
            database = without_waiting_for_the_disk(Database(f"sqlite:///{file}"))
            opened.callback(database.close)
            return database

        yield make


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
            wakes.wake(transaction, case_id, self.clock(), "test")


@pytest.fixture
def make_scene(database: Database) -> Callable[..., Scene]:
    def make(
        policies: tuple[Policy, ...] | None = None,
        routes: tuple[Route, ...] | None = None,
        directory: Directory = NOBODY,
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
                directory=directory,
            ),
            language="en",
            now=clock,
        )
        return Scene(bridge, clock, plugins["support"], plugins["dev"])

    return make


@pytest.fixture
def make_fresh_scene(database: Database, make_scene: Callable[..., Scene]) -> Callable[..., Scene]:
    """Makes scenes on an emptied database, for the examples of a property.

    The database is emptied before an example and not after it: an example that fails leaves nothing to the next one, so that
    hypothesis can shrink it.
    """

    def make(*arguments: Any, **named: Any) -> Scene:
        empty(database)
        return make_scene(*arguments, **named)

    return make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()


@pytest.fixture
def make_house(make_scene: Callable[..., Scene]) -> Callable[..., Scene]:
    """Makes a bridge with teams, whose ladder hands a ticket over when the first response is due."""
    return house_maker(make_scene)


@pytest.fixture
def make_fresh_house(make_fresh_scene: Callable[..., Scene]) -> Callable[..., Scene]:
    """The same on an emptied database, for the examples of a property."""
    return house_maker(make_fresh_scene)


def house_maker(make: Callable[..., Scene]) -> Callable[..., Scene]:
    def make_one(directory: Directory = teams.HOUSE, action: Action | None = None, **more: Any) -> Scene:
        step = Step("hand-on", Metric.FIRST_RESPONSE, 100, 0, (action or Escalate(team="payments"),))
        scene = make(policies=(make_policy(ladder=(step,)),), directory=directory, **more)
        scene.support.agents = [teams.person(each) for each in (teams.SARI, teams.BUDI, teams.RANI)]
        return scene

    return make_one

"""The bridge of a history: its database, its process that may be killed and started again, and all its time and wires."""

import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Event
from typing import Any
from unittest import mock

import sqlalchemy as sa

from bridge_histories.pair import Pair, Rulebook
from bridge_histories.post import Mailbag
from bridge_histories.wire import Application, Wire
from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import Metric, Policy, Step, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.engine.reconcile.reconciler import Reconciler
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store.cases import case_file, case_views, outbox
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import metadata
from escalation_bridge.store.queue import claims, wakes
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_webhooks.app import create_app

RECEIVER = "bridge.example"
LEASE_SECONDS = 60.0
ESCALATES_AFTER = timedelta(minutes=4)
POLICY = Policy(
    name="all",
    match=Condition(),
    calendar_name="always",
    calendar=ALWAYS,
    targets=Targets(default={Metric.RESOLUTION: 100 * int(ESCALATES_AFTER.total_seconds())}),
    ladder=(Step("escalate", Metric.RESOLUTION, 1, 0, (Escalate("on"),)),),
)


A_MOMENT = timedelta(minutes=1)
MOST_DEEDS = 400
"""So many commits and requests are more than the longest history ever asks of the worker at once."""


class Killed(BaseException):
    """What no handler catches: the process is gone."""


class Endless(BaseException):
    """The worker goes on and on."""


class World:
    """Two stand-ins and a bridge between them, in one process and on one clock.

    Args:
        pair: The accounts.
        database: Where the bridge keeps its state; emptied at the beginning of each history.
    """

    def __init__(self, pair: Pair, database: Database) -> None:
        self.pair = pair
        self.clock = pair.clock
        self.desks = pair.desks
        self.database = database
        self.deeds_left = 0
        """How many commits and requests until the worker is killed; 0: it is not."""
        self.wire = Wire({desk.host: desk.vendor.app for desk in self.desks.values()})
        for desk in self.desks.values():
            desk.vendor.outbox = Mailbag(self.clock)
        self._plugins: dict[str, Any] = {}
        self._secrets: dict[str, str] = {}
        self.bridge: Bridge
        self.worker: Worker

    @contextmanager
    def history(self, rulebook: Rulebook) -> Iterator[None]:
        """A first day: nothing has happened yet anywhere. The waits inside the bridge move the clock."""
        self.rulebook = rulebook
        self._empty()
        with ExitStack() as stack:
            stack.enter_context(self.wire.plugged_in())
            stack.enter_context(mock.patch("tenacity.nap.time.sleep", self.clock.advance))
            random.seed(0)
            for name, desk in self.desks.items():
                desk.vendor.reset()
                self._secrets[name] = desk.subscribe(f"https://{RECEIVER}/webhooks/{name}")
                desk.vendor.journal.clear()
            self.start()
            writer = DeliveryWriter(self.database)
            stack.callback(writer.close)
            stack.callback(self._let_go)
            self.wire.hosts[RECEIVER] = self._receiving(writer)
            self.look_around()
            yield

    def start(self) -> None:
        """The bridge's process starts: nothing is left in its memory."""
        self._let_go()
        self._plugins = self.pair.connect(self._secrets, self.database)
        route = self.pair.route(self.rulebook)
        self.bridge = Bridge(
            id="0123456789abcdef",
            database=self.database,
            helpdesks={name: Helpdesk(name, plugin) for name, plugin in self._plugins.items()},
            extensions=Extensions({}),
            rules=Rules((POLICY,), {route.name: route}),
            language="en",
            now=self.clock.now,
        )
        self.worker = Worker(self.bridge, lease_seconds=LEASE_SECONDS)
        # It looks as often as it is told to.
        self._reconciler = Reconciler(self.bridge, timedelta(), Event(), patience_seconds=0)
        self._app: Application | None = None

    def work(self) -> None:
        """The worker does what is due, and may be killed doing it; another one comes when the lease has run out."""
        try:
            with self._mortal():
                self.worker.run_until_idle()
        except Killed:
            self.deeds_left = 0
            self.start()
            self.clock.advance(LEASE_SECONDS + 1)
            self.work()
        except Endless:
            raise AssertionError("the worker does not come to an end") from None

    def retry(self) -> None:
        """An administrator says retry, on the command line."""
        now = self.clock.now()
        with self.database.write() as transaction:
            (case_id,) = transaction.execute(sa.text("SELECT id FROM cases")).scalars()
            outbox.retry_failed(transaction, case_id)
            wakes.wake(transaction, case_id, now, "retry")
            case_file.save_events(transaction, case_id, [events.retried(now)])

    def look_around(self) -> None:
        """The bridge asks both vendors what changed, as it does on start and every few minutes."""
        self._reconciler.look_everywhere()

    def go_on_looking(self) -> None:
        """Where a vendor asked to wait, the bridge goes on, before it begins anew."""
        self._reconciler.go_on()

    def is_about_to_work(self) -> bool:
        """Whether something has only been put off for a moment."""
        with self.database.read() as transaction:
            return claims.work_is_due(transaction, self.clock.now() + A_MOMENT)

    def view(self) -> CaseView | None:
        """What the bridge knows of the case."""
        with self.database.read() as transaction:
            ids = list(transaction.execute(sa.text("SELECT id FROM cases")).scalars())
            assert len(ids) <= 1, f"one customer's ticket has become {len(ids)} cases"
            return case_views.load_case(transaction, ids[0]) if ids else None

    def _receiving(self, writer: DeliveryWriter) -> Application:
        """The receiver of whichever process runs now."""

        def receive(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if self._app is None:
                self._app = create_app(self.bridge, writer)
            return self._app(environ, start_response)

        return receive

    def _let_go(self) -> None:
        for plugin in self._plugins.values():
            plugin.close()
        self._plugins = {}

    def _empty(self) -> None:
        self.deeds_left = 0
        tables = [table.name for table in metadata.sorted_tables]
        with self.database.write() as transaction:
            if self.database.on_sqlite:
                for name in reversed(tables):
                    transaction.execute(sa.text(f"DELETE FROM {name}"))
            else:
                transaction.execute(sa.text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        """Within this, a commit or a request may be the worker's last: the commit is not made, the request not sent."""
        real = self.database.write

        @contextmanager
        def write() -> Iterator[sa.Connection]:
            with real() as transaction:
                yield transaction
                self._count_deed()

        self._deeds = 0
        self.database.write = write  # type: ignore[method-assign]
        self.wire.before = self._count_deed
        try:
            yield
        finally:
            del self.database.write
            del self.wire.before

    def _count_deed(self) -> None:
        self._deeds += 1
        if self._deeds > MOST_DEEDS:
            raise Endless
        if self.deeds_left:
            self.deeds_left -= 1
            if not self.deeds_left:
                raise Killed

"""The stories in one process: no socket and no time but what is moved on, so that the same is counted each time.

Receiver, engine, plugins and stand-ins are the real ones; webhooks wait until the worker has nothing left to do, as they do where a vendor
sends them a moment later.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from request_stories import (
    Case,
    Desks,
    Request,
    Story,
    asked,
    forget,
    long_conversation,
    make_vendors,
    one_more,
    stories,
    subscribe,
    write_configuration,
)

from bridge_histories.post import Mailbag, bring
from bridge_histories.wire import Wire
from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.domain.decide import decide
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.discovery import discover
from escalation_bridge.store.cases.case_views import load_cases
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_webhooks.app import create_app

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TARGET = 3600
RECEIVER = "bridge.example"
HOSTS = {
    "support": "acme.zendesk.example",
    "shop": "acme.freshdesk.example",
    "engineering": "acme.atlassian.example",
}
A_MOMENT, A_WHILE = 2, 60
"""Seconds until a webhook comes, and until what was put off for a moment is due."""
CORE = f"{Path(load_cases.__code__.co_filename).parents[2]}/"


@dataclass
class Counts:
    """What one story took.

    Attributes:
        requests: To the vendors.
        decides: How often a case was decided.
        loads: How often a case was read from the database.
        reads: Transactions that only read.
        writes: Transactions that wrote.
        files: The core's files in which something was carried out.
    """

    requests: Counter[Request] = field(default_factory=Counter)
    decides: int = 0
    loads: int = 0
    reads: int = 0
    writes: int = 0
    files: set[str] = field(default_factory=set)

    @property
    def reading(self) -> int:
        return sum(number for kind, number in self.requests.items() if not kind.write)

    @property
    def writing(self) -> int:
        return sum(number for kind, number in self.requests.items() if kind.write)


class InProcess:
    """The stand-ins, their people, and a bridge that works when it is told to.

    Attributes:
        one_by_one: Each webhook comes when all is done that the one before it brought; else those of a moment come together.
    """

    def __init__(self, folder: Path, stack: ExitStack, *, one_by_one: bool) -> None:
        self.clock = SandboxClock(lambda: START)
        self.one_by_one = one_by_one
        vendors = make_vendors(self.clock)
        for name, vendor in vendors.items():
            vendor.base_url = f"https://{HOSTS[name]}"
            vendor.outbox = Mailbag(self.clock)
            vendor.reset()
        wire = Wire({HOSTS[name]: vendor.app for name, vendor in vendors.items()})
        stack.enter_context(wire.plugged_in())
        stack.enter_context(mock.patch("tenacity.nap.time.sleep", self.clock.advance))
        random.seed(0)
        self.desks = Desks(vendors)
        path, catalogue = folder / "bridge.yaml", discover()
        write_configuration(path, self.desks, f"sqlite:///{folder}/bridge.db", 0, TARGET)
        known = subscribe(path, catalogue, f"https://{RECEIVER}")
        self.bridge: Bridge = open_bridge(
            load_configuration(path, catalogue, known), catalogue, self.clock.now
        )
        stack.callback(self.bridge.close)
        writer = stack.enter_context(closing(DeliveryWriter(self.bridge.database)))
        wire.hosts[RECEIVER] = create_app(self.bridge, writer)
        self.worker = Worker(self.bridge)
        self._mailbags: list[Any] = [vendor.outbox for vendor in vendors.values()]

    def settle(self) -> None:
        """Until the bridge has nothing to do and has heard of everything, what it wrote itself included."""
        quiet = 0
        while quiet < 2:
            before = sum(len(vendor.journal.entries()) for vendor in self.desks.vendors.values())
            self.worker.run_until_idle()
            waiting = [webhook for bag in self._mailbags for webhook in bag.emptied()]
            self.clock.advance(A_MOMENT if waiting else A_WHILE)
            for webhook in waiting:
                bring(webhook)
                if self.one_by_one:
                    self.worker.run_until_idle()
            after = sum(len(vendor.journal.entries()) for vendor in self.desks.vendors.values())
            quiet = quiet + 1 if before == after and not waiting else 0

    def play(self, story: Story, case: Case, opened_at: datetime, *, counted: bool = True) -> Counts:
        """Play a story with one ticket. Counting takes half of the time."""
        forget(self.desks)
        if story.until is not None:
            due = (opened_at.timestamp() + story.until * TARGET) - self.clock.now().timestamp()
            self.clock.advance(max(due + 1, 0))
        with self._counting() if counted else nullcontext(Counts()) as counts:
            story.act(case)
            self.settle()
        assert story.seen(case), f"{story.name}: it did not come about"
        return counts

    @contextmanager
    def _counting(self) -> Iterator[Counts]:
        counts = Counts()
        database = self.bridge.database
        of_decide, of_load = decide.__code__, load_cases.__code__

        def look(frame: FrameType, event: str, _: object) -> None:
            if event != "call":
                return
            code = frame.f_code
            if code is of_decide:
                counts.decides += 1
            elif code is of_load:
                counts.loads += len(frame.f_locals["case_ids"])
            if code.co_filename.startswith(CORE):
                counts.files.add(code.co_filename.removeprefix(CORE))

        real_read, real_write = database.read, database.write

        def read() -> Any:
            counts.reads += 1
            return real_read()

        def write() -> Any:
            counts.writes += 1
            return real_write()

        database.read, database.write = read, write  # type: ignore[method-assign]
        sys.setprofile(look)
        try:
            yield counts
        finally:
            sys.setprofile(None)
            del database.read, database.write
        counts.requests = asked(self.desks)


@contextmanager
def in_process(folder: Path, *, one_by_one: bool = False) -> Iterator[InProcess]:
    """The stand-ins and a bridge, whose state is in a folder."""
    with ExitStack() as stack:
        yield InProcess(folder, stack, one_by_one=one_by_one)


def count_stories(
    stage: InProcess, connection: str, *, comments: int = 0, report: Callable[[str], None] = lambda _: None
) -> dict[str, Counts]:
    """Count all stories of one customer's ticket, after another one's, so that what is asked once is known.

    Args:
        stage: Where it takes place.
        connection: Where the ticket begins.
        comments: How many comments the long conversation has; 0: there is none.
        report: Called with the name of each story before it is played.
    """
    found: dict[str, Counts] = {}
    last = Case("The second printer")
    for case in (Case("The first printer"), last):
        opened_at = stage.clock.now()
        found = {}
        for story in stories(stage.desks, connection, warned_apart=True):
            report(f"{case.subject}: {story.name}")
            found[story.name] = stage.play(story, case, opened_at, counted=case is last)
        if comments and case is last:
            long_conversation(stage.desks, connection, case, comments)
            stage.settle()
            story = one_more(stage.desks, connection)
            found[story.name] = stage.play(story, case, opened_at)
    return found

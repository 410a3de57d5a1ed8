"""How many ladder steps that are due at the same instant are dealt with in a second: one thread, SQLite, helpdesks in memory.

    python benchmarks/steps_at_once.py [CASES]

A step is dealt with when it was claimed, its ticket read again, decided, recorded, its note written and its receipt kept.
"""

import logging
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.connection import Connection
from escalation_bridge.domain.calendar import ALWAYS
from escalation_bridge.domain.cases import Rules
from escalation_bridge.domain.conditions import Condition
from escalation_bridge.domain.policy import LeaveNote, Metric, Policy, Step, Targets
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.engine.worker import Worker
from escalation_bridge.extensions import Extensions
from escalation_bridge.helpdesk import Helpdesk
from escalation_bridge.store import wakes
from escalation_bridge.store.database import Database
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings


def main(count: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    clock = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    plugin = MemoryHelpdesk(Connection("support", MemorySettings(plugin="memory"), lambda: clock[0]))
    step = Step("note", Metric.FIRST_RESPONSE, 100, 0, (LeaveNote("sla_breached"),))
    targets = Targets(default={Metric.FIRST_RESPONSE: 3600})
    policy = Policy("all", Condition(), "always", ALWAYS, targets, (step,))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bridge.db'}")
        database.upgrade()
        bridge = Bridge(
            id="0123456789abcdef",
            database=database,
            helpdesks={"support": Helpdesk("support", plugin)},
            extensions=Extensions(),
            rules=Rules((policy,), {}),
            language="en",
            now=lambda: clock[0],
        )
        opening = _open(bridge, plugin, count)
        clock[0] += timedelta(hours=1)
        begin = time.perf_counter()
        Worker(bridge).run_until_idle()
        took = time.perf_counter() - begin
        assert len(plugin.writes) == count
        print(f"{count} cases opened: {count / opening:6.0f} a second")
        print(f"{count} steps at once: {count / took:6.0f} a second")
        database.close()


def _open(bridge: Bridge, plugin: MemoryHelpdesk, count: int) -> float:
    """Open cases; how long it took. Routing opens cases for connections where a route begins: here, directly."""
    with bridge.database.write() as transaction:
        for number in range(count):
            ticket = plugin.customer_writes(f"Ticket {number}", "It burns.")
            case = wakes.open_case(transaction, TicketRef("support", ticket), bridge.now())
            wakes.wake(transaction, case, bridge.now(), "opened")
    begin = time.perf_counter()
    Worker(bridge).run_until_idle()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)

"""How many ladder steps that are due at the same instant are decided in a second: one thread, SQLite, a helpdesk in memory.

    python benchmarks/steps_at_once.py [CASES]

Decided means: the case was claimed and loaded, its ticket read again at the helpdesk, the step decided, recorded with
`synchronous=FULL`, and the case given back with its next wake. What is decided here are notices to people an hour after the
breach, which fall outside of working hours and wait until the morning: so that deciding is seen without carrying out.

Carrying out is then measured with notes at the breach: each is one more call at the helpdesk and two more commits, and the case
is looked at once more. Against a vendor that is the vendor's time and rate limit.

Seconds are given by the wall clock and by the thread's CPU: the same on a machine that has nothing else to do.
"""

import logging
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

import structlog
from bridges import NOTE, OFFICE_HOURS, TARGET_SECONDS, bridge_in_memory

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.escalation.actions.notify import SendNotice
from escalation_bridge.domain.sla.calendar import ALWAYS, Calendar
from escalation_bridge.domain.sla.policy import Metric, Step, StepClock
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.worker import Worker
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.queue import wakes
from escalation_bridge.testing.memory import MemoryHelpdesk

IN_THE_EVENING = Step(
    "duty",
    Metric.FIRST_RESPONSE,
    100,
    3600,
    (SendNotice("duty", "notice"),),
    clock=StepClock.CALENDAR,
)
AN_HOUR_BEFORE_CLOSING = datetime(2026, 3, 2, 16, tzinfo=UTC)


def measure(what: str, count: int, step: Step, calendar: Calendar, wait: timedelta, *, writes: bool) -> None:
    """Open cases whose step is due at the same instant, let that come, and say how long it took."""
    clock = [AN_HOUR_BEFORE_CLOSING]
    with (
        tempfile.TemporaryDirectory() as folder,
        bridge_in_memory(folder, lambda: clock[0], step=step, calendar=calendar) as (bridge, plugin),
    ):
        open_cases(bridge, plugin, count)
        worker = Worker(bridge)
        worker.run_until_idle()
        clock[0] += wait
        wall, cpu = time.perf_counter(), time.thread_time()
        worker.run_until_idle()
        wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
        assert len(plugin.writes) == (count if writes else 0)
        with bridge.database.read() as transaction:
            fired = transaction.exec_driver_sql("select count(*) from fired_steps").scalar()
        assert fired == count
    print(f"{what:26}{count / wall:10.0f} a second{count / cpu:10.0f} a second of CPU")


def open_cases(bridge: Bridge, plugin: MemoryHelpdesk, count: int) -> None:
    """Routing opens cases for connections where a route begins: here it is done directly."""
    with bridge.database.write() as transaction:
        for number in range(count):
            ticket = plugin.customer_writes(f"Ticket {number}", "It burns.")
            case = case_tickets.open_case(transaction, TicketRef("support", ticket), bridge.now())
            wakes.wake(transaction, case, bridge.now(), "opened")


def main(count: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"{count} steps at once")
    target = timedelta(seconds=TARGET_SECONDS)
    measure("decided", count, IN_THE_EVENING, OFFICE_HOURS, target + timedelta(hours=1), writes=False)
    measure("decided and carried out", count, NOTE, ALWAYS, target, writes=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)

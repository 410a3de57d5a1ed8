"""A bridge over helpdesks in memory, for measurements of the engine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.sla.calendar import ALWAYS, Calendar, parse_calendar
from escalation_bridge.domain.sla.policy import Metric, Policy, Step, Targets
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.store.database.database import Database
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

TARGET_SECONDS = 3600


OFFICE_HOURS = parse_calendar({"timezone": "UTC", "hours": {"mon-fri": [["09:00", "17:00"]]}})
NOTE = Step("note", Metric.FIRST_RESPONSE, 100, 0, (LeaveNote("sla_breached"),))
"""A note in the ticket at the breach."""


@contextmanager
def bridge_in_memory(
    folder: str,
    now: Callable[[], datetime],
    *,
    step: Step = NOTE,
    calendar: Calendar = ALWAYS,
    vendor: type[MemoryHelpdesk] = MemoryHelpdesk,
) -> Iterator[tuple[Bridge, MemoryHelpdesk]]:
    """A bridge with one connection, `support`, on SQLite in `folder`, that promises a first response within an hour."""
    plugin = vendor(Connection("support", MemorySettings(plugin="memory"), now))
    targets = Targets(default={Metric.FIRST_RESPONSE: TARGET_SECONDS})
    policy = Policy("all", Condition(), "calendar", calendar, targets, (step,))
    database = Database(f"sqlite:///{Path(folder) / 'bridge.db'}")
    database.upgrade()
    try:
        yield (
            Bridge(
                id="0123456789abcdef",
                database=database,
                helpdesks={"support": Helpdesk("support", plugin)},
                extensions=Extensions(),
                rules=Rules((policy,), {}),
                language="en",
                now=now,
            ),
            plugin,
        )
    finally:
        database.close()

"""The clocks of Jira Service Management, shown beside the bridge's own."""

from datetime import datetime

from escalation_bridge.plugin import (
    Intercepted,
    JsonPart,
    NativeClock,
    TicketNotFound,
    from_milliseconds,
)
from escalation_bridge_jira.site.desk import Desk

_NOT_FOUND = 404


def native_clocks(desk: Desk, ticket_id: str) -> tuple[NativeClock, ...]:
    """The running clocks of a request, and the last cycle of stopped ones; empty for other issues."""
    try:
        answer = desk.jira.service_desk(f"/request/{ticket_id}/sla", limit=100)
    except TicketNotFound:
        return ()  # no request of a service project, or Jira without Service Management
    except Intercepted as page:
        # Data Center without Service Management has a page for paths that it does not know.
        if page.at.status == _NOT_FOUND and not desk.settings.cloud:
            return ()
        raise
    return tuple(_clock(each) for each in (answer / "values").elements())


def _clock(sla: JsonPart) -> NativeClock:
    name = (sla / "name").maybe_text() or (sla / "id").text()
    running = sla / "ongoingCycle"
    if running:
        paused = bool((running / "paused").maybe_flag())
        due = None if paused else _instant(running / "breachTime")
        return NativeClock(name, due, breached=bool((running / "breached").maybe_flag()), paused=paused)
    cycles = list((sla / "completedCycles").items())
    return NativeClock(name, None, breached=bool(cycles and (cycles[-1] / "breached").maybe_flag()))


def _instant(date: JsonPart) -> datetime | None:
    milliseconds = (date / "epochMillis").maybe_number()
    return None if milliseconds is None else from_milliseconds(milliseconds)

"""Changes of a ticket's status, as far as Freshdesk's statistics show them. Pure.

Freshdesk stores a ticket's activities, but its API shows them only in a daily export of the whole account. `include=stats` has the
last time of each kind: when it was resolved, closed, reopened, set to pending, and when the status changed last.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from escalation_bridge.plugin import (
    Status,
    StatusChange,
)
from escalation_bridge_freshdesk.http.shapes import TicketShape

_OPEN, _PENDING, _RESOLVED, _CLOSED = 2, 3, 4, 5


def status_changes(
    raw: TicketShape, since: datetime, status: Callable[[int], Status]
) -> tuple[StatusChange, ...]:
    """The status changes of a ticket since an instant, oldest first; those that statistics do not keep are missing.

    Args:
        raw: The ticket, read with its statistics.
        since: The first instant.
        status: Returns the account's status of a code.
    """
    found = {
        (at.astimezone(UTC), code)
        for at, code in _changes(raw)
        if at is not None and at >= since and at >= raw.created_at
    }
    # Of two in one second the present status came last.
    ordered = sorted(found, key=lambda change: (change[0], change[1] == raw.status))
    return tuple(StatusChange(f"{code}@{at.isoformat()}", at, status(code)) for at, code in ordered)


def _changes(raw: TicketShape) -> Iterator[tuple[datetime | None, int]]:
    stats = raw.stats
    if stats is None:
        return
    if raw.status == _PENDING:
        yield stats.pending_since, _PENDING
    yield stats.resolved_at, _RESOLVED
    yield stats.closed_at, _CLOSED
    yield stats.reopened_at, _OPEN
    exact = {_PENDING: stats.pending_since, _RESOLVED: stats.resolved_at, _CLOSED: stats.closed_at}
    if exact.get(raw.status) is None:
        yield stats.status_updated_at, raw.status

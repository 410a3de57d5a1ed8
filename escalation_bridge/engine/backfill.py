"""Taking in the tickets that were open before the bridge: cases for them, looked at one after the other, behind everything else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import OpenTickets
from escalation_bridge.store import backfills, queue

_log = structlog.get_logger(__name__)

REASON = "backfill"
"""Why such a case is woken; what is read for it leaves the vendor's requests to others where few are left."""
COUNTED_FOR = timedelta(days=1)
_BATCH = 50
"""Few enough to be written within some milliseconds: the receiver waits for whoever writes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a page.

    Attributes:
        listed: How many tickets it had.
        opened: For how many of them there was no case before.
    """

    listed: int
    opened: int


def can_backfill(bridge: Bridge, helpdesk: Helpdesk) -> bool:
    """Whether tickets of a connection open cases, and its plugin can list those that are open."""
    return bridge.opens_cases(helpdesk.name) and helpdesk.can("open_tickets")


def count(bridge: Bridge, helpdesk: Helpdesk) -> int | None:
    """Ask how many tickets are open, and remember it; None where the vendor does not count them.

    Raises:
        VendorError: It cannot be asked.
    """
    total = helpdesk.open_tickets(None).total
    if total is not None:
        with bridge.database.write() as transaction:
            backfills.keep_count(transaction, helpdesk.name, total, bridge.now())
    return total


def count_everywhere(bridge: Bridge) -> None:
    """Count the open tickets of every connection that was not backfilled, at most daily, and log them. Nothing is begun."""
    for name, helpdesk in bridge.helpdesks.items():
        if not can_backfill(bridge, helpdesk):
            continue
        with bridge.database.read() as transaction:
            state = backfills.load_backfill(transaction, name)
            known = backfills.count_cases(transaction, name)
        is_fresh = state.counted_at is not None and bridge.now() - state.counted_at < COUNTED_FOR
        if state.finished_at is not None or is_fresh:
            continue
        try:
            total = count(bridge, helpdesk)
        except BridgeError as error:
            _log.info("backfill.not_counted", connection=name, error=str(error))
        else:
            advice = f"escalation-bridge backfill {name}"
            _log.info("backfill.open_tickets", connection=name, open=total, cases=known, take_in=advice)


def unknown_of(bridge: Bridge, name: str, page: OpenTickets) -> list[TicketRef]:
    """The tickets of a page that no case knows yet."""
    refs = [TicketRef(name, each) for each in dict.fromkeys(page.ids)]
    with bridge.database.read() as transaction:
        cases = queue.cases_of_tickets(transaction, refs)
    return [ref for ref in refs if not cases[ref]]


def take_in(bridge: Bridge, name: str, page: OpenTickets, per_minute: int) -> Taken:
    """Open cases for the tickets of a page that no case knows, and wake them one after the other.

    Done again for the same page, after a stop in the middle, it opens nothing twice.

    Args:
        bridge: The bridge.
        name: The connection.
        page: What its plugin listed.
        per_minute: How many cases of a backfill are looked at within a minute.
    """
    unknown = unknown_of(bridge, name, page)
    for start in range(0, len(unknown), _BATCH):
        batch = unknown[start : start + _BATCH]
        with bridge.database.write() as transaction:
            now = bridge.now()
            state = backfills.load_backfill(transaction, name)
            opened = queue.open_cases(transaction, batch, now)
            at = max(now, state.next_wake_at or now)
            for ref in batch:
                queue.wake(transaction, opened[ref], at, REASON)
                at += timedelta(minutes=1) / per_minute
            backfills.keep_progress(transaction, name, state.cursor, len(batch), at)
    return Taken(len(page.ids), len(unknown))


def keep_place(bridge: Bridge, name: str, page: OpenTickets, now: datetime) -> None:
    """Remember that a page is done with; after the last one, that all are."""
    with bridge.database.write() as transaction:
        if page.cursor is None:
            backfills.finish(transaction, name, now)
        else:
            state = backfills.load_backfill(transaction, name)
            backfills.keep_progress(transaction, name, page.cursor, 0, state.next_wake_at or now)

"""Backfill: open cases for tickets that were open before the bridge. They are decided one after the other, with the
lowest priority.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import OpenTickets
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.connections import backfills
from escalation_bridge.store.queue import wakes

_log = structlog.get_logger(__name__)

REASON = "backfill"
"""The wake reason of such a case; its requests leave a scarce budget to others."""
COUNTED_FOR = timedelta(days=1)
_BATCH = 50
"""Small enough to be written within milliseconds: the receiver waits for the writer."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of a page.

    Attributes:
        listed: How many tickets it had.
        opened: How many cases were opened for them.
    """

    listed: int
    opened: int


def can_backfill(bridge: Bridge, helpdesk: Helpdesk) -> bool:
    """Whether tickets of a connection open cases, and its plugin can list open tickets."""
    return bridge.opens_cases(helpdesk.name) and helpdesk.can("open_tickets")


def count(bridge: Bridge, helpdesk: Helpdesk) -> int | None:
    """Request the number of open tickets, and store it; None if the vendor does not count them.

    Raises:
        VendorError: The request failed.
    """
    total = helpdesk.open_tickets(None).total
    if total is not None:
        with bridge.database.write() as transaction:
            backfills.keep_count(transaction, helpdesk.name, total, bridge.now())
    return total


def count_everywhere(bridge: Bridge) -> None:
    """Count the open tickets of every connection without a backfill, at most daily, and log them. No backfill
    starts.
    """
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
    """The tickets of a page that no case has yet."""
    refs = [TicketRef(name, each) for each in dict.fromkeys(page.ids)]
    with bridge.database.read() as transaction:
        cases = case_tickets.cases_of_tickets(transaction, refs)
    return [ref for ref in refs if not cases[ref]]


def take_in(bridge: Bridge, name: str, page: OpenTickets, per_minute: int) -> Taken:
    """Open cases for the new tickets of a page, and wake them one after the other.

    Idempotent: a retry after an interruption opens no case twice.

    Args:
        bridge: The bridge.
        name: The connection.
        page: A page of open tickets.
        per_minute: How many cases of a backfill are decided per minute.
    """
    unknown = unknown_of(bridge, name, page)
    for start in range(0, len(unknown), _BATCH):
        batch = unknown[start : start + _BATCH]
        with bridge.database.write() as transaction:
            now = bridge.now()
            state = backfills.load_backfill(transaction, name)
            opened = case_tickets.open_cases(transaction, batch, now)
            at = max(now, state.next_wake_at or now)
            for ref in batch:
                wakes.wake(transaction, opened[ref], at, REASON)
                at += timedelta(minutes=1) / per_minute
            backfills.keep_progress(transaction, name, state.cursor, len(batch), at)
    return Taken(len(page.ids), len(unknown))


def keep_place(bridge: Bridge, name: str, page: OpenTickets, now: datetime) -> None:
    """Store that a page is done; after the last one, that the backfill is complete."""
    with bridge.database.write() as transaction:
        if page.cursor is None:
            backfills.finish(transaction, name, now)
        else:
            state = backfills.load_backfill(transaction, name)
            backfills.keep_progress(transaction, name, page.cursor, 0, state.next_wake_at or now)

"""Poll the vendor's own SLA clocks to detect drift from the bridge's. They are never written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.sla.vendor_clocks import Comparison, Verdict, compare
from escalation_bridge.domain.tickets.tickets import Ticket
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.store.cases import case_file, vendor_clocks
from escalation_bridge.store.cases.vendor_clocks import NativeReading
from escalation_bridge.store.queue.claims import Claim, hold_lease
from escalation_bridge.text.rich_text import from_text

_log = structlog.get_logger(__name__)

_EVERY = timedelta(minutes=5)
"""The polling interval: a poll costs a request. A failed one counts, too: a missing permission will be missing
again.
"""
_NOT_SET_YET = timedelta(seconds=60)
"""The age at which a ticket certainly has due times. Freshdesk documents "within a few seconds" after the create."""


@dataclass(frozen=True, slots=True)
class SeenClocks:
    """The vendor's clocks, as returned with a read of the ticket.

    Attributes:
        basis: The ticket's status and priority then: when they change, so do its clocks.
    """

    clocks: tuple[NativeClock, ...]
    basis: str
    at: datetime

    @classmethod
    def of(cls, ticket: Ticket, clocks: tuple[NativeClock, ...], at: datetime) -> "SeenClocks":
        return cls(clocks, _basis(ticket), at)


def look_at_native_clocks(
    bridge: Bridge,
    claim: Claim,
    lease: timedelta,
    view: CaseView,
    clocks: Sequence[Clock],
    seen: SeenClocks | None = None,
) -> datetime | None:
    """Poll the vendor's clocks of the customer's ticket if it is time, and record a new drift.

    Call it after the due writes: an escalation does not wait for it. A failure at the vendor is recorded
    and is no failure of the case.

    Args:
        bridge: The bridge.
        claim: The claimed case.
        lease: The lease duration.
        view: The case.
        clocks: The bridge's clocks, as just decided.
        seen: The vendor's, if a read in this claim returned them. After a write of the bridge they are stale, and are
            not requested immediately: its echo causes a read.

    Returns:
        When to poll again without news: the due times were not set yet, or are stale.
    """
    ticket = view.tickets.get(view.origin)
    helpdesk = bridge.helpdesks.get(view.origin.connection)
    if ticket is None or helpdesk is None or view.origin in view.gone:
        return None
    if not helpdesk.settings.native_clocks or not helpdesk.can("native_clocks"):
        return None
    with bridge.database.read() as transaction:
        last = vendor_clocks.load_native(transaction, view.id)
    now, basis = bridge.now(), _basis(ticket)
    settled_at = ticket.created_at + _NOT_SET_YET
    done = ticket.status.kind.done
    if last and (last.basis == basis if done else now - last.read_at < _EVERY):
        too_early = not done and not last.clocks and last.trouble is None and last.read_at < settled_at
        if not too_early:
            return None
        if now < settled_at:
            return settled_at
    if seen is not None and seen.basis != basis and not done and now - seen.at < _NOT_SET_YET:
        return seen.at + _NOT_SET_YET
    came_along = seen is not None and seen.basis == basis
    found, trouble = _checked(helpdesk, seen.clocks) if seen and came_along else _read(helpdesk, ticket)
    if found is None:
        _log.warning("native_clocks.unread", case=view.id, ticket=str(view.origin), error=trouble)
        found = last.clocks if last else ()
    reported = last.reported if last else ()
    drifts = {_key(each): each for each in compare(found, clocks) if each.verdict is Verdict.DRIFTS}
    fresh = [] if trouble else [key for key in drifts if key not in reported]
    with bridge.database.write() as transaction:
        hold_lease(transaction, claim, bridge.now(), lease)
        reading = NativeReading(now, basis, found, (*reported, *fresh), trouble)
        vendor_clocks.save_native(transaction, view.id, reading)
        entries = [TimelineEntry(now, "native_drift", _facts(ticket, drifts[key])) for key in fresh]
        case_file.save_timeline(transaction, view.id, entries)
    return settled_at if not (found or trouble or done) and now < settled_at else None


def _read(helpdesk: Helpdesk, ticket: Ticket) -> tuple[tuple[NativeClock, ...] | None, str | None]:
    """The clocks, or why they could not be read."""
    try:
        found = helpdesk.native_clocks(ticket.ref.id)
    except BridgeError as error:
        return None, from_text(str(error)).text
    return _checked(helpdesk, found)


def _basis(ticket: Ticket) -> str:
    return f"{ticket.status.id} {ticket.priority or ''}"


def _checked(
    helpdesk: Helpdesk, found: tuple[NativeClock, ...]
) -> tuple[tuple[NativeClock, ...] | None, str | None]:
    """The clocks, or their error."""
    odd = [clock for clock in found if not _is_sound(clock)]
    if odd:
        return None, f"{helpdesk.name}: the plugin {helpdesk.vendor} answered native_clocks with {odd[0]!a}"
    return tuple(replace(clock, name=from_text(clock.name).text) for clock in found), None


def _is_sound(clock: object) -> bool:
    if not isinstance(clock, NativeClock) or not isinstance(clock.name, str):
        return False
    return clock.due is None or clock.due.tzinfo is not None


def _key(comparison: Comparison) -> str:
    clock = comparison.clock
    return f"{clock.metric} {clock.cycle}" if clock else ""


def _facts(ticket: Ticket, drift: Comparison) -> dict[str, str]:
    clock = drift.clock
    return {
        "connection": ticket.ref.connection,
        "name": drift.native.name,
        "native_due": drift.native.due.isoformat() if drift.native.due else "",
        "metric": str(clock.metric) if clock else "",
        "due": clock.due.isoformat() if clock and clock.due else "",
        "drift_seconds": str(drift.drift_seconds),
    }

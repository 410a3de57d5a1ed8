"""Read missed status changes from the vendor's history."""

import structlog

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.sla.status_history import last_known, may_have_missed
from escalation_bridge.domain.tickets.tickets import StatusChange, Ticket
from escalation_bridge.errors import (
    PermissionDenied,
    PluginError,
    Rejected,
    TicketNotFound,
    UnreadableAnswer,
)

_log = structlog.get_logger(__name__)


def missed_changes(
    bridge: Bridge, view: CaseView, ticket: Ticket, read: tuple[StatusChange, ...] | None = None
) -> tuple[StatusChange, ...]:
    """The changes of a ticket's status since the last known one; empty if no gap is possible, or the vendor keeps
    none.

    It costs a request, so it is sent only if the snapshots leave a gap. If the account may not read
    the history, or it is unreadable, the snapshots' times count: `explain` shows the source.

    Args:
        bridge: The bridge.
        view: The case before the read.
        ticket: The ticket as just read.
        read: All changes that the vendor keeps, if the read returned them; None: they need another request.

    Raises:
        BridgeError: The vendor does not answer now; the ticket is read again later.
    """
    ref = ticket.ref
    known = view.events if ref == view.origin else view.linked_events.get(ref, ())
    helpdesk = bridge.helpdesks.get(ref.connection)
    if helpdesk is None or not helpdesk.can("fetch_status_changes"):
        return ()
    if not may_have_missed(view.tickets.get(ref), ticket, known):
        return ()
    since = last_known(ticket, known)
    if read is not None:
        return tuple(change for change in read if change.at >= since)
    try:
        return helpdesk.fetch_status_changes(ref.id, since)
    except (PermissionDenied, PluginError, Rejected, TicketNotFound, UnreadableAnswer) as error:
        _log.warning("gather.history_unread", case=view.id, ticket=str(ref), error=str(error))
        return ()

"""The vendor's own deadlines: when a ticket is due, and whether that was missed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from escalation_bridge_sandbox.freshdesk.state.form import TicketForm
from escalation_bridge_sandbox.freshdesk.state.records import Dues, Priority, Sla, Ticket


@dataclass(frozen=True)
class SlaTarget:
    respond_within: timedelta
    resolve_within: timedelta


# The default policy of a recorded account; it counts calendar hours.
DEFAULT_TARGETS: Mapping[int, SlaTarget] = {
    Priority.URGENT: SlaTarget(timedelta(hours=1), timedelta(hours=4)),
    Priority.HIGH: SlaTarget(timedelta(hours=4), timedelta(hours=12)),
    Priority.MEDIUM: SlaTarget(timedelta(hours=8), timedelta(hours=24)),
    Priority.LOW: SlaTarget(timedelta(hours=24), timedelta(hours=72)),
}


@dataclass(frozen=True)
class SlaPolicy:
    """Targets by priority.

    Attributes:
        lag: The API documentation: due_by and fr_due_by are null in the answer to a create and "set within a few
            seconds"; after an update the answer still shows the previous ones.
    """

    targets: Mapping[int, SlaTarget] = field(default_factory=lambda: DEFAULT_TARGETS)
    lag: timedelta = timedelta(seconds=2)

    def plan(self, ticket: Ticket, now: datetime) -> None:
        """Calculate the deadlines anew, unless they were set by hand; they show after the lag."""
        if ticket.sla.fixed:
            return
        target = self.targets[ticket.priority]
        start = ticket.created_at + ticket.sla.stopped_for
        dues = Dues(start + target.respond_within, start + target.resolve_within)
        ticket.sla.coming = None if dues == ticket.sla.shown else (now + self.lag, dues)

    def status_changed(self, ticket: Ticket, form: TicketForm, now: datetime) -> None:
        """Stop or resume the timer; time that stood still is added to the deadlines (not verified)."""
        stops = form.status(ticket.status).stops_sla
        if stops and ticket.sla.stopped_since is None:
            ticket.sla.stopped_since = now
        elif not stops and ticket.sla.stopped_since is not None:
            ticket.sla.stopped_for += now - ticket.sla.stopped_since
            ticket.sla.stopped_since = None
            self.plan(ticket, now)


def set_by_hand(sla: Sla, dues: Dues) -> None:
    sla.shown, sla.coming, sla.fixed = dues, None, True


def catch_up(ticket: Ticket, now: datetime) -> bool:
    """Show deadlines whose lag is over and escalate what is overdue; whether anything changed.

    An escalation counts as an update of the ticket: recorded tickets have it in `updated_at`.
    """
    sla = ticket.sla
    changed = False
    if sla.coming is not None and sla.coming[0] <= now:
        sla.shown, sla.coming, changed = sla.coming[1], None, True
    if sla.shown is None or sla.stopped_since is not None or not ticket.listed:
        return changed
    if not sla.response_escalated and ticket.stats.first_responded_at is None and sla.shown.fr_due_by <= now:
        sla.response_escalated = changed = True
        ticket.updated_at = max(ticket.updated_at, sla.shown.fr_due_by)
    if not sla.resolution_escalated and sla.shown.due_by <= now:
        sla.resolution_escalated = changed = True
        ticket.updated_at = max(ticket.updated_at, sla.shown.due_by)
    return changed

"""What an event does to a ticket's status and its `stats`. Pure but for the ticket it is given."""

from datetime import datetime

from escalation_bridge_sandbox.freshdesk.state.form import CLOSING_STATUSES, TicketForm
from escalation_bridge_sandbox.freshdesk.state.records import Stats, Status, Ticket


def first_stats(status: int, now: datetime) -> Stats:
    """The stats of a new ticket."""
    stats = Stats(status_updated_at=now)
    _enter(stats, status, now)
    return stats


def change_status(ticket: Ticket, status: int, now: datetime) -> None:
    """Put a ticket into another status."""
    stats = ticket.stats
    stats.status_updated_at = now
    if ticket.status in CLOSING_STATUSES and status not in CLOSING_STATUSES:
        # Not verified: that reopening clears what the closing had set.
        stats.reopened_at, stats.resolved_at, stats.closed_at = now, None, None
    stats.pending_since = None
    _enter(stats, status, now)
    ticket.status = status


def agent_responded(ticket: Ticket, now: datetime) -> None:
    """A reply or a public note by an agent: the vendor counts both as a response."""
    ticket.stats.agent_responded_at = now
    if ticket.stats.first_responded_at is None:
        ticket.stats.first_responded_at = now


def requester_responded(ticket: Ticket, form: TicketForm, now: datetime) -> bool:
    """The customer wrote again; whether that reopened the ticket."""
    ticket.stats.requester_responded_at = now
    if not form.status(ticket.status).reopens_on_reply:
        return False
    change_status(ticket, Status.OPEN, now)
    return True


def _enter(stats: Stats, status: int, now: datetime) -> None:
    if status == Status.PENDING:
        stats.pending_since = now
    elif status == Status.RESOLVED:
        stats.resolved_at, stats.closed_at = now, None
    elif status == Status.CLOSED:
        # Recorded: a ticket that is closed directly has both.
        stats.resolved_at = stats.resolved_at or now
        stats.closed_at = now

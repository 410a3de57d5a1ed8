"""The severity of a case: the core's default, which extensions may override."""

from dataclasses import dataclass

from escalation_bridge.domain.tickets.tickets import Priority, Severity, Ticket


@dataclass(frozen=True, slots=True)
class Classification:
    """How grave a case is, and why."""

    severity: Severity
    category: str
    reason: str


def classify(ticket: Ticket) -> Classification:
    """Urgent tickets are emergencies, everything else is standard."""
    if ticket.priority is Priority.URGENT:
        return Classification(Severity.EMERGENCY, "priority", "the ticket's priority is urgent")
    return Classification(Severity.STANDARD, "priority", "the ticket's priority is not urgent")

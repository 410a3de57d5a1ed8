"""The core's own answer to how grave a case is; extensions may answer before it."""

from escalation_bridge.domain.cases import Classification
from escalation_bridge.domain.tickets import Priority, Severity, Ticket


def classify(ticket: Ticket) -> Classification:
    """Urgent tickets are emergencies, everything else is standard."""
    if ticket.priority is Priority.URGENT:
        return Classification(Severity.EMERGENCY, "priority", "the ticket's priority is urgent")
    return Classification(Severity.STANDARD, "priority", "the ticket's priority is not urgent")

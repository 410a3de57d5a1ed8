"""The severity of a case, and its corrections by people."""

from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.tickets.tickets import Priority, Severity, Ticket

BY_PRIORITY = "priority"
"""The category of an emergency that only the vendor's priority shows."""
BY_PERSON = "person"
"""The category of a severity that a person determined."""
IMPORTANT = "important"
"""The category of what matters but can wait."""


@dataclass(frozen=True, slots=True)
class Classification:
    """How grave a case is, and why.

    Attributes:
        category: What it is about: safety, disruption, damage, important, standard, or an extension's own word.
        reason: Why, in words; for what rules found, their names.
        rules: The names of the rules that found it, the strongest first. No words of the customer.
        by: Who corrected it; empty: nobody. A corrected one is not changed by a later guess.
        version: How often it changed, from 1; 0: it comes from a version before this was counted.
    """

    severity: Severity
    category: str
    reason: str
    rules: tuple[str, ...] = ()
    by: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """A severity that a person determined.

    Attributes:
        key: The key of the command's answer: a command counts once.
        reason: Why, in the person's words; may be empty.
    """

    key: str
    at: datetime
    by: str
    before: Classification
    after: Classification
    reason: str = ""


def classify(ticket: Ticket) -> Classification:
    """Urgent tickets are emergencies, everything else is standard."""
    if ticket.priority is Priority.URGENT:
        return Classification(Severity.EMERGENCY, BY_PRIORITY, "the ticket's priority is urgent")
    return Classification(Severity.STANDARD, BY_PRIORITY, "the ticket's priority is not urgent")


def raised(present: Classification, guess: Classification) -> Classification | None:
    """The classification after a later guess; None: it stays. A later guess may raise it, and never lowers it.

    What a person determined is not changed by a guess.
    """
    if present.by or _rank(guess) <= _rank(present):
        return None
    return replace(guess, version=present.version + 1)


def corrected(
    present: Classification, severity: Severity, by: str, reason: str, key: str, now: datetime
) -> Correction:
    """The correction by a person; the same severity is confirmed, so that no later guess changes it."""
    keeps = severity is present.severity
    after = Classification(
        severity,
        category=present.category if keeps else BY_PERSON,
        reason=reason,
        rules=present.rules if keeps else (),
        by=by,
        version=present.version + 1,
    )
    return Correction(key, now, by, present, after, reason)


def _rank(classification: Classification) -> int:
    if classification.severity is Severity.EMERGENCY:
        return 2
    return 1 if classification.category == IMPORTANT else 0

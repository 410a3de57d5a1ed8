"""The severity of a ticket from its own words, those that its customer wrote later, and its facts."""

from collections.abc import Iterable

from escalation_bridge.domain.tickets.classification import Classification, classify
from escalation_bridge.domain.tickets.tickets import Comment, Priority, Severity, Ticket
from escalation_bridge.domain.triage.assess import Report, RuleBook
from escalation_bridge.domain.triage.rules import EMERGENCIES, Kind

NO_SIGN = "no sign of an emergency"


def report_of(ticket: Ticket, written: Iterable[Comment]) -> Report:
    """What the rules are given of a ticket.

    Args:
        ticket: The ticket.
        written: What its customer wrote in public, oldest first.
    """
    texts = [ticket.description.text, *(comment.body.text for comment in written)]
    return Report(
        text="\n\n".join(texts),
        subject=ticket.subject,
        channel=str(ticket.channel),
        tags=ticket.tags,
        language=ticket.language[:2].casefold() if ticket.language else None,
        fields={name: str(value) for name, value in ticket.custom_fields.items() if value is not None},
    )


def classify_by_rules(
    book: RuleBook, ticket: Ticket, written: Iterable[Comment], *, urgent_is_emergency: bool
) -> Classification:
    """Classify a ticket by the rules; the vendor's priority urgent makes an emergency of what they do not find grave.

    Args:
        book: The rules.
        ticket: The ticket.
        written: What its customer wrote in public, oldest first.
        urgent_is_emergency: Whether the priority counts.
    """
    assessment = book.assess(report_of(ticket, written))
    if assessment.kind not in EMERGENCIES and urgent_is_emergency and ticket.priority is Priority.URGENT:
        return classify(ticket)
    if assessment.kind is Kind.STANDARD:
        return Classification(Severity.STANDARD, str(Kind.STANDARD), NO_SIGN)
    names = tuple(reason.rule for reason in assessment.reasons)
    return Classification(assessment.severity, str(assessment.kind), ", ".join(names), names)

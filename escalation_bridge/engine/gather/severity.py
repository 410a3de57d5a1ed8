"""Classify a ticket when it arrives, and again when its customer writes."""

from collections.abc import Sequence
from dataclasses import replace

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.tickets.classification import Classification, classify, raised
from escalation_bridge.domain.tickets.tickets import Comment, Role, Ticket, Visibility
from escalation_bridge.domain.tickets.who_asks import asks
from escalation_bridge.domain.triage.of_tickets import classify_by_rules


def classify_arriving(
    bridge: Bridge, ticket: Ticket, authored: Sequence[tuple[Comment, Role]]
) -> Classification:
    """Classify a ticket that is read for the first time."""
    written = [comment for comment, role in authored if _is_the_customers(comment, role)]
    return replace(_classify(bridge, ticket, written), version=1)


def classify_again(
    bridge: Bridge, before: CaseView, ticket: Ticket, authored: Sequence[tuple[Comment, Role]]
) -> Classification | None:
    """Classify a case again after its customer wrote; None: nobody wrote, or it stays as it is."""
    if ticket.ref != before.origin or before.classification.by:
        return None
    new = [comment for comment, role in authored if _is_the_customers(comment, role)]
    if not new:
        return None
    earlier = [
        comment
        for comment in before.comments_of(ticket.ref)
        if (comment.ticket, comment.id) not in before.own_comments
        and _is_the_customers(comment, Role.CUSTOMER if asks(comment.author, ticket) else comment.author.role)
    ]
    return raised(before.classification, _classify(bridge, ticket, [*earlier, *new]))


def _classify(bridge: Bridge, ticket: Ticket, written: Sequence[Comment]) -> Classification:
    """Extensions decide first. The rules follow; without any, only the priority counts."""

    def by_rules(ticket: Ticket) -> Classification:
        if bridge.rule_book is None:
            return classify(ticket)
        return classify_by_rules(
            bridge.rule_book, ticket, written, urgent_is_emergency=bridge.urgent_is_emergency
        )

    return bridge.extensions.classify_ticket(ticket, by_rules)


def _is_the_customers(comment: Comment, role: Role) -> bool:
    return role is Role.CUSTOMER and comment.visibility is Visibility.PUBLIC

"""The writes of an escalation: its moves of the ticket, and what is still to be sent."""

from collections.abc import Iterator

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState

_NOT_SENT = (IntentState.PENDING, IntentState.FAILED)


def number_of(text: str) -> int | None:
    """The number of the escalation that a write's key belongs to; None: it belongs to none."""
    key = keys.OfEscalation.read(text)
    return key.number if key is not None else None


def is_move(text: str, escalation: Escalation) -> bool:
    """Whether a write's key is that of a move for an escalation."""
    key = keys.OfEscalation.read(text)
    return key is not None and key.number == escalation.number and key.what == "move"


def moves(view: CaseView, escalation: Escalation) -> list[IntentRecord]:
    """The writes that move the ticket for an escalation, without those that were withdrawn."""
    return [
        record
        for record in view.intents.values()
        if is_move(record.key, escalation) and record.state is not IntentState.CANCELLED
    ]


def is_being_moved(view: CaseView, escalation: Escalation) -> bool:
    """Whether a move was sent whose result is not known."""
    return any(record.state is IntentState.SENT for record in moves(view, escalation))


def unsent_moves(view: CaseView, escalation: Escalation) -> tuple[str, ...]:
    """The keys of moves that are still to be sent, or that were refused and could be retried."""
    return tuple(record.key for record in moves(view, escalation) if record.state in _NOT_SENT)


def unsent(view: CaseView, escalation: Escalation) -> Iterator[IntentRecord]:
    """All its writes that are still to be sent, or that were refused and could be retried."""
    for record in view.intents.values():
        is_own = number_of(record.key) == escalation.number
        is_own |= escalation.route is not None and record.intent.escalates_along == escalation.route
        if is_own and record.state in _NOT_SENT:
            yield record

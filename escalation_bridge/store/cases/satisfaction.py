"""Customers' answers about escalated cases: one for each escalation, for reports over all cases."""

from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case.escalations import Escalation
from escalation_bridge.domain.case.satisfaction import Survey
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.tickets.satisfaction import Satisfaction
from escalation_bridge.store.cases.case_file import save_events
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import satisfaction


def save_answer(
    connection: sa.Connection,
    case_id: int,
    escalation: Escalation,
    answer: Satisfaction,
    survey: Survey,
    now: datetime,
) -> TicketEvent | None:
    """Save a customer's answer about an escalation, for reports and as an event of the case.

    Returns:
        The event; None: there is an answer already, which stays.
    """
    row = {
        "case_id": case_id,
        "number": escalation.number,
        "survey": survey,
        "verdict": answer.verdict,
        "score": answer.score,
        "comment": answer.comment,
        "team": escalation.owner.team,
        "answered_at": answer.at or now,
    }
    if not insert_if_new(connection, satisfaction, row):
        return None
    event = events.rated(escalation.number, answer, survey, now)
    save_events(connection, case_id, [event])
    return event


def has_answer(connection: sa.Connection, case_id: int, number: int) -> bool:
    """Whether there is an answer about an escalation."""
    query = sa.select(satisfaction.c.number).where(
        satisfaction.c.case_id == case_id, satisfaction.c.number == number
    )
    return connection.execute(query).first() is not None

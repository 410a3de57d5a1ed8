"""Convert the row of a write to a record."""

from typing import Any

import sqlalchemy as sa

from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt
from escalation_bridge.store.database.codec import decode, decode_intent


def record_of(row: sa.Row[Any]) -> IntentRecord:
    """The record of a row."""
    state = IntentState(row.state)
    return IntentRecord(
        key=row.key,
        intent=decode_intent(row.document),
        token=row.token,
        state=state,
        decided_at=row.decided_at,
        attempts=row.attempts,
        sent_at=row.sent_at,
        next_attempt_at=row.next_attempt_at,
        receipt=decode(row.receipt, Receipt) if row.receipt else None,
        error=row.error,
        failures=row.failures,
        odd_failures=row.odd_failures,
        failing_since=row.failing_since,
        rule=row.rule or "",
        # It may have been sent before it was withdrawn, if its outcome was unknown.
        sent_text=row.sent_text if state in (IntentState.SENT, IntentState.CANCELLED) else None,
    )

"""Words that are stored fit their columns: SQLite does not mind, and PostgreSQL refuses the whole decision."""

from enum import StrEnum

import pytest
import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState, StepOutcome
from escalation_bridge.domain.case.escalations import Cause, ChangeKind, EscalationKind, Outcome
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes import KINDS
from escalation_bridge.domain.decide import AFTER_THE_LINKS, BEFORE_THE_LINKS
from escalation_bridge.store.database import schema


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (schema.cases.c.state, CaseState),
        (schema.fired_steps.c.outcome, StepOutcome),
        (schema.intents.c.state, IntentState),
        (schema.intents.c.kind, tuple(KINDS)),
        (schema.intents.c.rule, tuple(rule.name for rule in (*BEFORE_THE_LINKS, *AFTER_THE_LINKS))),
        (schema.escalations.c.cause, Cause),
        (schema.escalations.c.kind, EscalationKind),
        (schema.escalations.c.outcome, Outcome),
        (schema.escalation_changes.c.what, ChangeKind),
        (schema.escalation_changes.c.cause, Cause),
    ],
    ids=str,
)
def test_every_word_fits(column: sa.Column[str], words: type[StrEnum] | tuple[str, ...]) -> None:
    assert isinstance(column.type, sa.String)
    longest = max(words, key=len)
    assert column.type.length is None or len(longest) <= column.type.length, longest

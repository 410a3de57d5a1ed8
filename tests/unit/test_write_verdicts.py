"""Where a write is after it was not taken: what may have been carried out is told from what surely was not."""

from datetime import UTC, datetime

import pytest

from escalation_bridge.domain.case.write import FieldEdge, FieldSettlement
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import TicketChange, TicketRef
from escalation_bridge.engine.deliver.failures import judge
from escalation_bridge.errors import AuthenticationFailed, Circumstances, NotReachable, RateLimited

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def write_of(*fields: str) -> IntentRecord:
    edges = {field: FieldEdge("new", "old", "new") for field in fields}
    settles = FieldSettlement("1", Side.ORIGIN, edges)
    intent = ChangeTicket(TicketRef("dev", "9"), TicketChange(), follows=True, settles_fields=settles)
    return IntentRecord("fields:1:1:linked", intent, "token", IntentState.PENDING, NOW)


@pytest.mark.parametrize("error", [RateLimited, AuthenticationFailed, NotReachable])
def test_of_several_fields_some_may_have_been_written_before_the_vendor_took_no_more(error):
    said = error("not now", Circumstances("dev", "update_ticket"))
    assert judge(write_of("priority", "tag:vip"), said, NOW).state is IntentState.SENT
    assert judge(write_of("priority"), said, NOW).state is IntentState.PENDING

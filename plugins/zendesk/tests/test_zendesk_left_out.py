"""Tickets that are created without a field that Zendesk does not take."""

from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import Priority, Severity, TicketDraft
from escalation_bridge.errors import Rejected
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.zendesk.state import seed

DRAFT = TicketDraft("It burns", from_text("Since noon."), Priority.HIGH, Severity.STANDARD)
AREA = str(seed.FIELD_PRODUCT_AREA.id)
LINKED, ESCALATED = str(seed.FIELD_LINKED_TICKET.id), str(seed.FIELD_ESCALATED.id)
KEY = "eb-0123456789abcdef0123"


@pytest.mark.parametrize(
    "fields", [{"999": "x"}, {"custom_fields": {"999": "x"}}, {AREA: "no_such_choice"}, {AREA: ""}], ids=str
)
def test_a_field_that_zendesk_does_not_keep_is_named(fields: dict[str, Any], connected: Any) -> None:
    made = connected.create_ticket(replace(DRAFT, fields=fields), KEY)
    names = [each.name for each in made.left_out]
    assert names == ([] if fields == {AREA: ""} else [AREA if AREA in fields else "999"])
    assert all(each.reason for each in made.left_out)
    assert connected.find_ticket(KEY, None).ref == made.ref


def test_what_is_kept_is_not_named(connected: Any) -> None:
    made = connected.create_ticket(replace(DRAFT, fields={AREA: "area_checkout", "type": "incident"}), KEY)
    assert made.left_out == ()
    assert made.custom_fields[AREA] == "area_checkout"


def test_a_refusal_of_something_else_still_stops_it(connected: Any) -> None:
    with pytest.raises(Rejected):
        connected.create_ticket(replace(DRAFT, fields={"type": "nonsense", AREA: "area_checkout"}), KEY)


def test_only_the_field_at_fault_is_left_out(connected: Any) -> None:
    fields = {AREA: "no_such_choice", LINKED: "ENG-7", ESCALATED: True}
    made = connected.create_ticket(replace(DRAFT, fields=fields), KEY)
    assert [each.name for each in made.left_out] == [AREA]
    assert (made.custom_fields[LINKED], made.custom_fields[ESCALATED]) == ("ENG-7", True)


def test_two_fields_at_fault_are_left_out_one_after_the_other(connected: Any) -> None:
    fields = {AREA: "no_such_choice", ESCALATED: "perhaps", LINKED: "ENG-7"}
    made = connected.create_ticket(replace(DRAFT, fields=fields), KEY)
    assert {each.name for each in made.left_out} == {AREA, ESCALATED}
    assert made.custom_fields[LINKED] == "ENG-7"

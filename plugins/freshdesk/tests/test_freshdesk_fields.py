"""Fields that the bridge keeps in step: written through the plugin, they read the same, and writing them again changes nothing."""

from typing import Any

import pytest

from escalation_bridge.domain.routes.fields.custom import CustomRule
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Severity, Ticket, TicketChange
from escalation_bridge_sandbox.freshdesk.state import seed


@pytest.mark.parametrize(
    ("field", "convert", "wishes"),
    [
        ("cf_vip", Convert.YES_NO, ["yes", "no"]),
        ("cf_affected_orders", Convert.NUMBER, ["12", "0", ""]),
        ("cf_needed_by", Convert.DATE, ["2026-03-05", ""]),
        ("cf_impact", Convert.TEXT, ["All shops.\nSince noon.", "None", ""]),
        (seed.FIELD_ROOT_CAUSE, Convert.CHOICE, ["User error", "Third party", ""]),
    ],
)
def test_a_field_of_every_kind_reads_as_it_was_written(
    desk: Any, ticket: Ticket, field: str, convert: Convert, wishes: list[str]
) -> None:
    rule = CustomRule(key=field, direction=Direction.BOTH, ids=dict.fromkeys(Side, field), convert=convert)
    present = desk.plugin.fetch_ticket(ticket.ref.id)
    for wish in wishes:
        change = rule.change(Side.LINKED, wish, present)
        present = desk.plugin.update_ticket(ticket.ref.id, change, present)
        shown = rule.shown(Side.LINKED, present, Severity.STANDARD)
        assert rule.is_met(Side.LINKED, shown, wish)
        assert rule.shown(Side.LINKED, desk.plugin.fetch_ticket(ticket.ref.id), Severity.STANDARD) == shown
        again = desk.plugin.update_ticket(ticket.ref.id, change, present)
        assert again.updated_at == present.updated_at


def test_tags_of_other_people_stay(desk: Any, ticket: Ticket) -> None:
    present = desk.plugin.fetch_ticket(ticket.ref.id)
    present = desk.plugin.update_ticket(ticket.ref.id, TicketChange(add_tags=("theirs", "ours")), present)
    present = desk.plugin.update_ticket(ticket.ref.id, TicketChange(remove_tags=("ours",)), present)
    assert "theirs" in present.tags
    assert "ours" not in present.tags

"""Creates that Freshdesk refuses for one field, its own fields by their names, and files of older samples."""

from dataclasses import replace
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import Priority, Severity, TicketChange, TicketDraft
from escalation_bridge.errors import Rejected
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_freshdesk.http.shapes import AttachmentShape, FieldShape
from escalation_bridge_freshdesk.translation import mapping
from escalation_bridge_sandbox.freshdesk.state import seed

DRAFT = TicketDraft("It burns", from_text("Since noon."), Priority.HIGH, Severity.STANDARD, labels=("vip",))
KEY = "eb-0123456789abcdef0123"


@pytest.mark.parametrize(
    "fields",
    [
        {"cf_gone": "x"},
        {"custom_fields": {"cf_gone": "x"}},
        {seed.FIELD_ROOT_CAUSE: "Nobody knows"},
        {"cf_needed_by": "soon"},
        {"type": "Nonsense"},
        {"group": "Nobody"},
        {"status": "Nowhere"},
        {"no_such_thing": 1},
    ],
    ids=str,
)
def test_what_freshdesk_does_not_take_is_left_out_by_name(fields: dict[str, Any], desk: Any) -> None:
    plugin = desk.open_plugin()
    made = plugin.create_ticket(replace(DRAFT, fields=fields), KEY)
    (left,) = made.left_out
    assert left.name in str(fields)
    assert left.reason
    assert plugin.find_ticket(KEY, plugin.connection.now()).ref == made.ref


def test_what_the_form_requires_stops_a_create(desk: Any) -> None:
    form = desk.sandbox.helpdesk.desk.form
    required = tuple(
        replace(field, required_for_agents=True) if field.name == seed.FIELD_ROOT_CAUSE else field
        for field in form.fields
    )
    desk.sandbox.helpdesk.desk.form = replace(form, fields=required)
    for fields in ({}, {"cf_gone": "x"}, {seed.FIELD_ROOT_CAUSE: "Nobody knows"}):
        with pytest.raises(Rejected, match=seed.FIELD_ROOT_CAUSE):
            desk.plugin.create_ticket(replace(DRAFT, fields=fields), KEY)
    assert desk.tickets() == 0


def test_several_at_once_are_left_out_and_the_rest_is_there(desk: Any) -> None:
    plugin = desk.open_plugin()
    fields = {"cf_gone": "x", "type": "Incident", "cf_affected_orders": "many", "group": "Nobody"}
    made = plugin.create_ticket(replace(DRAFT, fields=fields), KEY)
    assert {each.name for each in made.left_out} == {"cf_gone", "cf_affected_orders", "group"}
    assert (made.type, made.priority, made.tags) == ("Incident", Priority.HIGH, ("vip",))


def test_without_a_field_for_the_key_nothing_is_created(desk: Any) -> None:
    plugin = desk.open_plugin(key_field="cf_missing")
    with pytest.raises(Rejected, match="cf_missing"):
        plugin.create_ticket(DRAFT, KEY)
    assert "cf_missing" in plugin.describe_draft({}).problems[0]
    assert not any("key_field" in problem for problem in plugin.check_connection().problems)


def test_the_default_configuration_works_at_the_stand_in(desk: Any) -> None:
    plugin = desk.open_plugin(key_field="cf_escalation_bridge_key")
    assert plugin.describe_draft({}).problems == ()
    assert plugin.create_ticket(DRAFT, KEY).bridge_key == KEY


def test_freshdesks_own_fields_are_known_by_the_names_that_tickets_have(desk: Any) -> None:
    plugin = desk.open_plugin()
    fields = {field.id: field for field in plugin.describe_fields().fields}
    assert "Incident" in fields["type"].allowed_values
    assert not fields.keys() & {"ticket_type", "agent", "group", "requester", "company", "status", "priority"}
    ticket = plugin.create_ticket(replace(DRAFT, fields={"type": "Incident"}), KEY)
    assert ticket.custom_fields["type"] == "Incident"
    changed = plugin.update_ticket(ticket.ref.id, TicketChange(fields={"type": "Problem"}), ticket)
    assert changed.custom_fields["type"] == "Problem"


def test_products_go_by_their_names() -> None:
    fields = [FieldShape(name="product", type="default_product", choices={"Printer": 7, "Scanner": 9})]
    (described,) = mapping.describe_fields(fields)
    assert (described.id, described.allowed_values) == ("product_id", ("Printer", "Scanner"))


def test_each_level_of_a_dependent_field_is_a_field() -> None:
    choices = {"Hardware": {"Printer": ["Jam", "Ink"], "Scanner": []}, "Software": {"Mail": ["Login"]}}
    levels = [
        {"name": "cf_item", "label": "Item", "level": 2},
        {"name": "cf_what", "label": "What", "level": 3},
    ]
    field = FieldShape.model_validate(
        {
            "name": "cf_area",
            "label": "Area",
            "type": "nested_field",
            "choices": choices,
            "nested_ticket_fields": levels,
        }
    )
    found = {each.id: each.allowed_values for each in mapping.describe_fields([field])}
    assert found == {
        "cf_area": ("Hardware", "Software"),
        "cf_item": ("Printer", "Scanner", "Mail"),
        "cf_what": ("Jam", "Ink", "Login"),
    }


def test_a_field_of_a_type_that_nobody_knows_is_refused_by_the_check() -> None:
    (described,) = mapping.describe_fields([FieldShape(name="cf_scan", type="custom_file")])
    assert "custom_file" in described.unwritable


@pytest.mark.parametrize("member", ["size", "file_size"])
def test_files_of_both_shapes_have_a_size(member: str) -> None:
    assert AttachmentShape.model_validate({"id": 1, member: 4096}).size == 4096

"""The fields of the account's form: what they take, and how their absence is said."""

from collections.abc import Mapping

from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.intake import Body, FormText
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    it_should_be,
    it_should_be_one_of,
    unexpected,
)
from escalation_bridge_sandbox.freshdesk.state.form import TicketField, TicketForm
from escalation_bridge_sandbox.freshdesk.state.records import Priority

TEXT_LENGTH = 255


def expected_value(field: TicketField, form: TicketForm) -> str:
    """How the vendor says what a missing field should have been."""
    match field.type:
        case "default_status":
            return it_should_be_one_of(form.status_codes)
        case "default_priority":
            return it_should_be_one_of([int(priority) for priority in Priority])
        case "default_ticket_type":
            return it_should_be_one_of(form.types)
        case "default_group" | "default_agent" | "custom_number":
            return it_should_be("Integer")
        case "custom_decimal":
            return it_should_be("Number")
        case "custom_checkbox":
            return it_should_be("Boolean")
        case "custom_dropdown":
            return it_should_be_one_of(field.choices)
        case _:
            return it_should_be("String")


def given_custom_fields(body: Body) -> dict[str, object]:
    """What a body has under `custom_fields`; nothing when that is no object, which is refused elsewhere."""
    given = body.get("custom_fields")
    return given if isinstance(given, dict) else {}


def is_blank(values: Mapping[str, object], name: str) -> bool:
    # An unticked checkbox counts as not filled in (not verified); the number 0 is a value.
    value = values.get(name)
    return value is None or value is False or value == ""


def custom_field_problems(body: Body, form: TicketForm) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    for name, value in given_custom_fields(body).items():
        label = f"custom_fields.{name}"
        field = form.custom_fields.get(name)
        if field is None:
            problems.append(unexpected(label))
        elif value is not None:
            problem = _check_for(field)(label, read_value(field, value))
            problems += [problem] if problem else []
    return problems


def _check_for(field: TicketField) -> checks.Check:
    match field.type:
        case "custom_number":
            return checks.integer
        case "custom_decimal":
            return checks.decimal
        case "custom_checkbox":
            return checks.boolean
        case "custom_dropdown":
            return checks.one_of(field.choices)
        case "custom_date":
            return checks.day
        case "custom_text":
            return checks.string_up_to(TEXT_LENGTH)
        case _:
            return checks.string


def read_value(field: TicketField, value: object) -> object:
    if not isinstance(value, FormText):
        return value
    if field.type == "custom_number":
        return value.as_number()
    return value.as_flag() if field.type == "custom_checkbox" else str(value)


def custom_values(body: Body, form: TicketForm) -> dict[str, object]:
    """The custom fields that a valid body gives, ready to be stored."""
    fields = form.custom_fields
    return {
        name: False
        if value is None and fields[name].type == "custom_checkbox"
        else read_value(fields[name], value)
        for name, value in given_custom_fields(body).items()
    }

"""Writing ticket fields: which values are taken, and what they bring along."""

from datetime import datetime
from typing import Any

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.errors import invalid_value, record_invalid
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket, TicketField
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import parse_iso, whole_seconds
from escalation_bridge_sandbox.zendesk.tickets.people import (
    existing_user,
    find_or_make_requester,
    set_assignment,
)

PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("question", "incident", "problem", "task")
LONGEST_EXTERNAL_ID = 255


def write_fields(state: State, ticket: Ticket, values: Json, now: datetime) -> None:
    """Put permitted values into a draft; the status has rules of its own (`statuses`).

    Raises:
        ApiError: 422, when a value is not one that the account has.
    """
    if "subject" in values or "raw_subject" in values:
        ticket.subject = values.get("subject", values.get("raw_subject"))
    _write_requester(state, ticket, values, now)
    set_assignment(state, ticket, values)
    if "organization_id" in values:
        _check_known(values["organization_id"], state.organizations, "organization", "Organization")
        ticket.organization_id = values["organization_id"]
    if "priority" in values:
        _check_choice(values["priority"], PRIORITIES, "priority", "Priority")
        ticket.priority = values["priority"] or None
    if "type" in values:
        _check_choice(values["type"], TYPES, "ticket_type", "Type")
        ticket.type = values["type"] or None
    if "external_id" in values:
        if len(values["external_id"] or "") > LONGEST_EXTERNAL_ID:
            raise record_invalid(
                "external_id", {"description": "External: is too long (maximum is 255 characters)"}
            )
        ticket.external_id = values["external_id"]
    if "problem_id" in values:
        _check_known(values["problem_id"], state.tickets, "problem", "Problem")
        ticket.problem_id = values["problem_id"]
    if "due_at" in values:
        ticket.due_at = _due_at(values["due_at"])
    if "brand_id" in values:
        _check_known(values["brand_id"], (seed.BRAND_ID,), "brand", "Brand")
    if "ticket_form_id" in values:
        _check_known(values["ticket_form_id"], (seed.TICKET_FORM_ID,), "ticket_form", "Ticket form")
    if "recipient" in values:
        ticket.recipient = values["recipient"]
    for user_id in values.get("collaborator_ids", ()):
        existing_user(state, user_id, "collaborators", "Collaborators")
    if "collaborator_ids" in values:
        ticket.collaborator_ids = values["collaborator_ids"]
    if "tags" in values:
        ticket.tags = sorted(values["tags"] or [])
    for item in [*(values.get("fields") or ()), *(values.get("custom_fields") or ())]:
        _write_custom_field(state, ticket, item["id"], item["value"])


def _write_requester(state: State, ticket: Ticket, values: Json, now: datetime) -> None:
    if "requester" in values:
        requester = find_or_make_requester(state, values["requester"], now)
    elif "requester_id" in values:
        requester = existing_user(state, values["requester_id"], "requester", "Requester")
    else:
        return
    if requester.id != ticket.requester_id:
        ticket.requester_id = requester.id
        ticket.organization_id = requester.organization_id


def _write_custom_field(state: State, ticket: Ticket, field_id: int, value: Any) -> None:
    field = state.ticket_fields.get(field_id)
    if field is None or not field.removable:
        # Zendesk keeps quiet about ids that are no custom field of the account (general knowledge).
        return
    value = _field_value(field, value)
    if field.type == "tagger":
        # A drop-down's value is a tag of the ticket, too.
        previous = ticket.custom_fields.get(field_id)
        ticket.tags = sorted({*(tag for tag in ticket.tags if tag != previous), *([value] if value else [])})
    ticket.custom_fields[field_id] = value


def _field_value(field: TicketField, value: Any) -> Any:
    if field.type == "checkbox":
        if value in (None, "", False, "false", "0", 0):
            return False
        if value in (True, "true", "1", 1):
            return True
    elif value in (None, ""):
        return None
    elif field.type == "tagger":
        if isinstance(value, str) and value in {option.value for option in field.options}:
            return value
    elif isinstance(value, str | int | float):
        return str(value)
    raise record_invalid(
        "base",
        {
            "description": f"{field.title}: is invalid",
            "error": "InvalidValue",
            "ticket_field_id": field.id,
            "ticket_field_type": f"Field{field.type.capitalize()}",
        },
    )


def _due_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = parse_iso(text)
    if instant is None:
        raise invalid_value("due_at", "Due at")
    return whole_seconds(instant)


def _check_choice(value: str | None, choices: tuple[str, ...], attribute: str, label: str) -> None:
    if value not in (None, "", *choices):
        raise invalid_value(attribute, label)


def _check_known(value: int | None, known: Any, attribute: str, label: str) -> None:
    if value is not None and value not in known:
        raise invalid_value(attribute, label)

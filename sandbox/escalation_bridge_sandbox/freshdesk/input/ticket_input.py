"""Judging the bodies of `POST /tickets` and `PUT /tickets/{id}`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.custom_fields import (
    custom_field_problems,
    custom_values,
    expected_value,
    given_custom_fields,
    is_blank,
)
from escalation_bridge_sandbox.freshdesk.input.intake import Body
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be,
    missing,
    no_match,
)
from escalation_bridge_sandbox.freshdesk.input.requesters import (
    REQUESTER_CHECKS,
    RequesterWish,
    nobody_named,
    read_requester,
)
from escalation_bridge_sandbox.freshdesk.state.desk import Desk
from escalation_bridge_sandbox.freshdesk.state.form import (
    CLOSING_STATUSES,
    WRITABLE_SOURCES,
    TicketForm,
)
from escalation_bridge_sandbox.freshdesk.state.records import Priority, Source, Ticket

SUBJECT_LENGTH = 255
TAG_LENGTH = 32

# A form has strings only; these are read as numbers.
NUMBER_FIELDS = frozenset(
    {
        "requester_id", "status", "priority", "source", "responder_id", "group_id", "product_id", "company_id",
        "email_config_id", "parent_id", "related_ticket_ids",
    }
)  # fmt: skip

# Documented, but only with features that the stand-in's account has not.
FEATURE_FIELDS = {
    "internal_agent_id": "Shared Ownership",
    "internal_group_id": "Shared Ownership",
    "lookup_parameter": "Custom Objects",
}
ONLY_ON_CREATE = frozenset({"cc_emails", "related_ticket_ids"})
NOT_TICKET_ATTRIBUTES = frozenset({*REQUESTER_CHECKS, "custom_fields"})


@dataclass(frozen=True)
class TicketWish:
    """A body that was found valid. `values` are ticket attributes; `custom_fields` holds those that were given."""

    values: Mapping[str, Any]
    custom_fields: Mapping[str, object]
    requester: RequesterWish | None


def judge_create(body: Body, desk: Desk) -> TicketWish:
    """What a create asks for.

    Raises:
        Invalid: Naming every field at fault.
    """
    known = _ticket_checks(desk.form)
    checks.refuse_unknown(body, {*known, *FEATURE_FIELDS})
    problems = _value_problems(body, known)
    problems += _missing_on_create(body, desk.form)
    problems += custom_field_problems(body, desk.form)
    if body.get("status") in CLOSING_STATUSES:
        problems += _closure_problems(body, desk.form, ticket=None)
    problems = problems or _reference_problems(body, desk, body.get("group_id"))
    requester = None if problems else read_requester(body, desk)
    if not problems and requester is None:
        problems.append(nobody_named())
    return _wish(body, desk.form, requester, problems)


def judge_update(body: Body, ticket: Ticket, desk: Desk, *, with_files: bool) -> TicketWish:
    """What an update asks for.

    Raises:
        Invalid: Naming every field at fault.
    """
    known = {name: check for name, check in _ticket_checks(desk.form).items() if name not in ONLY_ON_CREATE}
    checks.refuse_unknown(body, {*known, *FEATURE_FIELDS})
    if not body and not with_files:
        # Wording not verified.
        raise Invalid([missing("request", "Please fill at least 1 of the fields")])
    problems = _value_problems(body, known)
    problems += custom_field_problems(body, desk.form)
    if body.get("status") in CLOSING_STATUSES:
        problems += _closure_problems(body, desk.form, ticket)
    if ticket.source == Source.OUTBOUND_EMAIL:
        problems += [
            FieldProblem(name, "The field cannot be updated for an outbound ticket", "incompatible_field")
            for name in ("subject", "description")
            if name in body
        ]
    problems = problems or _reference_problems(body, desk, body.get("group_id", ticket.group_id))
    requester = None if problems else read_requester(body, desk)
    return _wish(body, desk.form, requester, problems)


def _ticket_checks(form: TicketForm) -> dict[str, checks.Check]:
    reference = checks.or_null(checks.positive_integer)
    return {
        **REQUESTER_CHECKS,
        "subject": checks.filled_string_up_to(SUBJECT_LENGTH),
        "description": checks.filled_string,
        "status": checks.one_of(form.status_codes),
        "priority": checks.one_of([int(priority) for priority in Priority]),
        "source": checks.one_of([int(source) for source in WRITABLE_SOURCES]),
        "type": checks.or_null(checks.one_of(form.types)),
        "responder_id": reference,
        "group_id": reference,
        "product_id": reference,
        "company_id": reference,
        "email_config_id": reference,
        "parent_id": checks.positive_integer,
        "related_ticket_ids": checks.positive_integers,
        "tags": checks.strings_up_to(TAG_LENGTH),
        "cc_emails": checks.emails,
        "custom_fields": checks.key_values,
        "due_by": checks.instant,
        "fr_due_by": checks.instant,
    }


def _value_problems(body: Body, known: Mapping[str, checks.Check]) -> list[FieldProblem]:
    problems = [
        # Wording and code not verified.
        FieldProblem(
            name,
            f"The {FEATURE_FIELDS[name]} feature(s) is/are not supported in your plan.",
            "require_feature",
        )
        for name in body
        if name in FEATURE_FIELDS
    ]
    problems += checks.problems_in(
        {name: value for name, value in body.items() if name not in FEATURE_FIELDS}, known
    )
    if problems or "due_by" not in body or "fr_due_by" not in body:
        return problems
    due, first_due = checks.parse_instant(body["due_by"]), checks.parse_instant(body["fr_due_by"])
    if due is not None and first_due is not None and first_due > due:
        # Wording not verified.
        problems.append(invalid_value("fr_due_by", "It should be lesser than due_by"))
    return problems


def _missing_on_create(body: Body, form: TicketForm) -> list[FieldProblem]:
    """Recorded: what the form requires of agents is required by the API, defaults in its documentation or not."""
    problems: list[FieldProblem] = []
    for field in form.required(lambda field: field.required_for_agents):
        if field.is_custom:
            if is_blank(given_custom_fields(body), field.name):
                problems.append(missing(f"custom_fields.{field.name}", expected_value(field, form)))
        elif field.attribute and field.attribute not in body:
            problems.append(missing(field.attribute, expected_value(field, form)))
    if body.get("source") == Source.OUTBOUND_EMAIL and body.get("email_config_id") is None:
        problems.append(missing("email_config_id", it_should_be("Positive Integer")))
    return problems


def _closure_problems(body: Body, form: TicketForm, ticket: Ticket | None) -> list[FieldProblem]:
    """Recorded: `{"field":"custom_fields.cf_x","message":"It should be a/an String","code":"missing_field"}`."""
    problems: list[FieldProblem] = []
    custom = {**(ticket.custom_fields if ticket else {}), **given_custom_fields(body)}
    for field in form.required(lambda field: field.required_for_closure):
        if field.is_custom:
            if is_blank(custom, field.name):
                problems.append(missing(f"custom_fields.{field.name}", expected_value(field, form)))
        elif field.attribute:
            value = body.get(field.attribute, getattr(ticket, field.attribute, None))
            if value in (None, ""):
                problems.append(missing(field.attribute, expected_value(field, form)))
    return problems


def _reference_problems(body: Body, desk: Desk, group_id: int | None) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    tables: dict[str, tuple[Mapping[int, object], str]] = {
        "group_id": (desk.groups, "group"),
        "responder_id": (desk.agents, "agent"),
        "company_id": (desk.companies, "company"),
        "email_config_id": (desk.email_configs, "email_config"),
        "product_id": ({}, "product"),
        "parent_id": (desk.tickets, "ticket"),
    }
    for name, (table, record) in tables.items():
        if body.get(name) is not None and body[name] not in table:
            problems.append(no_match(name, record))
    unknown = [str(number) for number in body.get("related_ticket_ids", []) if number not in desk.tickets]
    if unknown:
        problems.append(
            invalid_value(
                "related_ticket_ids", f"There are no records matching the ids: '{', '.join(unknown)}'"
            )
        )
    if problems or body.get("responder_id") is None or group_id is None:
        return problems
    if body["responder_id"] not in desk.groups[group_id].agent_ids:
        # From general knowledge; neither the rule nor its wording is verified.
        problems.append(invalid_value("responder_id", "The agent is not a member of the ticket's group"))
    return problems


def _wish(
    body: Body, form: TicketForm, requester: RequesterWish | FieldProblem | None, problems: list[FieldProblem]
) -> TicketWish:
    if isinstance(requester, FieldProblem):
        raise Invalid([requester])
    if problems:
        # A field may be required both of agents and for closure; it is named once.
        raise Invalid(list(dict.fromkeys(problems)))
    values = {name: value for name, value in body.items() if name not in NOT_TICKET_ATTRIBUTES}
    return TicketWish(values, custom_values(body, form), requester)

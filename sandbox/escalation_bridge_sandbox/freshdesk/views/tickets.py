"""`/api/v2/tickets`: create, view, update, delete, restore, merge, outbound mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import flask

from escalation_bridge_sandbox.freshdesk.gate import API, current_agent
from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.intake import (
    Body,
    check_attachment_size,
    query_params,
    read_json,
    read_json_or_form,
    read_nothing,
)
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    access_denied,
    invalid_value,
    it_should_be,
    it_should_be_one_of,
    looked_up,
    method_not_allowed,
    missing,
    not_found,
)
from escalation_bridge_sandbox.freshdesk.input.ticket_input import NUMBER_FIELDS, judge_create, judge_update
from escalation_bridge_sandbox.freshdesk.state.events import Actor
from escalation_bridge_sandbox.freshdesk.state.records import Source, Status, Ticket
from escalation_bridge_sandbox.freshdesk.tickets import shapes
from escalation_bridge_sandbox.freshdesk.tickets.operations import NoteInMerge

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.state.desk import Desk

VIEW_EMBEDS = ("conversations", "requester", "company", "stats")
EMBEDDED_CONVERSATIONS = 10
MERGE_CHECKS: Mapping[str, checks.Check] = {
    "primary_id": checks.positive_integer,
    "ticket_ids": checks.positive_integers,
    "note_in_primary": checks.key_values,
    "note_in_secondary": checks.key_values,
    "convert_recepients_to_cc": checks.boolean,
}


def tickets_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_tickets", __name__, url_prefix=f"{API}/tickets")

    def full(ticket: Ticket) -> shapes.Json:
        return shapes.ticket_full(ticket, vendor.attachment_url)

    def created(ticket: Ticket) -> flask.Response:
        response = flask.jsonify(full(ticket))
        response.status_code = 201
        response.headers["Location"] = f"{vendor.base_url}{API}/tickets/{ticket.id}"
        return response

    @views.post("")
    def create() -> flask.Response:
        query_params(())
        body, uploads = read_json_or_form(NUMBER_FIELDS)
        wish = judge_create(body, vendor.helpdesk.desk)
        check_attachment_size(uploads)
        return created(vendor.helpdesk.create_ticket(wish, uploads, Actor.AGENT))

    @views.post("/outbound_email")
    def create_outbound_email() -> flask.Response:
        query_params(())
        body, uploads = read_json_or_form(NUMBER_FIELDS)
        body = _outbound_defaults(body, current_agent().id)
        wish = judge_create(body, vendor.helpdesk.desk)
        check_attachment_size(uploads)
        return created(vendor.helpdesk.create_ticket(wish, uploads, Actor.AGENT))

    @views.get("/<int:ticket_id>")
    def view(ticket_id: int) -> shapes.Json:
        params = query_params(("include",))
        ticket = seen_ticket(vendor.helpdesk.desk, ticket_id)
        return {**full(ticket), **_embedded(vendor, ticket, embeds(params, VIEW_EMBEDS))}

    @views.put("/<int:ticket_id>")
    def update(ticket_id: int) -> shapes.Json:
        query_params(())
        desk = vendor.helpdesk.desk
        ticket = living_ticket(desk, ticket_id)
        body, uploads = read_json_or_form(NUMBER_FIELDS)
        wish = judge_update(body, ticket, desk, with_files=bool(uploads))
        check_attachment_size(uploads, stored_bytes(desk, ticket))
        vendor.helpdesk.update_ticket(ticket, wish, uploads, Actor.AGENT)
        return full(ticket)

    @views.delete("/<int:ticket_id>")
    def delete(ticket_id: int) -> tuple[str, int]:
        vendor.helpdesk.set_deleted(living_ticket(vendor.helpdesk.desk, ticket_id), deleted=True)
        return "", 204

    @views.put("/<int:ticket_id>/restore")
    def restore(ticket_id: int) -> tuple[str, int]:
        read_nothing()
        ticket = seen_ticket(vendor.helpdesk.desk, ticket_id)
        if not ticket.deleted:
            raise not_found()
        vendor.helpdesk.set_deleted(ticket, deleted=False)
        return "", 204

    @views.put("/merge")
    def merge() -> tuple[str, int]:
        body = read_json()
        checks.refuse_unknown(body, MERGE_CHECKS)
        problems = checks.missing_among(
            body, {"primary_id": it_should_be("Positive Integer"), "ticket_ids": it_should_be("Array")}
        )
        problems += checks.problems_in(body, MERGE_CHECKS)
        problems += problems or _merge_references(body, vendor.helpdesk.desk)
        if problems:
            raise Invalid(problems)
        tickets = vendor.helpdesk.desk.tickets
        vendor.helpdesk.merge(
            tickets[body["primary_id"]],
            # The documentation's own example lists the primary ticket among the others.
            [tickets[number] for number in dict.fromkeys(body["ticket_ids"]) if number != body["primary_id"]],
            current_agent().id,
            _merge_note(body.get("note_in_primary")),
            _merge_note(body.get("note_in_secondary")),
            requesters_to_cc=body.get("convert_recepients_to_cc", False),
        )
        return "", 204

    return views


def seen_ticket(desk: Desk, ticket_id: int) -> Ticket:
    """A ticket that the agent may see.

    Raises:
        Refusal: 404 for none; 403 for one outside of the agent's scope, as integrators met it.
    """
    ticket = looked_up(desk.tickets, ticket_id)
    if not desk.may_see(current_agent(), ticket):
        raise access_denied()
    return ticket


def living_ticket(desk: Desk, ticket_id: int) -> Ticket:
    """A ticket that may be written to.

    Raises:
        Refusal: As `seen_ticket`; 405 for one that is deleted or spam, which can only be viewed (not verified).
    """
    ticket = seen_ticket(desk, ticket_id)
    if not ticket.listed:
        raise method_not_allowed(flask.request.method, ("GET",))
    return ticket


def stored_bytes(desk: Desk, ticket: Ticket) -> int:
    """The documented 20 MB are for all attachments of a ticket together."""
    return sum(len(entry.content) for entry in desk.attachments_of(ticket))


def embeds(params: Mapping[str, str], allowed: tuple[str, ...]) -> list[str]:
    """The names in `include`.

    Raises:
        Invalid: One of them cannot be embedded here.
    """
    names = [name.strip() for name in params.get("include", "").split(",") if name.strip()]
    if any(name not in allowed for name in names):
        raise Invalid([invalid_value("include", it_should_be_one_of(allowed))])
    return names


def _embedded(vendor: FreshdeskAccount, ticket: Ticket, names: list[str]) -> shapes.Json:
    desk = vendor.helpdesk.desk
    extra: dict[str, Any] = {}
    if "conversations" in names:
        oldest = desk.conversations_of(ticket.id)[:EMBEDDED_CONVERSATIONS]
        extra["conversations"] = [shapes.conversation(entry, vendor.attachment_url) for entry in oldest]
    if "requester" in names:
        extra["requester"] = shapes.requester(desk.person(ticket.requester_id))
    if "company" in names:
        company = desk.companies.get(ticket.company_id or 0)
        extra["company"] = {"id": company.id, "name": company.name} if company else {}
    if "stats" in names:
        extra["stats"] = shapes.stats(ticket)
    return extra


def _outbound_defaults(body: Body, agent_id: int) -> Body:
    """Documented: assigned to the agent who writes, and closed."""
    fixed = {name: body[name] for name in ("source", "responder_id", "requester_id", "phone") if name in body}
    checks.refuse_unknown(fixed, ())
    problems: list[FieldProblem] = [
        missing(name, it_should_be(kind))
        for name, kind in (
            ("email", "String"),
            ("subject", "String"),
            ("email_config_id", "Positive Integer"),
        )
        if body.get(name) is None
    ]
    if problems:
        raise Invalid(problems)
    return {
        "status": int(Status.CLOSED),
        "priority": 1,
        **body,
        "source": int(Source.OUTBOUND_EMAIL),
        "responder_id": agent_id,
    }


def _merge_references(body: Body, desk: Desk) -> list[FieldProblem]:
    def known(number: int) -> bool:
        return number in desk.tickets and desk.tickets[number].listed

    problems: list[FieldProblem] = []
    if not known(body["primary_id"]):
        problems.append(invalid_value("primary_id", "There is no ticket matching the given primary_id"))
    strangers = [str(number) for number in body["ticket_ids"] if not known(number)]
    if strangers or not body["ticket_ids"]:
        problems.append(
            invalid_value("ticket_ids", f"There are no records matching the ids: '{', '.join(strangers)}'")
        )
    for name in ("note_in_primary", "note_in_secondary"):
        note = body.get(name)
        if note is not None and (not isinstance(note.get("body"), str) or set(note) - {"body", "private"}):
            problems.append(missing(f"{name}.body", it_should_be("String")))
    return problems


def _merge_note(note: dict[str, Any] | None) -> NoteInMerge | None:
    return None if note is None else NoteInMerge(note["body"], bool(note.get("private", True)))

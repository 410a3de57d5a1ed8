"""Tickets: list, create, show, update."""

from typing import Any

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http import params
from escalation_bridge_sandbox.zendesk.http.api import (
    ApiBlueprint,
    base_url,
    by_api,
    ids_parameter,
    included,
    json_body,
)
from escalation_bridge_sandbox.zendesk.http.idempotency import LOOKUP_HEADER, recall, remember
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.http.params import TicketParams, ticket_params
from escalation_bridge_sandbox.zendesk.http.sideloads import beside, ticket_with_counts
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets.present import audit_json, ticket_json

WARNING_HEADER = "x-zendesk-api-warn"


def tickets_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("tickets")

    @api.get("/tickets")
    def list_tickets() -> Json:
        tickets = vendor.state.visible_tickets()
        external_id = flask.request.args.get("external_id")
        if external_id is not None:
            # Exact and at once, unlike the search index; several tickets may have the same one.
            tickets = [ticket for ticket in tickets if ticket.external_id == external_id]
        key, descending = _order()
        include = included()
        shown: list[Ticket] = []

        def show(ticket: Ticket) -> Json:
            shown.append(ticket)
            return ticket_with_counts(ticket, vendor.state, base_url(), include)

        page = paged("tickets", tickets, key, show, descending=descending)
        return page | beside(shown, vendor.state, base_url(), include)

    @api.post("/tickets")
    def create_ticket() -> flask.Response:
        body = json_body()
        state, now = vendor.state, vendor.clock.now()
        idempotency_key = flask.request.headers.get("Idempotency-Key")
        if idempotency_key:
            remembered = recall(state, idempotency_key, body, now)
            if remembered is not None:
                return _created(remembered.answer, remembered.location, {LOOKUP_HEADER: "hit"})
        wanted = ticket_params(body, params.CREATE)
        ticket, audit = vendor.desk.create(wanted.values, by_api())
        answer = {"ticket": ticket_json(ticket, state, base_url()), "audit": audit_json(audit)}
        location = f"{base_url()}/api/v2/tickets/{ticket.id}.json"
        headers = _warning(wanted, "create")
        if idempotency_key:
            remember(state, idempotency_key, body, answer, location, now)
            headers[LOOKUP_HEADER] = "miss"
        return _created(answer, location, headers)

    @api.get("/tickets/count")
    def count_tickets() -> Json:
        return {
            "count": {"value": len(vendor.state.visible_tickets()), "refreshed_at": iso(vendor.clock.now())}
        }

    @api.get("/tickets/show_many")
    def show_many() -> Json:
        ids = {int(text) for text in ids_parameter("ids") if text.isdigit()}
        tickets = [ticket for ticket in vendor.state.visible_tickets() if ticket.id in ids]
        include = included()
        shown = [ticket_with_counts(ticket, vendor.state, base_url(), include) for ticket in tickets]
        page = {"tickets": shown, "next_page": None, "previous_page": None, "count": len(shown)}
        return page | beside(tickets, vendor.state, base_url(), include)

    @api.get("/tickets/<int:ticket_id>")
    def show_ticket(ticket_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        include = included()
        shown = ticket_with_counts(ticket, vendor.state, base_url(), include, alone=True)
        return {"ticket": shown} | beside([ticket], vendor.state, base_url(), include)

    @api.put("/tickets/<int:ticket_id>")
    def update_ticket(ticket_id: int) -> tuple[Json, int, dict[str, str]]:
        ticket = vendor.state.visible_ticket(ticket_id)
        wanted = ticket_params(json_body(), params.UPDATE)
        changed, audit = vendor.desk.update(ticket, wanted.values, by_api())
        answer = {"ticket": ticket_json(changed, vendor.state, base_url()), "audit": audit_json(audit)}
        return answer, 200, _warning(wanted, "update")

    return api


def _order() -> tuple[Any, bool]:
    """`sort=-updated_at` with cursors, `sort_by=updated_at&sort_order=desc` with offsets; else by number."""
    args = flask.request.args
    name = args.get("sort") or args.get("sort_by") or "id"
    descending = name.startswith("-") or args.get("sort_order") == "desc"
    match name.lstrip("-"):
        case "updated_at":
            return lambda ticket: (iso(ticket.updated_at), ticket.id), descending
        case "created_at":
            return lambda ticket: (iso(ticket.created_at), ticket.id), descending
        case "status":
            return lambda ticket: (ticket.status, ticket.id), descending
    return lambda ticket: (ticket.id,), descending


def _warning(wanted: TicketParams, action: str) -> dict[str, str]:
    warning = wanted.warning(action)
    return {} if warning is None else {WARNING_HEADER: warning}


def _created(answer: Json, location: str, headers: dict[str, str]) -> flask.Response:
    response = flask.jsonify(answer)
    response.status_code = 201
    response.headers["Location"] = location
    response.headers.update(headers)
    return response

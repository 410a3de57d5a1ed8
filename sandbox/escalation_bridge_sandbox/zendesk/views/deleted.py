"""Deleting tickets, getting them back, deleting them for good."""

from collections.abc import Callable
from typing import Any

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, admins_only, base_url, by_api
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket
from escalation_bridge_sandbox.zendesk.state.times import iso_or_none
from escalation_bridge_sandbox.zendesk.tickets.desk import deleted_ticket
from escalation_bridge_sandbox.zendesk.tickets.present import job_json


def deleted_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("deleted")

    @api.delete("/tickets/<int:ticket_id>")
    def delete_ticket(ticket_id: int) -> tuple[str, int]:
        ticket = vendor.state.visible_ticket(ticket_id)
        # Agents delete only where their role says so; here it does not.
        admins_only()
        vendor.desk.delete(ticket, by_api())
        return "", 204

    @api.get("/deleted_tickets")
    def list_deleted() -> Json:
        deleted = [ticket for ticket in vendor.state.tickets.values() if ticket.deleted_at is not None]

        def show(ticket: Ticket) -> Json:
            actor = vendor.state.users.get(ticket.deleted_by or 0)
            return {
                "id": ticket.id,
                "subject": ticket.subject,
                "actor": None if actor is None else {"id": actor.id, "name": actor.name},
                "deleted_at": iso_or_none(ticket.deleted_at),
                "previous_state": ticket.status,
            }

        return paged("deleted_tickets", deleted, _order(), show, descending=_is_descending())

    @api.put("/tickets/<int:ticket_id>/mark_as_spam")
    def mark_as_spam(ticket_id: int) -> Json:
        """The ticket goes to the deleted ones; that its requester is suspended has no effect here."""
        ticket = vendor.state.visible_ticket(ticket_id)
        vendor.desk.delete(ticket, by_api(), kind="spam")
        return {}

    @api.put("/deleted_tickets/<int:ticket_id>/restore")
    def restore_ticket(ticket_id: int) -> Json:
        ticket = deleted_ticket(vendor.state, ticket_id)
        admins_only()
        vendor.desk.restore(ticket, by_api())
        return {}

    @api.delete("/deleted_tickets/<int:ticket_id>")
    def purge_ticket(ticket_id: int) -> Json:
        ticket = deleted_ticket(vendor.state, ticket_id)
        admins_only()
        vendor.desk.purge(ticket, by_api())
        job = vendor.finished_job("Bulk Delete Ticket", total=1, results={"success": True})
        return {"job_status": job_json(job, base_url(), queued=True)}

    return api


def _order() -> Callable[[Ticket], tuple[Any, ...]]:
    """By number, as it comes first with Zendesk; `sort_by` and `sort_order` are for pages by offset."""
    match flask.request.args.get("sort_by"):
        case "deleted_at":
            return lambda ticket: (iso_or_none(ticket.deleted_at) or "", ticket.id)
        case "subject":
            return lambda ticket: (ticket.subject or "", ticket.id)
    return lambda ticket: (ticket.id,)


def _is_descending() -> bool:
    return flask.request.args.get("sort_order") == "desc"

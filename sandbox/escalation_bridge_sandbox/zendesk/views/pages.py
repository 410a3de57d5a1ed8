"""`/agent/tickets/{id}`: a ticket as a page for people, where links to it point."""

import flask

from escalation_bridge_sandbox.kernel.pages import Entry, no_such_ticket, ticket_page
from escalation_bridge_sandbox.zendesk.account import ZendeskAccount


def pages_blueprint(vendor: ZendeskAccount) -> flask.Blueprint:
    pages = flask.Blueprint("zendesk_pages", __name__)

    @pages.get("/agent/tickets/<int:ticket_id>")
    def show(ticket_id: int) -> flask.Response:
        state = vendor.state
        ticket = state.tickets.get(ticket_id)
        if ticket is None or ticket.deleted_at is not None:
            return no_such_ticket()

        def name(user_id: int | None) -> str:
            user = state.users.get(user_id) if user_id is not None else None
            return user.name if user else ""

        facts = (
            ("Status", ticket.status),
            ("Priority", ticket.priority),
            ("Requester", name(ticket.requester_id)),
            ("Assignee", name(ticket.assignee_id)),
            ("Tags", ", ".join(ticket.tags)),
        )
        entries = [
            Entry(name(each.author_id), each.created_at.isoformat(), each.public, each.plain_body)
            for each in ticket.comments
        ]
        return ticket_page(f"#{ticket.id} {ticket.subject or ''}", facts, entries)

    return pages

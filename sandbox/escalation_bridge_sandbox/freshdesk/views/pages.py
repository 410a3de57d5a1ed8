"""`/a/tickets/{id}`: a ticket as a page for people, where links to it point."""

import flask

from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
from escalation_bridge_sandbox.freshdesk.state.text import plain_text
from escalation_bridge_sandbox.kernel.pages import Entry, no_such_ticket, ticket_page


def pages_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    pages = flask.Blueprint("freshdesk_pages", __name__)

    @pages.get("/a/tickets/<int:ticket_id>")
    def show(ticket_id: int) -> flask.Response:
        desk = vendor.helpdesk.desk
        ticket = desk.tickets.get(ticket_id)
        if ticket is None or ticket.deleted:
            return no_such_ticket()

        def name(user_id: int | None) -> str:
            if user_id is None:
                return ""
            person = desk.agents.get(user_id) or desk.contacts.get(user_id)
            return person.name if person else ""

        facts = (
            ("Status", desk.form.status(ticket.status).label),
            ("Type", ticket.type),
            ("Requester", name(ticket.requester_id)),
            ("Agent", name(ticket.responder_id)),
            ("Tags", ", ".join(ticket.tags)),
        )
        entries = [
            Entry(
                name(ticket.requester_id),
                ticket.created_at.isoformat(),
                public=True,
                markup=plain_text(ticket.description),
            ),
            *(
                Entry(
                    name(each.user_id), each.created_at.isoformat(), not each.private, plain_text(each.body)
                )
                for each in desk.conversations_of(ticket_id)
            ),
        ]
        return ticket_page(f"#{ticket.id} {ticket.subject}", facts, entries)

    return pages

"""The state of an account: tables, numbering, and finding people."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime

from escalation_bridge_sandbox.freshdesk.state.form import TicketForm
from escalation_bridge_sandbox.freshdesk.state.records import (
    Agent,
    Attachment,
    Company,
    Contact,
    Conversation,
    EmailConfig,
    Group,
    Standing,
    Ticket,
    TicketScope,
    Upload,
)

# Where the vendor's numbers are in recorded accounts: tickets count from 1, all else is very long.
FIRST_ID = 82_000_000_001


class Desk:
    """Plain tables; what happens on a change is decided in `operations`."""

    def __init__(self, form: TicketForm) -> None:
        self.form = form
        self.standing = Standing.ACTIVE
        self.agents: dict[int, Agent] = {}
        self.groups: dict[int, Group] = {}
        self.contacts: dict[int, Contact] = {}
        self.companies: dict[int, Company] = {}
        self.email_configs: dict[int, EmailConfig] = {}
        self.tickets: dict[int, Ticket] = {}
        self.conversations: dict[int, Conversation] = {}
        self.pictures: dict[int, Attachment] = {}
        """Pasted pictures: no list of attachments has them, only texts name their addresses."""
        self._ids = itertools.count(FIRST_ID)
        self._ticket_ids = itertools.count(1)

    def new_id(self) -> int:
        return next(self._ids)

    def new_ticket_id(self) -> int:
        return next(self._ticket_ids)

    def agent_with_key(self, api_key: str) -> Agent | None:
        return next((agent for agent in self.agents.values() if agent.api_key == api_key), None)

    def person(self, user_id: int) -> Agent | Contact | None:
        """Agents and contacts share one numbering, as they do at the vendor."""
        return self.agents.get(user_id) or self.contacts.get(user_id)

    def may_see(self, agent: Agent, ticket: Ticket) -> bool:
        """Whether the ticket is within the agent's scope: its own, its groups', or everybody's."""
        if agent.ticket_scope is TicketScope.GLOBAL or ticket.responder_id == agent.id:
            return True
        group = self.groups.get(ticket.group_id or 0)
        return agent.ticket_scope is TicketScope.GROUP and group is not None and agent.id in group.agent_ids

    def conversations_of(self, ticket_id: int) -> list[Conversation]:
        """Oldest first."""
        return [entry for entry in self.conversations.values() if entry.ticket_id == ticket_id]

    def attachments_of(self, ticket: Ticket) -> Iterator[Attachment]:
        """The ticket's own and those of its conversations."""
        yield from ticket.attachments
        for conversation in self.conversations_of(ticket.id):
            yield from conversation.attachments

    def find_attachment(self, attachment_id: int) -> Attachment | None:
        everywhere = itertools.chain(
            *(ticket.attachments for ticket in self.tickets.values()),
            *(conversation.attachments for conversation in self.conversations.values()),
            self.pictures.values(),
        )
        return next((entry for entry in everywhere if entry.id == attachment_id), None)

    def drop_attachment(self, attachment_id: int) -> bool:
        holders: list[Ticket | Conversation] = [*self.tickets.values(), *self.conversations.values()]
        for holder in holders:
            kept = [entry for entry in holder.attachments if entry.id != attachment_id]
            if len(kept) < len(holder.attachments):
                holder.attachments = kept
                return True
        return False

    def store(self, uploads: Iterable[Upload], now: datetime) -> list[Attachment]:
        return [
            Attachment(self.new_id(), upload.name, upload.content_type, upload.content, now)
            for upload in uploads
        ]

    def contact_by(self, attribute: str, value: str) -> Contact | None:
        """A contact by one of its unique attributes; e-mail addresses are compared without case."""
        if attribute == "email":
            wanted = value.lower()
            return next(
                (
                    contact
                    for contact in self.contacts.values()
                    if wanted in {(contact.email or "").lower(), *map(str.lower, contact.other_emails)}
                ),
                None,
            )
        return next(
            (contact for contact in self.contacts.values() if getattr(contact, attribute) == value), None
        )

    def contact_by_phone(self, number: str) -> Contact | None:
        return next(
            (contact for contact in self.contacts.values() if number in {contact.phone, contact.mobile}), None
        )

    def company_of_address(self, email: str | None) -> int | None:
        """The company that has the address's domain: contacts are associated with it by themselves."""
        domain = (email or "").rpartition("@")[2].lower()
        return next(
            (company.id for company in self.companies.values() if domain and domain in company.domains), None
        )

    def add_contact(self, name: str, now: datetime, **attributes: str | None) -> Contact:
        contact = Contact(id=self.new_id(), name=name, created_at=now, updated_at=now)
        for attribute, value in attributes.items():
            setattr(contact, attribute, value)
        contact.company_id = self.company_of_address(contact.email)
        self.contacts[contact.id] = contact
        return contact

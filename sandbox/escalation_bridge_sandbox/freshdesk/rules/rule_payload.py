"""What a rule's webhook carries: labels instead of codes, strings instead of numbers, and no escaping."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from escalation_bridge_sandbox.freshdesk.rules.rules import AdvancedContent, SimpleContent
from escalation_bridge_sandbox.freshdesk.state.desk import Desk
from escalation_bridge_sandbox.freshdesk.state.form import PRIORITY_LABELS, SOURCE_LABELS
from escalation_bridge_sandbox.freshdesk.state.records import Contact, Priority, Source, Ticket
from escalation_bridge_sandbox.freshdesk.tickets.shapes import instant

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_.]+)\s*\}\}")


@dataclass(frozen=True)
class Subject:
    """What a payload is about."""

    ticket: Ticket
    desk: Desk
    base_url: str
    triggered_event: str

    def latest(self, *, private: bool) -> str:
        """Recorded: the author's name, a colon between spaces, and the HTML."""
        entries = [entry for entry in self.desk.conversations_of(self.ticket.id) if entry.private is private]
        if not entries:
            return ""
        author = self.desk.person(entries[-1].user_id)
        return f"{author.name if author else ''} : {entries[-1].body}"

    def requester(self, attribute: str) -> str:
        return _text(getattr(self.desk.person(self.ticket.requester_id), attribute, None))

    def agent(self, attribute: str) -> str:
        return _text(getattr(self.desk.agents.get(self.ticket.responder_id or 0), attribute, None))

    def company(self) -> str:
        person = self.desk.person(self.ticket.requester_id)
        company_id = person.company_id if isinstance(person, Contact) else None
        company = self.desk.companies.get(self.ticket.company_id or company_id or 0)
        return company.name if company else ""

    def group(self) -> str:
        group = self.desk.groups.get(self.ticket.group_id or 0)
        return group.name if group else ""

    def due(self) -> str:
        shown = self.ticket.sla.shown
        return _text(instant(shown.due_by) if shown else None)


Value = Callable[[Subject], str]

_VALUES: Mapping[str, Value] = {
    "triggered_event": lambda about: about.triggered_event,
    "ticket_id": lambda about: str(about.ticket.id),
    "ticket_url": lambda about: f"{about.base_url}/helpdesk/tickets/{about.ticket.id}",
    "ticket_portal_url": lambda about: f"{about.base_url}/support/tickets/{about.ticket.id}",
    "ticket_subject": lambda about: about.ticket.subject,
    "ticket_description": lambda about: about.ticket.description,
    "ticket_type": lambda about: _text(about.ticket.type),
    "ticket_status": lambda about: about.desk.form.status(about.ticket.status).label,
    "ticket_priority": lambda about: PRIORITY_LABELS[Priority(about.ticket.priority)],
    "ticket_source": lambda about: SOURCE_LABELS[Source(about.ticket.source)],
    "ticket_tags": lambda about: ", ".join(about.ticket.tags),
    "ticket_due_by_time": lambda about: about.due(),
    "ticket_latest_public_comment": lambda about: about.latest(private=False),
    "ticket_latest_private_comment": lambda about: about.latest(private=True),
    "ticket_group_name": lambda about: about.group(),
    "ticket_agent_name": lambda about: about.agent("name"),
    "ticket_agent_email": lambda about: about.agent("email"),
    "ticket_contact_unique_external_id": lambda about: about.requester("unique_external_id"),
    "requester_name": lambda about: about.requester("name"),
    "requester_email": lambda about: about.requester("email"),
    "requester_phone": lambda about: about.requester("phone"),
    "requester_company_name": lambda about: about.company(),
}
# Recorded: triggered_event, ticket_{id,url,type,subject,description,status,priority,latest_public_comment},
# ticket_contact_unique_external_id and requester_{name,email}. The others follow the pattern and are not verified.
SIMPLE_FIELDS = tuple(_VALUES)

_PLACEHOLDERS: Mapping[str, str] = {
    "triggered_event": "triggered_event",
    "ticket.id": "ticket_id",
    "ticket.url": "ticket_url",
    "ticket.portal_url": "ticket_portal_url",
    "ticket.subject": "ticket_subject",
    "ticket.description": "ticket_description",
    "ticket.ticket_type": "ticket_type",
    "ticket.status": "ticket_status",
    "ticket.priority": "ticket_priority",
    "ticket.source": "ticket_source",
    "ticket.tags": "ticket_tags",
    "ticket.due_by_time": "ticket_due_by_time",
    "ticket.latest_public_comment": "ticket_latest_public_comment",
    "ticket.latest_private_comment": "ticket_latest_private_comment",
    "ticket.group.name": "ticket_group_name",
    "ticket.agent.name": "ticket_agent_name",
    "ticket.agent.email": "ticket_agent_email",
    "ticket.requester.name": "requester_name",
    "ticket.requester.email": "requester_email",
    "ticket.requester.phone": "requester_phone",
    "ticket.requester.company_name": "requester_company_name",
    "ticket.company.name": "requester_company_name",
}


def webhook_body(content: SimpleContent | AdvancedContent | None, about: Subject) -> bytes:
    """The body: a wrapped object of the picked fields, or the admin's text with the placeholders filled in.

    Nothing is escaped in the latter, so that a quote in a subject breaks the JSON the admin had in mind.
    """
    match content:
        case None:
            return b""
        case SimpleContent(fields, numeric_ids):
            picked: dict[str, object] = {name: _VALUES[name](about) for name in fields}
            if numeric_ids and "ticket_id" in picked:
                picked["ticket_id"] = about.ticket.id
            return json.dumps({"freshdesk_webhook": picked}, ensure_ascii=False).encode()
        case AdvancedContent(text):
            return _PLACEHOLDER.sub(lambda match: _placeholder(match[1], about), text).encode()


def _placeholder(name: str, about: Subject) -> str:
    if name in _PLACEHOLDERS:
        return _VALUES[_PLACEHOLDERS[name]](about)
    custom = about.ticket.custom_fields.get(name.removeprefix("ticket."))
    # An unknown placeholder becomes nothing.
    return _text(custom)


def _text(value: object) -> str:
    return "" if value is None else str(value)

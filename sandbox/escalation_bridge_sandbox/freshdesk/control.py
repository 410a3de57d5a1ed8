"""What people do who have no API: customers who write, admins who make rules, agents who press "Spam"."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import flask

from escalation_bridge_sandbox.freshdesk.input.requesters import RequesterWish
from escalation_bridge_sandbox.freshdesk.input.ticket_input import TicketWish
from escalation_bridge_sandbox.freshdesk.rules.rule_json import RULE_KEYS, read_rule
from escalation_bridge_sandbox.freshdesk.state.events import Actor
from escalation_bridge_sandbox.freshdesk.state.records import (
    ConversationSource,
    Role,
    Source,
    Standing,
    Ticket,
    TicketScope,
    Upload,
)
from escalation_bridge_sandbox.freshdesk.state.text import from_plain
from escalation_bridge_sandbox.freshdesk.tickets import shapes
from escalation_bridge_sandbox.freshdesk.tickets.operations import NewConversation
from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX, ControlError, control_body

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.rules.rules import Rule
    from escalation_bridge_sandbox.freshdesk.state.desk import Desk

CHANNELS = {
    "email": Source.EMAIL,
    "portal": Source.PORTAL,
    "phone": Source.PHONE,
    "twitter": Source.TWITTER,
    "facebook": Source.FACEBOOK,
    "chat": Source.CHAT,
    "feedback_widget": Source.FEEDBACK_WIDGET,
    "whatsapp": Source.WHATSAPP,
}
SENDER_KEYS = ("email", "phone", "name", "twitter_id", "facebook_id")
INBOUND_KEYS = (
    "channel", "from", "subject", "body", "ticket_id", "priority", "cc_emails", "attachments", "kind", "auto_response",
    "html"
)  # fmt: skip
KINDS = {
    "reply": ConversationSource.REPLY,
    "survey": ConversationSource.SURVEY,
    "tweet": ConversationSource.TWEET,
    "facebook_post": ConversationSource.FACEBOOK_POST,
}
CONTACT_KEYS: dict[str, type] = {"blocked": bool, "email": str}


def control_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    control = flask.Blueprint("freshdesk_control", __name__, url_prefix=CONTROL_PREFIX)

    @control.post("/inbound")
    def receive() -> tuple[dict[str, Any], int]:
        """A customer's message: a new ticket, or with `ticket_id` a reply to one."""
        body = control_body(INBOUND_KEYS)
        desk, now = vendor.helpdesk.desk, vendor.helpdesk.now()
        text = _text(body, "body")
        uploads = [_upload(entry) for entry in _list(body, "attachments")]
        if "ticket_id" in body:
            ticket = _followed(desk, _ticket(desk, body["ticket_id"]))
            user_id = _sender(body, desk).fulfil(desk, now) if "from" in body else ticket.requester_id
            new = replace(
                _incoming(user_id, text, desk, uploads),
                body=_markup(body, text),
                source=_kind(body),
                auto_response=body.get("auto_response") is True,
                cc_emails=_list(body, "cc_emails"),
            )
            entry = vendor.helpdesk.add_conversation(ticket, new, Actor.REQUESTER)
            return {"ticket_id": ticket.id, "conversation_id": entry.id}, 201
        channel = CHANNELS.get(body.get("channel", "email"))
        if channel is None:
            raise ControlError(f"channel must be one of {', '.join(CHANNELS)}")
        values = {
            "subject": str(body.get("subject") or text.splitlines()[0][:80]),
            "description": _markup(body, text),
            "source": int(channel),
            "priority": _priority(body),
            "cc_emails": _list(body, "cc_emails"),
        }
        if channel is Source.EMAIL:
            values["email_config_id"] = next(iter(desk.email_configs))
        wish = TicketWish(values, {}, _sender(body, desk))
        created = vendor.helpdesk.create_ticket(wish, uploads, Actor.REQUESTER)
        return {"ticket_id": created.id, "conversation_id": None}, 201

    @control.post("/pictures")
    def paste() -> tuple[dict[str, Any], int]:
        """A picture that somebody pastes into an editor: the address that it gets, for an `img` in a text."""
        (picture,) = vendor.helpdesk.desk.store(
            [_upload(control_body(("name", "content_base64", "content_type")))], vendor.helpdesk.now()
        )
        vendor.helpdesk.desk.pictures[picture.id] = picture
        return {"id": picture.id, "src": vendor.links.inline_url(vendor.base_url, picture)}, 201

    @control.put("/contacts/<int:contact_id>")
    def change_contact(contact_id: int) -> dict[str, Any]:
        """Block a contact, or take the address away, as the page of a contact does."""
        body, contact = control_body(CONTACT_KEYS), vendor.helpdesk.desk.contacts.get(contact_id)
        if contact is None:
            raise ControlError(f"there is no contact {contact_id}")
        for key, value in body.items():
            if not (isinstance(value, CONTACT_KEYS[key]) or (key == "email" and value is None)):
                raise ControlError(f"{key} must be a {CONTACT_KEYS[key].__name__}")
            setattr(contact, key, value)
        return shapes.contact_full(contact)

    @control.post("/automation")
    def automation_writes() -> tuple[dict[str, Any], int]:
        """A public reply that an automation rule or an e-mail notification writes in an agent's name."""
        body = control_body(("ticket_id", "body", "agent"))
        desk = vendor.helpdesk.desk
        ticket, agent = _ticket(desk, body.get("ticket_id")), desk.agents.get(body.get("agent", 0))
        new = NewConversation(
            user_id=agent.id if agent else next(iter(desk.agents)),
            body=from_plain(_text(body, "body")),
            source=ConversationSource.REPLY,
            private=False,
            automation_id=1,
        )
        return {"conversation_id": vendor.helpdesk.add_conversation(ticket, new, Actor.SYSTEM).id}, 201

    @control.post("/spam")
    def mark_spam() -> dict[str, Any]:
        body = control_body(("ticket_id", "spam"))
        ticket, spam = _ticket(vendor.helpdesk.desk, body.get("ticket_id")), body.get("spam", True)
        if not isinstance(spam, bool):
            raise ControlError("spam must be true or false")
        vendor.helpdesk.set_spam(ticket, spam)
        return {"ticket_id": ticket.id, "spam": ticket.spam}

    @control.post("/standing")
    def set_standing() -> dict[str, Any]:
        """Suspend the account, take its API away with the plan, or make all good again."""
        wanted = control_body(("standing",)).get("standing")
        if wanted not in list(Standing):
            raise ControlError(f"standing must be one of {', '.join(Standing)}")
        vendor.helpdesk.desk.standing = Standing(wanted)
        return {"standing": wanted}

    @control.post("/scope")
    def set_scope() -> dict[str, Any]:
        """Let an agent see all tickets (1), those of the own groups (2), or only the own ones (3)."""
        body = control_body(("email", "ticket_scope"))
        agents = vendor.helpdesk.desk.agents
        agent = next((one for one in agents.values() if one.email == body.get("email")), None)
        if agent is None:
            raise ControlError(f"email: there is no agent {body.get('email')!r}")
        if body.get("ticket_scope") not in list(TicketScope):
            raise ControlError("ticket_scope must be 1, 2 or 3")
        agents[agent.id] = replace(agent, ticket_scope=TicketScope(body["ticket_scope"]))
        return {"email": agent.email, "ticket_scope": body["ticket_scope"]}

    @control.put("/groups/<int:group_id>")
    def change_group(group_id: int) -> dict[str, Any]:
        """Put agents into a group, or let it assign tickets automatically, as its page for admins does."""
        body, groups = control_body(("agent_ids", "auto_ticket_assign")), vendor.helpdesk.desk.groups
        if group_id not in groups:
            raise ControlError(f"there is no group {group_id}")
        group = groups[group_id]
        agent_ids = _list(body, "agent_ids") if "agent_ids" in body else list(group.agent_ids)
        automatic = body.get("auto_ticket_assign", group.auto_ticket_assign)
        if unknown := [agent for agent in agent_ids if agent not in vendor.helpdesk.desk.agents]:
            raise ControlError(f"there is no agent {unknown[0]!r}")
        if not isinstance(automatic, bool):
            raise ControlError("auto_ticket_assign must be true or false")
        groups[group_id] = replace(group, agent_ids=tuple(agent_ids), auto_ticket_assign=automatic)
        return shapes.group_full(groups[group_id])

    @control.put("/agents/<int:agent_id>")
    def change_agent(agent_id: int) -> dict[str, Any]:
        """An agent sets whether new tickets are taken, with the button for that; an admin gives the agent a role."""
        body, agents = control_body(("available", "role")), vendor.helpdesk.desk.agents
        if agent_id not in agents:
            raise ControlError(f"there is no agent {agent_id}")
        agent = agents[agent_id]
        available, role = body.get("available", agent.available), body.get("role", agent.role)
        if not isinstance(available, bool):
            raise ControlError("available must be true or false")
        if role not in set(Role):
            raise ControlError(f"role must be one of {', '.join(Role)}")
        agents[agent_id] = replace(agent, available=available, role=Role(role))
        return shapes.agent_row(agents[agent_id])

    @control.get("/rules")
    def list_rules() -> dict[str, Any]:
        return {"rules": [_shown(rule) for rule in vendor.automation.rules.values()]}

    @control.post("/rules")
    def add_rule() -> tuple[dict[str, Any], int]:
        rule = read_rule(control_body(RULE_KEYS), vendor.automation.next_id(), vendor.helpdesk.desk.form)
        vendor.automation.rules[rule.id] = rule
        return _shown(rule), 201

    @control.delete("/rules")
    @control.delete("/rules/<int:rule_id>")
    def remove_rules(rule_id: int | None = None) -> tuple[str, int]:
        if rule_id is None:
            vendor.automation.rules.clear()
        else:
            vendor.automation.rules.pop(rule_id, None)
        return "", 204

    @control.get("/people")
    def people() -> dict[str, Any]:
        """Who there is, with ids: for trying things out without looking for them through the API."""
        desk = vendor.helpdesk.desk
        return {
            "agents": [
                {"id": agent.id, "name": agent.name, "email": agent.email, "api_key": agent.api_key}
                for agent in desk.agents.values()
            ],
            "contacts": [shapes.requester(contact) for contact in desk.contacts.values()],
            "groups": [{"id": group.id, "name": group.name} for group in desk.groups.values()],
            "companies": [{"id": company.id, "name": company.name} for company in desk.companies.values()],
        }

    return control


def _incoming(user_id: int, text: str, desk: Desk, uploads: list[Upload]) -> NewConversation:
    sender = desk.person(user_id)
    return NewConversation(
        user_id=user_id,
        body=from_plain(text),
        source=ConversationSource.REPLY,
        private=False,
        incoming=True,
        from_email=sender.email if sender else None,
        to_emails=[next(iter(desk.email_configs.values())).reply_email],
        uploads=uploads,
    )


def _followed(desk: Desk, ticket: Ticket) -> Ticket:
    """Answers to a merged ticket go to the one it was merged into."""
    while ticket.merged_into is not None:
        ticket = desk.tickets[ticket.merged_into]
    return ticket


def _ticket(desk: Desk, number: object) -> Ticket:
    ticket = desk.tickets.get(number) if isinstance(number, int) else None
    if ticket is None:
        raise ControlError(f"ticket_id: there is no ticket {number!r}")
    return ticket


def _sender(body: dict[str, Any], desk: Desk) -> RequesterWish:
    sender = body.get("from")
    if not isinstance(sender, dict) or set(sender) - set(SENDER_KEYS):
        raise ControlError(f"from must be an object with {', '.join(SENDER_KEYS)}")
    email, phone = sender.get("email"), sender.get("phone")
    handle = next((name for name in ("twitter_id", "facebook_id") if sender.get(name)), None)
    if handle is not None:
        found = desk.contact_by(handle, str(sender[handle]))
        identity = {handle: str(sender[handle])}
    elif isinstance(email, str) and "@" in email:
        found = desk.contact_by("email", email)
        identity = {"email": email}
    elif isinstance(phone, str) and phone:
        found = desk.contact_by_phone(phone)
        identity = {"phone": phone}
    else:
        raise ControlError("from needs an email, a phone, a twitter_id or a facebook_id")
    if found is not None:
        return RequesterWish(user_id=found.id)
    name = str(sender.get("name") or next(iter(identity.values())).partition("@")[0])
    return RequesterWish(name=name, attributes=identity)


def _kind(body: dict[str, Any]) -> ConversationSource:
    kind = KINDS.get(body.get("kind", "reply"))
    if kind is None:
        raise ControlError(f"kind must be one of {', '.join(KINDS)}")
    return kind


def _markup(body: dict[str, Any], text: str) -> str:
    return _text(body, "html") if "html" in body else from_plain(text)


def _priority(body: dict[str, Any]) -> int:
    priority = body.get("priority", 1)
    if priority not in (1, 2, 3, 4):
        raise ControlError("priority must be 1, 2, 3 or 4")
    return int(priority)


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ControlError(f"{key} must be a text")
    return value


def _list(body: dict[str, Any], key: str) -> list[Any]:
    value = body.get(key, [])
    if not isinstance(value, list):
        raise ControlError(f"{key} must be a list")
    return value


def _upload(entry: object) -> Upload:
    match entry:
        case {"name": str() as name, "content_base64": str() as text, **rest} if set(rest) <= {
            "content_type"
        }:
            try:
                content = base64.b64decode(text, validate=True)
            except binascii.Error as problem:
                raise ControlError("content_base64 is no base64") from problem
            return Upload(name, str(rest.get("content_type", "application/octet-stream")), content)
        case _:
            raise ControlError("an attachment has name, content_base64 and, if known, content_type")


def _shown(rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, **rule.source}

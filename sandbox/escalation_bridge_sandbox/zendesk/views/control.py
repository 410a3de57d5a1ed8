"""What no API of Zendesk's offers: customers writing, the automation that closes, the account's switches."""

import base64
import binascii
import dataclasses
from typing import Any

import flask

from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX, ControlError, control_body
from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import base_url
from escalation_bridge_sandbox.zendesk.http.params import tag_list
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.records import Json, Message, Ticket, Upload, User
from escalation_bridge_sandbox.zendesk.tickets import channels, messaging
from escalation_bridge_sandbox.zendesk.tickets.channels import Channel
from escalation_bridge_sandbox.zendesk.tickets.desk import Deed
from escalation_bridge_sandbox.zendesk.tickets.metrics import METRICS
from escalation_bridge_sandbox.zendesk.tickets.people import find_or_make_requester
from escalation_bridge_sandbox.zendesk.tickets.present import attachment_json, ticket_json, user_json
from escalation_bridge_sandbox.zendesk.views.account import ROLES

TEXT_KEYS = ("channel", "email", "name", "subject", "body", "html_body", "priority")
INBOUND_KEYS = (*TEXT_KEYS, "ticket_id", "tags", "attachments", "automatic")
USER_KEYS: dict[str, type] = {
    "suspended": bool,
    "active": bool,
    "role": str,
    "custom_role_id": int,
    "email": str,
    "name": str,
    "group_ids": list,
    "locale": str,
    "iana_time_zone": str,
}
CHANGEABLE = {"search_lag_seconds": float, "webhook_timeout": float, "solve_needs_assignee": bool}


def control_blueprint(vendor: ZendeskAccount) -> flask.Blueprint:
    control = flask.Blueprint("zendesk_control", __name__, url_prefix=CONTROL_PREFIX)

    @control.post("/inbound")
    def customer_writes() -> tuple[Json, int]:
        """A message of a customer's: a new ticket, or with `ticket_id` a reply to one."""
        body = control_body(INBOUND_KEYS)
        for key in TEXT_KEYS:
            if not isinstance(body.get(key, ""), str):
                raise ControlError(f"{key} must be a text")
        channel = channels.INBOUND.get(str(body.get("channel", "email")))
        if channel is None:
            raise ControlError(f"channel must be one of {', '.join(channels.INBOUND)}")
        if not body.get("body") and not body.get("html_body"):
            raise ControlError("body or html_body is missing: what the customer writes")
        if body.get("ticket_id") is None:
            ticket = _new_ticket(vendor, body, channel)
        else:
            ticket = _reply(vendor, body, channel)
        return {"ticket_id": ticket.id, "ticket": ticket_json(ticket, vendor.state, base_url())}, 201

    @control.post("/message")
    def add_message() -> tuple[Json, int]:
        """What an agent or a bot says in a conversation, as the Agent Workspace and the bot do; no API of tickets can."""
        body = control_body(("ticket_id", "by", "body"))
        ticket, by = _ticket(vendor, body.get("ticket_id")), body.get("by", "agent")
        if by not in messaging.AUTHORS[1:] or not isinstance(body.get("body"), str):
            raise ControlError("by must be agent or bot, and body a text")
        if not messaging.is_conversation(ticket.channel):
            raise ControlError("the ticket is no conversation")
        agent = vendor.state.users[seed.AGENT_SARI.id]
        now = vendor.clock.now().replace(microsecond=0)
        message = messaging.message(vendor.state, by, agent if by == "agent" else None, body["body"], now)
        deed = Deed.by_api(agent, "Agent Workspace")
        if by == "agent":
            vendor.desk.add_message(ticket, message, deed)
        else:
            ticket.messages.append(message)
        return {"id": message.id}, 201

    @control.post("/satisfaction")
    def rate() -> Json:
        """The account offers its survey (`offered`), or the requester answers it (`good`, `bad`) once the ticket was solved."""
        body = control_body(("ticket_id", "score", "comment"))
        ticket, score = _ticket(vendor, body.get("ticket_id")), body.get("score")
        if score not in ("offered", "good", "bad"):
            raise ControlError("score must be offered, good or bad")
        if ticket.status not in ("solved", "closed"):
            raise ControlError(f"only solved tickets are rated; this one is {ticket.status}")
        ticket.satisfaction = {"id": vendor.state.next_id(), "score": score, "comment": body.get("comment")}
        return {"ticket": ticket_json(ticket, vendor.state, base_url())}

    @control.post("/close")
    def close_solved() -> Json:
        """Zendesk's own automation closes tickets some days after they were solved."""
        ticket = _ticket(vendor, control_body(("ticket_id",)).get("ticket_id"))
        if ticket.status != "solved":
            raise ControlError(f"only solved tickets are closed; this one is {ticket.status}")
        actor = vendor.state.users[seed.ADMIN.id]
        vendor.desk.close(ticket, Deed(actor, channels.RULE, "Automation", channels.via(channels.RULE)))
        return {"ticket": ticket_json(vendor.state.tickets[ticket.id], vendor.state, base_url())}

    @control.put("/users/<int:user_id>")
    def change_user(user_id: int) -> Json:
        """What admins do in the pages for people: suspend, delete, downgrade, give a role, put into groups, take an address away, set the language and the time zone."""
        user = vendor.state.users.get(user_id)
        if user is None:
            raise ControlError(f"there is no user {user_id}")
        body = control_body(USER_KEYS)
        for key, value in body.items():
            if not (isinstance(value, USER_KEYS[key]) or (key == "email" and value is None)):
                raise ControlError(f"{key} must be a {USER_KEYS[key].__name__}")
        if unknown := [group for group in body.get("group_ids", ()) if group not in vendor.state.groups]:
            raise ControlError(f"there is no group {unknown[0]!r}")
        if body.get("role") not in (None, "end-user", "agent", "admin"):
            raise ControlError("role must be end-user, agent or admin")
        if body.get("custom_role_id", seed.ROLE_AGENT) not in ROLES:
            raise ControlError(f"there is no role {body['custom_role_id']!r}")
        for key, value in body.items():
            setattr(user, key, value)
        if not user.is_staff:
            user.light, user.group_ids, user.custom_role_id = False, [], None
        return {"user": user_json(user, base_url())}

    @control.put("/sla")
    def set_sla() -> Json:
        """The account's own SLA policy: minutes by metric, for all tickets."""
        body = control_body(METRICS)
        for name, minutes in body.items():
            if isinstance(minutes, bool) or not isinstance(minutes, int) or minutes <= 0:
                raise ControlError(f"{name} must be a number of minutes")
        vendor.state.sla_targets = body
        return body

    @control.get("/settings")
    def show_settings() -> Json:
        return dataclasses.asdict(vendor.settings)

    @control.put("/settings")
    def change_settings() -> Json:
        body = control_body(CHANGEABLE)
        for key, value in body.items():
            is_flag = CHANGEABLE[key] is bool
            if (
                isinstance(value, bool) is not is_flag
                or not isinstance(value, bool | int | float)
                or value < 0
            ):
                raise ControlError(f"{key} must be {'true or false' if is_flag else 'a number of seconds'}")
        for key, value in body.items():
            setattr(vendor.settings, key, value)
        return dataclasses.asdict(vendor.settings)

    return control


def _new_ticket(vendor: ZendeskAccount, body: Json, channel: Channel) -> Ticket:
    if not body.get("email") and not body.get("name"):
        raise ControlError("email (or name, for channels without one) is missing: who writes")
    sender = {"email": body.get("email"), "name": body.get("name") or _name_of(body.get("email"))}
    customer = find_or_make_requester(vendor.state, sender, vendor.clock.now())
    return _create(vendor, body, channel, customer, {})


def _reply(vendor: ZendeskAccount, body: Json, channel: Channel) -> Ticket:
    ticket = _ticket(vendor, body["ticket_id"])
    customer = vendor.state.users[ticket.requester_id]
    if body.get("email"):
        sender = {"email": body["email"], "name": body.get("name") or _name_of(body["email"])}
        customer = find_or_make_requester(vendor.state, sender, vendor.clock.now())
    if messaging.is_conversation(ticket.channel) and ticket.status != "closed":
        vendor.desk.add_message(ticket, _message(vendor, body, customer), _deed(customer, channel))
        return vendor.state.tickets[ticket.id]
    if ticket.status == "closed":
        # A reply to a closed ticket becomes a follow-up.
        return _create(vendor, body, channel, customer, {"via_followup_source_id": ticket.id})
    changed, audit = vendor.desk.update(ticket, {"comment": _comment(vendor, body)}, _deed(customer, channel))
    if body.get("automatic") is True:
        # Documented: flag 4, "The comment was automatically generated".
        audit.metadata["flags"], audit.metadata["flags_options"] = [4], {"4": {"trusted": True}}
    return changed


def _message(vendor: ZendeskAccount, body: Json, customer: User) -> Message:
    files = [
        attachment
        for token in _comment(vendor, body)["uploads"]
        for attachment in vendor.state.uploads.pop(token).attachments
    ]
    now = vendor.clock.now().replace(microsecond=0)
    return messaging.message(vendor.state, "user", customer, str(body.get("body") or ""), now, files)


def _create(vendor: ZendeskAccount, body: Json, channel: Channel, customer: User, more: Json) -> Ticket:
    is_conversation = messaging.is_conversation(channel.rest)
    opened = {"body": messaging.opening(customer), "public": False}
    values: Json = {
        "subject": opened["body"]
        if is_conversation
        else body.get("subject") or str(body.get("body") or "")[:60] or None,
        "comment": opened if is_conversation else _comment(vendor, body),
        **({"tags": _tags(body)} if "tags" in body else {}),
        **({"priority": body["priority"]} if "priority" in body else {}),
        **more,
    }
    message = _message(vendor, body, customer) if is_conversation else None
    ticket, _ = vendor.desk.create(values, _deed(customer, channel))
    if message is not None:
        ticket.messages.append(message)
    return ticket


def _comment(vendor: ZendeskAccount, body: Json) -> Json:
    attached = body.get("attachments", [])
    if not isinstance(attached, list):
        raise ControlError("attachments must be a list")
    uploads = [_attach(vendor, entry) for entry in attached]
    texts = {key: str(body[key]) for key in ("body", "html_body") if body.get(key)}
    for file in (file for upload in uploads for file in upload.attachments):
        # A mail names its pictures by `cid:`; Zendesk stores them and puts their addresses into the text.
        address = attachment_json(file, base_url())["content_url"]
        texts = {key: text.replace(f"cid:{file.file_name}", address) for key, text in texts.items()}
    return {"public": True, "uploads": [upload.token for upload in uploads], **texts}


def _attach(vendor: ZendeskAccount, entry: Any) -> Upload:
    match entry:
        case {"name": str() as name, "content_base64": str() as text, **rest} if rest.keys() <= {
            "content_type"
        }:
            try:
                content = base64.b64decode(text, validate=True)
            except binascii.Error as problem:
                raise ControlError("content_base64 is no base64") from problem
            content_type = str(rest.get("content_type", "application/octet-stream"))
            return vendor.keep_upload(name, content_type, content, None)
    raise ControlError("an attachment has name, content_base64 and, if known, content_type")


def _tags(body: Json) -> list[str]:
    tags = body.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ControlError("tags must be a list of texts")
    return tag_list(tags)


def _deed(customer: User, channel: Channel) -> Deed:
    return Deed(customer, channel, f"sandbox {channel.rest}", channels.via(channel, sender=customer))


def _ticket(vendor: ZendeskAccount, number: Any) -> Ticket:
    ticket = vendor.state.tickets.get(number) if isinstance(number, int) else None
    if ticket is None or ticket.deleted_at is not None:
        raise ControlError("ticket_id must be the number of a ticket that is there")
    return ticket


def _name_of(email: Any) -> str:
    return str(email or "").partition("@")[0]

"""The JSON of what the API answers with, field by field as recorded and documented."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from escalation_bridge_sandbox.freshdesk.state.records import (
    Agent,
    Association,
    Attachment,
    Company,
    Contact,
    Conversation,
    ConversationSource,
    EmailConfig,
    Group,
    Ticket,
)
from escalation_bridge_sandbox.freshdesk.state.text import plain_text

Json = dict[str, Any]
_CATEGORY_OF_SURVEYS = 7

AttachmentUrl = Callable[[Attachment], str]


def instant(value: datetime | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket_row(ticket: Ticket) -> Json:
    """A ticket as it stands in a list."""
    dues = ticket.sla.shown
    row: Json = {
        "cc_emails": ticket.cc_emails,
        "fwd_emails": ticket.fwd_emails,
        "reply_cc_emails": ticket.reply_cc_emails,
        "ticket_cc_emails": ticket.cc_emails,
        "fr_escalated": ticket.sla.response_escalated,
        "spam": ticket.spam,
        "email_config_id": ticket.email_config_id,
        "group_id": ticket.group_id,
        "priority": ticket.priority,
        "requester_id": ticket.requester_id,
        "responder_id": ticket.responder_id,
        "source": ticket.source,
        "company_id": ticket.company_id,
        "status": ticket.status,
        "subject": ticket.subject,
        "association_type": ticket.association,
        "support_email": ticket.support_email,
        "to_emails": ticket.to_emails,
        "product_id": None,
        "id": ticket.id,
        "type": ticket.type,
        "due_by": instant(dues.due_by if dues else None),
        "fr_due_by": instant(dues.fr_due_by if dues else None),
        # Documented: true when escalated "for any reason".
        "is_escalated": ticket.sla.response_escalated or ticket.sla.resolution_escalated,
        "custom_fields": ticket.custom_fields,
        "created_at": instant(ticket.created_at),
        "updated_at": instant(ticket.updated_at),
        "associated_tickets_count": len(ticket.associated)
        if ticket.association in {Association.PARENT, Association.TRACKER}
        else None,
        "tags": ticket.tags,
        "nr_due_by": None,
        "nr_escalated": False,
    }
    if ticket.deleted:
        row["deleted"] = True
    return row


def description(ticket: Ticket) -> Json:
    text = plain_text(ticket.description)
    return {
        "description": ticket.description,
        "description_text": text,
        "structured_description": {"description_contents": _structured(text)},
    }


def ticket_full(ticket: Ticket, url: AttachmentUrl) -> Json:
    """A ticket as it is viewed by itself, or after a create or update."""
    full = {
        **ticket_row(ticket),
        **description(ticket),
        "attachments": [attachment(entry, url) for entry in ticket.attachments],
    }
    if ticket.association is not None:
        full["associated_tickets_list"] = ticket.associated
    return full


def stats(ticket: Ticket) -> Json:
    numbers = ticket.stats
    return {
        "agent_responded_at": instant(numbers.agent_responded_at),
        "requester_responded_at": instant(numbers.requester_responded_at),
        "first_responded_at": instant(numbers.first_responded_at),
        "status_updated_at": instant(numbers.status_updated_at),
        "reopened_at": instant(numbers.reopened_at),
        "resolved_at": instant(numbers.resolved_at),
        "closed_at": instant(numbers.closed_at),
        "pending_since": instant(numbers.pending_since),
    }


def requester(person: Agent | Contact | None) -> Json | None:
    if person is None:
        return None
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "mobile": person.mobile,
        "phone": person.phone,
    }


def attachment(entry: Attachment, url: AttachmentUrl) -> Json:
    return {
        "id": entry.id,
        "content_type": entry.content_type,
        "size": len(entry.content),
        "name": entry.name,
        "attachment_url": url(entry),
        "created_at": instant(entry.created_at),
        "updated_at": instant(entry.created_at),
    }


def conversation(entry: Conversation, url: AttachmentUrl) -> Json:
    """A conversation as it is listed."""
    return {
        **_body(entry),
        "id": entry.id,
        "incoming": entry.incoming,
        "private": entry.private,
        "user_id": entry.user_id,
        "support_email": entry.support_email,
        "source": int(entry.source),
        "ticket_id": entry.ticket_id,
        "to_emails": entry.to_emails,
        "from_email": entry.from_email,
        "cc_emails": entry.cc_emails,
        "bcc_emails": entry.bcc_emails,
        **_tail(entry, url),
        "last_edited_at": instant(entry.last_edited_at),
        "last_edited_user_id": entry.last_edited_user_id,
        # Recorded: in lists only.
        "category": _CATEGORY_OF_SURVEYS if entry.source is ConversationSource.SURVEY else 1,
        "auto_response": entry.auto_response,
        "automation_id": entry.automation_id,
        "automation_type_id": None,
    }


def reply_made(entry: Conversation, url: AttachmentUrl) -> Json:
    """The answer to `POST …/reply`, which has neither `private` nor `source`."""
    return {
        **_body(entry),
        "id": entry.id,
        "user_id": entry.user_id,
        "from_email": entry.from_email,
        "cc_emails": entry.cc_emails,
        "bcc_emails": entry.bcc_emails,
        "ticket_id": entry.ticket_id,
        "replied_to": entry.to_emails,
        **_tail(entry, url),
    }


def note_made(entry: Conversation, url: AttachmentUrl) -> Json:
    """The answer to `POST …/notes`, which has no `source`."""
    return {
        **_body(entry),
        "id": entry.id,
        "incoming": entry.incoming,
        "private": entry.private,
        "user_id": entry.user_id,
        "support_email": entry.support_email,
        "ticket_id": entry.ticket_id,
        "notified_to": entry.to_emails,
        **_tail(entry, url),
    }


def _body(entry: Conversation) -> Json:
    text = plain_text(entry.body)
    return {"body": entry.body, "body_text": text, "structured_body": {"body_contents": _structured(text)}}


def _tail(entry: Conversation, url: AttachmentUrl) -> Json:
    return {
        "attachments": [attachment(file, url) for file in entry.attachments],
        "created_at": instant(entry.created_at),
        "updated_at": instant(entry.updated_at),
    }


def _structured(text: str) -> list[Json]:
    return [{"type": "text", "data": {"content": text}}]


def contact_row(person: Contact) -> Json:
    row: Json = {
        "active": person.active,
        "address": person.address,
        "company_id": person.company_id,
        "description": person.description,
        "email": person.email,
        "id": person.id,
        "job_title": person.job_title,
        "language": person.language,
        "mobile": person.mobile,
        "name": person.name,
        "phone": person.phone,
        "time_zone": person.time_zone,
        "twitter_id": person.twitter_id,
        "custom_fields": {},
        "facebook_id": person.facebook_id,
        "created_at": instant(person.created_at),
        "updated_at": instant(person.updated_at),
        "csat_rating": None,
        "preferred_source": None,
        "unique_external_id": person.unique_external_id,
        "twitter_profile_status": False,
        "twitter_followers_count": None,
    }
    if person.company_id is not None:
        row["other_companies"] = []
    if person.deleted:
        row["deleted"] = True
    return row


def contact_full(person: Contact) -> Json:
    return {
        **contact_row(person),
        "view_all_tickets": person.view_all_tickets,
        "other_emails": person.other_emails,
        "other_companies": [],
        "tags": person.tags,
        "avatar": None,
    }


def company(entry: Company) -> Json:
    return {
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "note": entry.note,
        "domains": entry.domains,
        "created_at": instant(entry.created_at),
        "updated_at": instant(entry.updated_at),
        "custom_fields": {},
        "health_score": entry.health_score,
        "account_tier": entry.account_tier,
        "renewal_date": entry.renewal_date,
        "industry": entry.industry,
    }


def agent_row(person: Agent) -> Json:
    created = instant(person.created_at)
    return {
        "available": person.available,
        "occasional": person.occasional,
        "id": person.id,
        "ticket_scope": int(person.ticket_scope),
        "created_at": created,
        "updated_at": created,
        "last_active_at": None,
        "available_since": None,
        "type": "support_agent",
        "contact": {
            "active": True,
            "email": person.email,
            "job_title": None,
            "language": "en",
            "last_login_at": None,
            "mobile": person.mobile,
            "name": person.name,
            "phone": person.phone,
            "time_zone": "Jakarta",
            "created_at": created,
            "updated_at": created,
        },
        "signature": None,
        "focus_mode": True,
    }


def agent_full(person: Agent, group_ids: list[int], role_ids: list[int]) -> Json:
    return {**agent_row(person), "group_ids": group_ids, "role_ids": role_ids, "skill_ids": []}


def group_row(entry: Group) -> Json:
    created = instant(entry.created_at)
    return {
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "escalate_to": None,
        "unassigned_for": None,
        "business_hour_id": None,
        "group_type": "support_agent_group",
        "created_at": created,
        "updated_at": created,
        "auto_ticket_assign": int(entry.auto_ticket_assign),
    }


def group_full(entry: Group) -> Json:
    return {**group_row(entry), "agent_ids": list(entry.agent_ids)}


def email_config(entry: EmailConfig) -> Json:
    created = instant(entry.created_at)
    return {
        "id": entry.id,
        "name": entry.name,
        "product_id": None,
        "to_email": entry.reply_email,
        "reply_email": entry.reply_email,
        "group_id": entry.group_id,
        "primary_role": True,
        "active": True,
        "created_at": created,
        "updated_at": created,
    }

"""Records as the REST API shows them. Key order and presence follow recorded answers."""

from typing import Any
from urllib.parse import quote

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.records import (
    Attachment,
    Audit,
    Comment,
    CustomStatus,
    Group,
    Job,
    Json,
    Organization,
    Ticket,
    TicketField,
    Trigger,
    Upload,
    User,
)
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import iso, iso_or_none
from escalation_bridge_sandbox.zendesk.tickets import channels


def ticket_json(ticket: Ticket, state: State, base_url: str) -> Json:
    channel = channels.BY_REST_NAME.get(ticket.channel, channels.API)
    custom_fields = [
        {"id": field.id, "value": _shown_value(field, ticket.custom_fields.get(field.id))}
        for field in state.custom_fields()
    ]
    return {
        "url": f"{base_url}/api/v2/tickets/{ticket.id}.json",
        "id": ticket.id,
        "external_id": ticket.external_id,
        "via": ticket.via,
        "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at),
        "generated_timestamp": int(ticket.generated_at.timestamp()),
        "type": ticket.type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "status": "deleted" if ticket.deleted_at else ticket.status,
        "recipient": ticket.recipient,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.submitter_id,
        "assignee_id": ticket.assignee_id,
        "organization_id": ticket.organization_id,
        "group_id": ticket.group_id,
        "collaborator_ids": list(ticket.collaborator_ids),
        "follower_ids": [],
        # Here everybody whom an update names as collaborator is on CC by e-mail.
        "email_cc_ids": list(ticket.collaborator_ids),
        "forum_topic_id": None,
        "problem_id": ticket.problem_id,
        "has_incidents": any(other.problem_id == ticket.id for other in state.visible_tickets()),
        "is_public": ticket.is_public,
        "due_at": iso_or_none(ticket.due_at),
        "tags": list(ticket.tags),
        "custom_fields": custom_fields,
        "satisfaction_rating": ticket.satisfaction,
        "sharing_agreement_ids": [],
        "custom_status_id": ticket.custom_status_id,
        "fields": custom_fields,
        "followup_ids": list(ticket.followup_ids),
        "ticket_form_id": ticket.ticket_form_id,
        "brand_id": ticket.brand_id,
        "allow_channelback": channel.allows_channelback,
        "allow_attachments": True,
        "from_messaging_channel": channel.is_messaging,
    }


def _shown_value(field: TicketField, value: Any) -> Any:
    return bool(value) if field.type == "checkbox" else value


def comment_json(comment: Comment, base_url: str, *, inline_images: bool = False) -> Json:
    """A comment; the pictures in its text are among its attachments only where they are asked for."""
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.body,
        "html_body": comment.html_body,
        "plain_body": comment.plain_body,
        "public": comment.public,
        "attachments": [
            attachment_json(attachment, base_url)
            for attachment in comment.attachments
            if inline_images or not attachment.inline
        ],
        "audit_id": comment.audit_id,
        "via": comment.via,
        "created_at": iso(comment.created_at),
        "metadata": comment.metadata,
    }


def audit_json(audit: Audit) -> Json:
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "created_at": iso(audit.created_at),
        "author_id": audit.author_id,
        "metadata": audit.metadata,
        "events": audit.events,
        "via": audit.via,
    }


def attachment_json(attachment: Attachment, base_url: str) -> Json:
    content_url = f"{base_url}/attachments/token/{attachment.token}/?name={quote(attachment.file_name)}"
    return {
        "url": f"{base_url}/api/v2/attachments/{attachment.id}.json",
        "id": attachment.id,
        "file_name": attachment.file_name,
        "content_url": content_url,
        "mapped_content_url": content_url,
        "content_type": attachment.content_type,
        "size": len(attachment.content),
        "width": None,
        "height": None,
        "inline": attachment.inline,
        "deleted": False,
        "malware_access_override": False,
        "malware_scan_result": "not_scanned",
        "thumbnails": [],
    }


def upload_json(upload: Upload, base_url: str) -> Json:
    attachments = [attachment_json(attachment, base_url) for attachment in upload.attachments]
    return {
        "token": upload.token,
        "expires_at": iso(upload.expires_at),
        "attachments": attachments,
        "attachment": attachments[-1],
    }


def custom_role_of(user: User) -> int | None:
    """The id of a user's role; customers have none."""
    standard = {"admin": seed.ROLE_ADMIN, "agent": seed.ROLE_LIGHT_AGENT if user.light else seed.ROLE_AGENT}
    return user.custom_role_id or standard.get(user.role)


def user_json(user: User, base_url: str) -> Json:
    return {
        "id": user.id,
        "url": f"{base_url}/api/v2/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "created_at": iso(user.created_at),
        "updated_at": iso(user.created_at),
        "time_zone": user.iana_time_zone.rpartition("/")[2].replace("_", " "),
        "iana_time_zone": user.iana_time_zone,
        "phone": user.phone,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": user.locale,
        "organization_id": user.organization_id,
        "role": user.role,
        "verified": user.is_staff,
        "external_id": user.external_id,
        "tags": [],
        "alias": None,
        "active": user.active,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None if user.is_staff else False,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": 1 if user.light else {"admin": 4, "agent": 0}.get(user.role),
        "custom_role_id": custom_role_of(user),
        "moderator": user.is_admin,
        "ticket_restriction": None if user.is_staff else "requested",
        "only_private_comments": user.light,
        "restricted_agent": not user.is_staff,
        "suspended": user.suspended,
        "default_group_id": user.default_group_id,
        "report_csv": user.is_admin,
        "user_fields": {},
    }


def group_json(group: Group, base_url: str) -> Json:
    return {
        "url": f"{base_url}/api/v2/groups/{group.id}.json",
        "id": group.id,
        "is_public": True,
        "name": group.name,
        "description": "",
        "default": group.default,
        "deleted": False,
        "created_at": iso(group.created_at),
        "updated_at": iso(group.created_at),
    }


def organization_json(organization: Organization, base_url: str) -> Json:
    return {
        "url": f"{base_url}/api/v2/organizations/{organization.id}.json",
        "id": organization.id,
        "name": organization.name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": organization.external_id,
        "created_at": iso(organization.created_at),
        "updated_at": iso(organization.created_at),
        "domain_names": organization.domain_names,
        "details": None,
        "notes": None,
        "group_id": None,
        "tags": [],
        "organization_fields": {},
    }


def custom_status_json(status: CustomStatus, base_url: str, made_at: str) -> Json:
    return {
        "url": f"{base_url}/api/v2/custom_statuses/{status.id}.json",
        "id": status.id,
        "status_category": status.status_category,
        "agent_label": status.agent_label,
        "raw_agent_label": status.agent_label,
        "end_user_label": status.end_user_label,
        "raw_end_user_label": status.end_user_label,
        "description": None,
        "raw_description": None,
        "end_user_description": None,
        "raw_end_user_description": None,
        "active": status.active,
        "default": status.default,
        "created_at": made_at,
        "updated_at": made_at,
    }


def ticket_field_json(field: TicketField, base_url: str, position: int, made_at: str) -> Json:
    shown: Json = {
        "url": f"{base_url}/api/v2/ticket_fields/{field.id}.json",
        "id": field.id,
        "type": field.type,
        "title": field.title,
        "raw_title": field.title,
        "description": field.title,
        "raw_description": field.title,
        "position": position,
        "active": True,
        "required": field.required,
        "collapsed_for_agents": False,
        "regexp_for_validation": None,
        "title_in_portal": field.title,
        "raw_title_in_portal": field.title,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
        "tag": None,
        "created_at": made_at,
        "updated_at": made_at,
        "removable": field.removable,
        "key": None,
        "agent_description": None,
    }
    if field.options:
        shown["custom_field_options"] = [
            {
                "id": option.id,
                "name": option.name,
                "raw_name": option.name,
                "value": option.value,
                "default": False,
            }
            for option in field.options
        ]
    return shown


def trigger_json(trigger: Trigger, base_url: str) -> Json:
    return {
        "url": f"{base_url}/api/v2/triggers/{trigger.id}.json",
        "id": trigger.id,
        "title": trigger.title,
        "active": trigger.active,
        "updated_at": iso(trigger.updated_at),
        "created_at": iso(trigger.created_at),
        "default": False,
        "actions": trigger.actions,
        "conditions": trigger.conditions,
        "description": trigger.description,
        "position": trigger.position,
        "raw_title": trigger.title,
        "category_id": "6130869158001",
    }


def job_json(job: Job, base_url: str, *, queued: bool) -> Json:
    """A job is queued in the answer that starts it and completed when it is asked for."""
    return {
        "id": job.id,
        "job_type": job.job_type,
        "url": f"{base_url}/api/v2/job_statuses/{job.id}.json",
        "total": job.total,
        "progress": None if queued else job.total,
        "status": "queued" if queued else "completed",
        "message": None if queued else f"Completed at {job.completed_at:%Y-%m-%d %H:%M:%S +0000}",
        "results": None if queued else job.results,
    }

"""The bodies of event webhooks (`zen:event-type:ticket.*`), as Zendesk's page on ticket events has them."""

import secrets
import uuid
from collections.abc import Iterator
from typing import Any

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.records import Comment, Json, Ticket
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import iso, iso_with_nanoseconds
from escalation_bridge_sandbox.zendesk.tickets import channels
from escalation_bridge_sandbox.zendesk.tickets.desk import Change
from escalation_bridge_sandbox.zendesk.tickets.present import attachment_json

PREFIX = "zen:event-type:ticket."
EVENT_VERSION = "2022-11-06"

TICKET_EVENTS = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "agent_assignment_changed attachment_linked_to_comment attachment_redacted_from_comment brand_changed "
        "comment_added comment_made_private comment_redacted created csat_received csat_requested "
        "custom_field_changed custom_status_changed description_changed email_ccs_changed external_id_changed "
        "followers_changed form_changed group_assignment_changed marked_as_spam merged next_sla_breach_changed "
        "ola_policy_changed organization_changed permanently_deleted priority_changed problem_link_changed "
        "requester_changed schedule_changed sla_policy_changed soft_deleted status_changed subject_changed "
        "submitter_changed tags_changed task_due_at_changed type_changed undeleted"
    ).split()
)

CHANGED = {
    "assignee_id": "agent_assignment_changed",
    "brand_id": "brand_changed",
    "custom_status_id": "custom_status_changed",
    "due_at": "task_due_at_changed",
    "external_id": "external_id_changed",
    "group_id": "group_assignment_changed",
    "organization_id": "organization_changed",
    "priority": "priority_changed",
    "problem_id": "problem_link_changed",
    "requester_id": "requester_changed",
    "status": "status_changed",
    "subject": "subject_changed",
    "ticket_form_id": "form_changed",
    "type": "type_changed",
}
# Enumerations are upper case in events.
UPPER_CASE = frozenset({"priority", "status", "type"})
OF_KIND = {
    "deleted": "soft_deleted",
    "spam": "marked_as_spam",
    "restored": "undeleted",
    "purged": "permanently_deleted",
}


def event_bodies(change: Change, state: State, base_url: str) -> list[Json]:
    """One body per event of a change, numbered within the sequence that the change is."""
    sequence_id = secrets.token_hex(16).upper()
    detail = _detail(change)
    now = iso_with_nanoseconds(change.ticket.generated_at)
    return [
        {
            "account_id": seed.ACCOUNT_ID,
            "detail": detail,
            "event": {**event, "meta": {"sequence": {"id": sequence_id, "position": position}}},
            "id": str(uuid.uuid4()),
            "subject": f"zen:ticket:{change.ticket.id}",
            "time": now,
            "type": PREFIX + name,
            "zendesk_event_version": EVENT_VERSION,
        }
        for position, (name, event) in enumerate(_events(change, state, base_url), start=1)
    ]


def _events(change: Change, state: State, base_url: str) -> Iterator[tuple[str, Json]]:
    if change.kind in OF_KIND:
        yield OF_KIND[change.kind], {}
        return
    if change.kind == "created":
        yield "created", {}
    if change.merged_into is not None:
        yield "merged", {"target_ticket_id": str(change.merged_into)}
    comments = {comment.id: comment for comment in change.ticket.comments}
    for event in change.audit.events:
        match event["type"]:
            case "Comment":
                yield from _comment_events(comments[event["id"]], state, base_url)
            case "CommentPrivacyChange":
                yield (
                    "comment_made_private",
                    {"comment": {"id": str(event["comment_id"]), "is_public": False}},
                )
            case "CommentRedactionEvent":
                yield "comment_redacted", {"comment": {"id": str(event["comment_id"])}}
            case "Change":
                yield from _change_events(event, state)


def _comment_events(comment: Comment, state: State, base_url: str) -> Iterator[tuple[str, Json]]:
    author = state.users[comment.author_id]
    yield (
        "comment_added",
        {
            "comment": {
                "author": {"id": str(author.id), "is_staff": author.is_staff, "name": author.name},
                "body": comment.plain_body,
                "id": str(comment.id),
                "is_public": comment.public,
            }
        },
    )
    for attachment in comment.attachments:
        yield (
            "attachment_linked_to_comment",
            {
                "comment": {
                    "attachment": {
                        "content_type": attachment.content_type,
                        "content_url": attachment_json(attachment, base_url)["content_url"],
                        "filename": attachment.file_name,
                        "id": str(attachment.id),
                        "is_public": comment.public,
                    },
                    "id": str(comment.id),
                    "is_public": comment.public,
                }
            },
        )


def _change_events(event: Json, state: State) -> Iterator[tuple[str, Json]]:
    name, current, previous = event["field_name"], event["value"], event["previous_value"]
    if name == "tags":
        added = [tag for tag in current if tag not in previous]
        removed = [tag for tag in previous if tag not in current]
        yield "tags_changed", {"tags_added": added, "tags_removed": removed}
    elif name == "collaborator_ids":
        added = [user_id for user_id in current if user_id not in previous]
        removed = [user_id for user_id in previous if user_id not in current]
        yield "email_ccs_changed", {"users_added": added, "users_removed": removed}
    elif name in CHANGED:
        upper = name in UPPER_CASE
        yield (
            CHANGED[name],
            {"current": _value(current, upper=upper), "previous": _value(previous, upper=upper)},
        )
    elif name.isdigit():
        field = state.ticket_fields[int(name)]
        yield (
            "custom_field_changed",
            {
                "current": {"value": current},
                "custom_field": {"id": str(field.id), "title": field.title, "type": field.type},
                "previous": {"value": previous},
            },
        )


def _value(value: Any, *, upper: bool) -> Any:
    return value.upper() if upper and isinstance(value, str) else value


def _detail(change: Change) -> Json:
    ticket = change.ticket
    return {
        "actor_id": str(change.deed.actor.id),
        "assignee_id": _id(ticket.assignee_id),
        "brand_id": str(ticket.brand_id),
        "created_at": iso(ticket.created_at),
        "custom_status": str(ticket.custom_status_id),
        "description": ticket.description,
        "external_id": ticket.external_id,
        "form_id": str(ticket.ticket_form_id),
        "group_id": _id(ticket.group_id),
        "id": str(ticket.id),
        "is_public": ticket.is_public,
        "organization_id": _id(ticket.organization_id),
        "priority": _value(ticket.priority, upper=True),
        "requester_id": str(ticket.requester_id),
        "status": _status(change),
        "subject": ticket.subject,
        "submitter_id": str(ticket.submitter_id),
        "tags": list(ticket.tags),
        "type": _value(ticket.type, upper=True),
        "updated_at": iso(ticket.updated_at),
        "via": {"channel": _channel(ticket)},
    }


def _status(change: Change) -> str:
    return "DELETED" if change.ticket.deleted_at is not None else change.ticket.status.upper()


def _channel(ticket: Ticket) -> str:
    return channels.BY_REST_NAME.get(ticket.channel, channels.API).event


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)

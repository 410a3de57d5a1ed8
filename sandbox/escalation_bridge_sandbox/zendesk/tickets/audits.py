"""Writing down what changed."""

from datetime import datetime
from typing import Any

from escalation_bridge_sandbox.zendesk.state.records import Audit, Comment, Json, Ticket
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets.present import attachment_json

# In the order in which a creation's audit names them; these are named even when empty.
TRACKED = (
    "subject",
    "requester_id",
    "assignee_id",
    "group_id",
    "tags",
    "priority",
    "type",
    "status",
    "organization_id",
    "brand_id",
    "ticket_form_id",
    "custom_status_id",
    "external_id",
    "problem_id",
    "due_at",
    "collaborator_ids",
)
NAMED_WHEN_EMPTY = frozenset({"priority", "type"})


def snapshot(ticket: Ticket) -> Json:
    """The tracked fields by audit field name; a custom field's name is its id."""
    fields = {name: getattr(ticket, name) for name in TRACKED}
    custom = {str(field_id): value for field_id, value in ticket.custom_fields.items()}
    return {name: _copied(value) for name, value in (fields | custom).items()}


def creation_events(state: State, ticket: Ticket) -> list[Json]:
    return [
        {"id": state.next_id(), "type": "Create", "value": audit_value(value), "field_name": name}
        for name, value in snapshot(ticket).items()
        if name in NAMED_WHEN_EMPTY or value not in (None, [], False)
    ]


def change_events(state: State, before: Json, ticket: Ticket) -> list[Json]:
    return [
        {
            "id": state.next_id(),
            "type": "Change",
            "value": audit_value(value),
            "field_name": name,
            "previous_value": audit_value(before.get(name)),
        }
        for name, value in snapshot(ticket).items()
        if value != before.get(name)
    ]


def comment_event(comment: Comment, base_url: str) -> Json:
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.body,
        "html_body": comment.html_body,
        "plain_body": comment.plain_body,
        "public": comment.public,
        "attachments": [attachment_json(attachment, base_url) for attachment in comment.attachments],
        "audit_id": comment.audit_id,
    }


def new_audit(
    state: State,
    ticket_id: int,
    now: datetime,
    *,
    author_id: int,
    via: Json,
    client: str,
    custom: Json | None,
) -> Audit:
    """An empty audit; `custom` is what the caller sent as the ticket's `metadata`."""
    metadata = {"system": {"client": client, "ip_address": "127.0.0.1"}, "custom": custom or {}}
    return Audit(state.next_id(), ticket_id, now, author_id, via, metadata)


def audit_value(value: Any) -> Any:
    """Audits hold numbers as strings and lists as lists."""
    match value:
        case bool():
            return "1" if value else "0"
        case int() | float():
            return str(value)
        case datetime():
            return iso(value)
        case list():
            return [audit_value(item) for item in value]
        case _:
            return value


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value

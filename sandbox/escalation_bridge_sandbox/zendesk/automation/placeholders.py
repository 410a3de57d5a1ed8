"""Filling in `{{ticket.id}}` and its like."""

import json
import re
from typing import Any

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.records import Comment, Ticket, User
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets import channels
from escalation_bridge_sandbox.zendesk.tickets.desk import Change

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
TICKET_FIELD = re.compile(r"ticket\.ticket_field_(\d+)")
SHOWN_STATUS = {"hold": "On-hold"}


def render(template: str, change: Change, state: State, base_url: str, *, as_json: bool) -> str:
    """Put values into a template; what is not known becomes nothing.

    In a JSON body the values are escaped, so that quotes and line breaks in a subject do not break it.
    """
    values = _values(change, state, base_url)

    def fill(found: re.Match[str]) -> str:
        name = found.group(1)
        field = TICKET_FIELD.fullmatch(name)
        value = change.ticket.custom_fields.get(int(field.group(1))) if field else values.get(name)
        text = "" if value is None else str(value)
        return json.dumps(text, ensure_ascii=False)[1:-1] if as_json else text

    return PLACEHOLDER.sub(fill, template)


def _values(change: Change, state: State, base_url: str) -> dict[str, Any]:
    ticket = change.ticket
    people = {
        "ticket.requester": state.users[ticket.requester_id],
        "ticket.submitter": state.users[ticket.submitter_id],
        "ticket.assignee": None if ticket.assignee_id is None else state.users[ticket.assignee_id],
        "current_user": change.deed.actor,
    }
    values = _ticket_values(ticket, state, base_url)
    for name, user in people.items():
        values |= _user_values(name, user)
    values |= _comment_values("ticket.latest_comment", ticket.comments[-1:], state)
    values |= _comment_values(
        "ticket.latest_public_comment", [c for c in ticket.comments if c.public][-1:], state
    )
    return values


def _ticket_values(ticket: Ticket, state: State, base_url: str) -> dict[str, Any]:
    link = f"{base_url}/agent/tickets/{ticket.id}"
    group = None if ticket.group_id is None else state.groups[ticket.group_id]
    organization = None if ticket.organization_id is None else state.organizations[ticket.organization_id]
    return {
        "ticket.id": ticket.id,
        "ticket.title": ticket.subject,
        "ticket.description": ticket.description,
        "ticket.external_id": ticket.external_id,
        "ticket.url": link.partition("://")[2],
        "ticket.link": link,
        "ticket.via": channels.BY_REST_NAME.get(ticket.channel, channels.API).label,
        "ticket.status": _shown(ticket.status),
        "ticket.custom_status": state.custom_statuses[ticket.custom_status_id].agent_label,
        "ticket.priority": _shown(ticket.priority),
        "ticket.ticket_type": _shown(ticket.type),
        "ticket.tags": " ".join(ticket.tags),
        "ticket.created_at": f"{ticket.created_at:%B %d, %Y}",
        "ticket.created_at_with_timestamp": iso(ticket.created_at),
        "ticket.updated_at": f"{ticket.updated_at:%B %d, %Y}",
        "ticket.updated_at_with_timestamp": iso(ticket.updated_at),
        "ticket.due_date_with_timestamp": None if ticket.due_at is None else iso(ticket.due_at),
        "ticket.group.id": ticket.group_id,
        "ticket.group.name": None if group is None else group.name,
        "ticket.organization.id": ticket.organization_id,
        "ticket.organization.name": None if organization is None else organization.name,
        "ticket.organization.external_id": None if organization is None else organization.external_id,
        "ticket.brand.name": seed.ACCOUNT_NAME,
        "ticket.account": seed.ACCOUNT_NAME,
    }


def _shown(word: str | None) -> str | None:
    """Statuses, priorities and types are labels in placeholders: `Open`, `On-hold`."""
    return None if word is None else SHOWN_STATUS.get(word, word.capitalize())


def _user_values(prefix: str, user: User | None) -> dict[str, Any]:
    if user is None:
        return {}
    first, _, last = user.name.partition(" ")
    return {
        f"{prefix}.id": user.id,
        f"{prefix}.name": user.name,
        f"{prefix}.first_name": first,
        f"{prefix}.last_name": last,
        f"{prefix}.email": user.email,
        f"{prefix}.external_id": user.external_id,
        f"{prefix}.role": user.role,
    }


def _comment_values(prefix: str, comments: list[Comment], state: State) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for comment in comments:
        values |= {
            prefix: comment.plain_body,
            f"{prefix}.id": comment.id,
            f"{prefix}.value": comment.plain_body,
            f"{prefix}.is_public": str(comment.public).lower(),
            f"{prefix}.created_at_with_time": iso(comment.created_at),
        }
        values |= _user_values(f"{prefix}.author", state.users[comment.author_id])
    return values

"""Who is concerned by a ticket: requesters that are made on the way, assignees and their groups."""

from datetime import datetime

from escalation_bridge_sandbox.zendesk.state.errors import invalid_value, record_invalid
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket, User
from escalation_bridge_sandbox.zendesk.state.state import State


def find_or_make_requester(state: State, given: Json, now: datetime) -> User:
    """The end user with this address; an unknown address makes a new one.

    Raises:
        ApiError: 422, when a new user would have no name or a strange address.
    """
    email = (given.get("email") or "").strip()
    known = state.user_by_email(email) if email else None
    if known is not None:
        return not_suspended(known, "requester", "Requester")
    name = (given.get("name") or "").strip()
    if not name:
        raise record_invalid(
            "requester", {"description": "Requester: Name:  is too short (minimum is 1 character)"}
        )
    if email and ("@" not in email.strip("@") or " " in email):
        raise record_invalid(
            "requester",
            {
                "description": f"Requester: Email:  {email} is not properly formatted",
                "error": "InvalidFormat",
            },
        )
    user = User(
        id=state.next_id(),
        name=name,
        email=email or None,
        role="end-user",
        created_at=now,
        organization_id=_organization_by_domain(state, email),
    )
    state.users[user.id] = user
    return user


def _organization_by_domain(state: State, email: str) -> int | None:
    domain = email.rpartition("@")[2].lower()
    return next(
        (
            organization.id
            for organization in state.organizations.values()
            if domain in organization.domain_names
        ),
        None,
    )


def existing_user(state: State, user_id: int | None, attribute: str, label: str) -> User:
    user = None if user_id is None else state.users.get(user_id)
    if user is None or not user.active:
        raise invalid_value(attribute, label)
    return not_suspended(user, attribute, label)


def not_suspended(user: User, attribute: str, label: str) -> User:
    """The user, who may write.

    Raises:
        ApiError: 422 (body recorded for requesters), when the user is suspended.
    """
    if user.suspended:
        raise record_invalid(
            attribute, {"description": f"{label}: {user.name} is suspended.", "error": "UserSuspended"}
        )
    return user


def set_assignment(state: State, ticket: Ticket, values: Json) -> None:
    """Assignee and group belong together: setting one may move the other, as in Zendesk.

    Raises:
        ApiError: 422, when the assignee is no agent or not in the group that is asked for.
    """
    asks_group, asks_assignee = "group_id" in values, "assignee_id" in values or "assignee_email" in values
    if asks_group:
        group_id = values["group_id"]
        if group_id is not None and group_id not in state.groups:
            raise invalid_value("group", "Group")
        ticket.group_id = group_id
    if asks_assignee:
        assignee = _assignee(state, values)
        ticket.assignee_id = None if assignee is None else assignee.id
        if assignee is None:
            return
        if asks_group and ticket.group_id is not None and ticket.group_id not in assignee.group_ids:
            raise record_invalid(
                "assignee",
                {"description": "Assignee: is invalid", "error": "InvalidValue"},
                {"description": "Assignee: is not a member of the group"},
            )
        if ticket.group_id not in assignee.group_ids:
            ticket.group_id = assignee.default_group_id
    elif asks_group and ticket.assignee_id is not None:
        assignee = state.users[ticket.assignee_id]
        if ticket.group_id not in assignee.group_ids:
            ticket.assignee_id = None


def _assignee(state: State, values: Json) -> User | None:
    if values.get("assignee_email") is not None:
        user = state.user_by_email(values["assignee_email"])
    elif values.get("assignee_id") is None:
        return None
    else:
        user = state.users.get(values["assignee_id"])
    # Light agents cannot be assigned.
    if user is None or not user.is_staff or user.light or not user.active:
        raise invalid_value("assignee", "Assignee")
    return not_suspended(user, "assignee", "Assignee")

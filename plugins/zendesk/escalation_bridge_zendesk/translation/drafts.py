"""The JSON of a new ticket, of a comment and of custom fields."""

from collections.abc import Mapping

from escalation_bridge.plugin import (
    RichText,
    TicketDraft,
    Visibility,
    read_identifier,
    shortened,
)
from escalation_bridge_zendesk.translation.mapping import MARK

LONGEST_COMMENT = 64_000
"""Bytes. Zendesk silently cuts a comment after 64 KiB, even within HTML."""

_DRAFT_FIELDS = frozenset(
    {
        "assignee_email",
        "assignee_id",
        "brand_id",
        "custom_status_id",
        "due_at",
        "group_id",
        "organization_id",
        "problem_id",
        "status",
        "submitter_id",
        "ticket_form_id",
        "type",
        "via_followup_source_id",
    }
)


FOLLOW_UP_OF = "follow_up_of"
"""The field of a draft with the closed ticket that the new one follows up."""


class UnknownField(ValueError):
    """A route's configuration names a field that Zendesk does not have."""


def comment_members(
    body: RichText, visibility: Visibility, marks: Mapping[str, str], uploads: tuple[str, ...] = ()
) -> dict[str, object]:
    """The members of an update that adds a comment, with these uploads.

    The marks are in the update's metadata, which nobody sees and which returns with the comment: they are sent as
    `metadata` and read as `metadata.custom`.
    """
    comment: dict[str, object] = {
        "html_body": shortened(body, LONGEST_COMMENT).html,
        "public": visibility is Visibility.PUBLIC,
    }
    if uploads:
        comment["uploads"] = list(uploads)
    return {"comment": comment, "metadata": dict(marks)}


def new_ticket(
    draft: TicketDraft, key: str, visibility: Visibility, uploads: tuple[str, ...] = ()
) -> dict[str, object]:
    """The members of a new ticket, with these uploads.

    Raises:
        UnknownField: The draft has a field that cannot be set.
    """
    members: dict[str, object] = {
        "subject": draft.summary,
        "external_id": key,
        **comment_members(draft.description, visibility, {MARK: key}, uploads),
    }
    if draft.priority is not None:
        members["priority"] = draft.priority.value
    if draft.labels:
        members["tags"] = [tag(label) for label in draft.labels]
    if draft.requester is not None and draft.requester.email and "requester" not in draft.without:
        # Another vendor's user ids mean nothing here; an unknown address becomes a new end user.
        members["requester"] = {
            "email": draft.requester.email,
            "name": draft.requester.name or draft.requester.email,
        }
    custom: dict[str, object] = {}
    for name, value in draft.fields.items():
        if name == "public" or _is_left_out(name, draft.without):
            continue
        if name == FOLLOW_UP_OF:
            members["via_followup_source_id"] = _followed(value)
            continue
        if read_identifier(name) is not None:
            custom[name] = value
        elif name == "custom_fields" and isinstance(value, Mapping):
            custom.update({str(field_id): wanted for field_id, wanted in value.items()})
        elif name in _DRAFT_FIELDS:
            members[name] = value
        else:
            raise UnknownField(
                f"a ticket has no field {name!r}; allowed are custom field ids, custom_fields, follow_up_of, public, "
                + ", ".join(sorted(_DRAFT_FIELDS))
            )
    if custom:
        members["custom_fields"] = custom_field_members(custom)
    return members


def _is_left_out(name: str, without: frozenset[str]) -> bool:
    """Whether a field names a person whom Zendesk refused; an assignee has two possible fields."""
    return name in without or (name == "assignee_email" and "assignee_id" in without)


def own_fields(draft: TicketDraft) -> dict[str, object]:
    """The custom fields that a draft sets, by id."""
    nested = draft.fields.get("custom_fields")
    inner = nested if isinstance(nested, Mapping) else {}
    given = {**draft.fields, **{str(name): value for name, value in inner.items()}}
    return {
        name: value
        for name, value in given.items()
        if read_identifier(name) is not None and name not in draft.without
    }


def _followed(value: object) -> int:
    ticket_id = read_identifier(value.strip().removeprefix("#") if isinstance(value, str) else value)
    if ticket_id is None:
        raise UnknownField(f"follow_up_of: {value!r} is no ticket's number")
    return int(ticket_id)


def custom_field_members(values: Mapping[str, object]) -> list[dict[str, object]]:
    """Custom fields in the form of an update.

    Raises:
        UnknownField: A name is not a field id.
    """
    members: list[dict[str, object]] = []
    for name, value in values.items():
        field_id = read_identifier(name)
        if field_id is None:
            raise UnknownField(f"{name!r} is no custom field's id: those are numbers")
        members.append({"id": int(field_id), "value": value})
    return members


def tag(label: str) -> str:
    """A label as a tag: lower case, and without spaces, which separate tags."""
    return "_".join(label.split()).lower()

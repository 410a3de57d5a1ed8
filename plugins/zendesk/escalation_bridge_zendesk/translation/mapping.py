"""Zendesk's tickets, comments and people as the bridge's values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation_bridge.plugin import (
    Attachment,
    Comment,
    Group,
    Organisation,
    Person,
    Presence,
    RichText,
    Role,
    Ticket,
    TicketRef,
    Visibility,
    from_html,
    from_text,
    named_images,
    unique_name,
)
from escalation_bridge_zendesk.translation import robots
from escalation_bridge_zendesk.translation.channels import channel
from escalation_bridge_zendesk.translation.properties import PROPERTIES
from escalation_bridge_zendesk.translation.shapes import (
    Json,
    entries,
    identifier,
    instant,
    member,
    needed_id,
    needed_instant,
    text,
    words,
)
from escalation_bridge_zendesk.translation.statuses import StatusBook

MARK = "escalation_bridge"
"""The member of an update's metadata that holds the key of the intent that caused it."""
LINK_MARK = "escalation_bridge_link"
"""The member of an update's metadata that says which other ticket a note is about."""

_KEY = re.compile(r"eb-[0-9a-f]{20}")
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]\n]{0,200}+)\]\([^()\s]{0,2000}+\)")
_MERGED_TAG = "closed_by_merge"
_ZENDESK_ITSELF = -1
_ROLES: Mapping[str, Role] = {"end-user": Role.CUSTOMER, "agent": Role.AGENT, "admin": Role.AGENT}


@dataclass(frozen=True, slots=True)
class Sideloads:
    """Who and what the ids in an answer stand for."""

    users: Mapping[str, Person] = field(default_factory=dict)
    locales: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)

    def person(self, user_id: object, role: Role = Role.UNKNOWN) -> Person | None:
        """The user with this id; `role` where Zendesk does not show the user. None for nobody."""
        if user_id == _ZENDESK_ITSELF:
            return Person(str(_ZENDESK_ITSELF), "Zendesk", role=Role.SYSTEM)
        found = identifier(user_id)
        if found is None:
            return None
        return self.users.get(found) or Person(found, "", role=role)


def sideloads(answer: Json) -> Sideloads:
    """What stands beside the ticket or the comments in an answer."""
    users = {
        person.id: (person, raw) for raw in entries(answer, "users") if (person := user(raw)) is not None
    }
    return Sideloads(
        users={user_id: person for user_id, (person, _) in users.items()},
        locales={user_id: locale for user_id, (_, raw) in users.items() if (locale := text(raw, "locale"))},
        groups=_names(answer, "groups"),
        organisations=_names(answer, "organizations"),
    )


def user(raw: Json) -> Person | None:
    """A user; None where it has no id (Zendesk's anonymous user)."""
    found = identifier(raw.get("id"))
    if found is None:
        return None
    role = _ROLES.get(text(raw, "role") or "", Role.UNKNOWN)
    return Person(found, text(raw, "name") or "", text(raw, "email"), role)


def ticket(
    raw: Json,
    beside: Sideloads,
    *,
    connection: str,
    account_url: str,
    statuses: StatusBook,
    first_comment: Json | None,
) -> Ticket:
    """The ticket that an answer describes. What is not known of its first comment is taken as private.

    Raises:
        MissingMember: Its id or its time of creation is missing.
    """
    ticket_id = needed_id(raw, "id", "ticket")
    requester = beside.person(raw.get("requester_id"), Role.CUSTOMER)
    submitter = beside.person(raw.get("submitter_id"))
    return Ticket(
        ref=TicketRef(connection, ticket_id),
        key=f"#{ticket_id}",
        url=f"{account_url}/agent/tickets/{ticket_id}",
        subject=text(raw, "subject") or text(raw, "raw_subject") or "",
        description=_description(raw, first_comment),
        description_visibility=visibility(first_comment or {}),
        status=statuses.status(text(raw, "status"), identifier(raw.get("custom_status_id"))),
        channel=channel(text(member(raw, "via"), "channel")),
        created_by=submitter or requester or Person("", "", role=Role.UNKNOWN),
        created_at=needed_instant(raw, "created_at", "ticket"),
        updated_at=instant(raw.get("updated_at")),
        type=(text(raw, "type") or "").lower() or None,
        requester=requester,
        organisation=_organisation(raw, beside),
        assignee=beside.person(raw.get("assignee_id"), Role.AGENT),
        group=_group(raw, beside),
        brand=identifier(raw.get("brand_id")),
        language=beside.locales.get(requester.id) if requester else None,
        tags=words(raw, "tags"),
        custom_fields=custom_fields(raw),
        presence=_presence(raw),
        follows_up=_follows_up(raw, connection),
        bridge_key=bridge_key(raw),
        status_since=instant(member(raw, "metric_set").get("status_updated_at")),
        attachments=tuple(attachment(entry) for entry in entries(first_comment or {}, "attachments")),
        **{name: each.read(raw) for name, each in PROPERTIES.items()},
    )


def bridge_key(raw: Json) -> str | None:
    """The key that the bridge wrote into the ticket when it created it."""
    external_id = text(raw, "external_id")
    return external_id if external_id and _KEY.fullmatch(external_id) else None


def custom_fields(raw: Json) -> dict[str, object]:
    """The values of the ticket's custom fields by field id."""
    return {
        field_id: entry.get("value")
        for entry in entries(raw, "custom_fields")
        if (field_id := identifier(entry.get("id"))) is not None
    }


def comment(raw: Json, beside: Sideloads, ref: TicketRef) -> Comment:
    """A comment of a ticket's list of comments.

    Raises:
        MissingMember: Its id or its time is missing.
    """
    return Comment(
        ticket=ref,
        id=needed_id(raw, "id", "comments[]"),
        author=robots.speaker(raw, beside.person(raw.get("author_id")) or Person("", "", role=Role.UNKNOWN)),
        visibility=visibility(raw),
        body=_body(raw),
        created_at=needed_instant(raw, "created_at", "comments[]"),
        attachments=tuple(attachment(entry) for entry in entries(raw, "attachments")),
        marker=mark(raw, MARK),
    )


def visibility(raw: Json) -> Visibility:
    """Public only where Zendesk says so."""
    return Visibility.PUBLIC if raw.get("public") is True else Visibility.PRIVATE


def mark(raw: Json, name: str) -> str | None:
    """What the bridge left in the metadata of the update that a comment came with.

    Every comment of the list carries its audit's `metadata`; what an update sent as `metadata` stands under `custom`.
    """
    return text(member(member(raw, "metadata"), "custom"), name)


def _description(raw: Json, first_comment: Json | None) -> RichText:
    """The description with its formatting, which only the first comment has: `description` itself is Markdown."""
    if first_comment is not None and text(first_comment, "html_body"):
        return _body(first_comment)
    return from_text(_MARKDOWN_IMAGE.sub(_image_in_words, text(raw, "description") or ""))


def _image_in_words(image: re.Match[str]) -> str:
    return f"[{image[1] or 'image'}]"


def _body(raw: Json) -> RichText:
    """What a comment says. Pictures that are its files name them."""
    html = text(raw, "html_body")
    if not html:
        return from_text(text(raw, "plain_body") or text(raw, "body") or "")
    names = {
        token: attachment(entry).name
        for entry in entries(raw, "attachments")
        if (token := _token_in(text(entry, "content_url") or ""))
    }
    return from_html(named_images(html, lambda address: names.get(_token_in(address) or "")))


def _token_in(address: str) -> str | None:
    """What names the file in an address: the host differs where the account has one of its own."""
    _, found, rest = address.partition("/attachments/token/")
    return rest.partition("/")[0] if found else None


def attachment(raw: Json) -> Attachment:
    """A file at a comment."""
    size = raw.get("size")
    identifier, name = needed_id(raw, "id", "attachments[]"), text(raw, "file_name") or "attachment"
    return Attachment(
        id=identifier,
        name=unique_name(name, identifier) if raw.get("inline") is True else name,
        content_type=text(raw, "content_type") or "application/octet-stream",
        size=size if isinstance(size, int) else None,
        url=text(raw, "content_url") or "",
    )


def _presence(raw: Json) -> Presence:
    status = (text(raw, "status") or "").lower()
    if status in ("deleted", "scrubbed"):
        return Presence.DELETED
    # A follow-up inherits the tags of the ticket that it follows, so the tag alone says nothing about an open ticket.
    if status in ("closed", "archived") and _MERGED_TAG in words(raw, "tags"):
        return Presence.MERGED
    return Presence.PRESENT


def _follows_up(raw: Json, connection: str) -> TicketRef | None:
    """The closed ticket that this one was created as a follow-up of; the words of `via` are the same in all languages."""
    source = member(member(raw, "via"), "source")
    if source.get("rel") != "follow_up":
        return None
    followed = identifier(member(source, "from").get("ticket_id"))
    return TicketRef(connection, followed) if followed else None


def _organisation(raw: Json, beside: Sideloads) -> Organisation | None:
    found = identifier(raw.get("organization_id"))
    return Organisation(found, beside.organisations.get(found, "")) if found else None


def _group(raw: Json, beside: Sideloads) -> Group | None:
    found = identifier(raw.get("group_id"))
    return Group(found, beside.groups.get(found, "")) if found else None


def _names(answer: Json, collection: str) -> dict[str, str]:
    return {
        found: text(raw, "name") or ""
        for raw in entries(answer, collection)
        if (found := identifier(raw.get("id"))) is not None
    }

"""Convert Zendesk's tickets, comments and people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation_bridge.plugin import (
    Attachment,
    Comment,
    Group,
    JsonPart,
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
    read_identifier,
    unique_name,
)
from escalation_bridge_zendesk.translation import robots
from escalation_bridge_zendesk.translation.channels import channel
from escalation_bridge_zendesk.translation.properties import PROPERTIES
from escalation_bridge_zendesk.translation.statuses import StatusBook

MARK = "escalation_bridge"
"""The member of an update's metadata with the key of its write."""
LINK_MARK = "escalation_bridge_link"
"""The member of an update's metadata with the other ticket of a link note."""

_KEY = re.compile(r"eb-[0-9a-f]{20}")
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]\n]{0,200}+)\]\([^()\s]{0,2000}+\)")
_MERGED_TAG = "closed_by_merge"
_ZENDESK_ITSELF = -1
_ROLES: Mapping[str, Role] = {"end-user": Role.CUSTOMER, "agent": Role.AGENT, "admin": Role.AGENT}


@dataclass(frozen=True, slots=True)
class Sideloads:
    """The sideloaded records of an answer, by id."""

    users: Mapping[str, Person] = field(default_factory=dict)
    locales: Mapping[str, str] = field(default_factory=dict)
    timezones: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)

    def person(self, user_id: object, role: Role = Role.UNKNOWN) -> Person | None:
        """The user with this id; `role` applies if Zendesk does not show the user. None for no id."""
        if user_id == _ZENDESK_ITSELF:
            return Person(str(_ZENDESK_ITSELF), "Zendesk", role=Role.SYSTEM)
        found = read_identifier(user_id)
        if found is None:
            return None
        return self.users.get(found) or Person(found, "", role=role)


def sideloads(answer: JsonPart) -> Sideloads:
    """The sideloaded records of an answer."""
    users = {
        person.id: (person, raw) for raw in (answer / "users").objects() if (person := user(raw)) is not None
    }
    return Sideloads(
        users={user_id: person for user_id, (person, _) in users.items()},
        locales={
            user_id: locale
            for user_id, (_, raw) in users.items()
            if (locale := (raw / "locale").maybe_text())
        },
        timezones={
            user_id: zone
            for user_id, (_, raw) in users.items()
            if (zone := (raw / "iana_time_zone").maybe_text())
        },
        groups=_names(answer, "groups"),
        organisations=_names(answer, "organizations"),
    )


def user(raw: JsonPart) -> Person | None:
    """A user; None if it has no id (Zendesk's anonymous user)."""
    found = (raw / "id").maybe_identifier()
    if found is None:
        return None
    role = _ROLES.get((raw / "role").maybe_text() or "", Role.UNKNOWN)
    return Person(found, (raw / "name").maybe_text() or "", (raw / "email").maybe_text(), role)


def ticket(
    raw: JsonPart,
    beside: Sideloads,
    *,
    connection: str,
    account_url: str,
    statuses: StatusBook,
    first_comment: JsonPart | None,
) -> Ticket:
    """The ticket of an answer. Unknown facts about its first comment count as private.

    Raises:
        UnreadableAnswer: Its id or its creation time is missing.
    """
    ticket_id = (raw / "id").identifier()
    requester = beside.person((raw / "requester_id").value, Role.CUSTOMER)
    submitter = beside.person((raw / "submitter_id").value)
    return Ticket(
        ref=TicketRef(connection, ticket_id),
        key=f"#{ticket_id}",
        url=f"{account_url}/agent/tickets/{ticket_id}",
        subject=(raw / "subject").maybe_text() or (raw / "raw_subject").maybe_text() or "",
        description=_description(raw, first_comment),
        description_visibility=visibility(first_comment) if first_comment else Visibility.PRIVATE,
        status=statuses.status((raw / "status").maybe_text(), (raw / "custom_status_id").maybe_identifier()),
        channel=channel((raw / "via" / "channel").maybe_text()),
        created_by=submitter or requester or Person("", "", role=Role.UNKNOWN),
        created_at=(raw / "created_at").instant(),
        updated_at=(raw / "updated_at").maybe_instant(),
        type=((raw / "type").maybe_text() or "").lower() or None,
        requester=requester,
        organisation=_organisation(raw, beside),
        assignee=beside.person((raw / "assignee_id").value, Role.AGENT),
        group=_group(raw, beside),
        brand=(raw / "brand_id").maybe_identifier(),
        language=beside.locales.get(requester.id) if requester else None,
        timezone=beside.timezones.get(requester.id) if requester else None,
        tags=(raw / "tags").texts(),
        custom_fields=custom_fields(raw),
        presence=_presence(raw),
        follows_up=_follows_up(raw, connection),
        bridge_key=bridge_key(raw),
        status_since=(raw / "metric_set" / "status_updated_at").maybe_instant(),
        attachments=_files(first_comment) if first_comment else (),
        **{name: each.read(raw) for name, each in PROPERTIES.items()},
    )


def bridge_key(raw: JsonPart) -> str | None:
    """The key that the bridge stored when it created the ticket."""
    external_id = (raw / "external_id").maybe_text()
    return external_id if external_id and _KEY.fullmatch(external_id) else None


def custom_fields(raw: JsonPart) -> dict[str, object]:
    """The values of the ticket's custom fields by field id."""
    listed = (entry.mapping() for entry in (raw / "custom_fields").objects())
    return {
        field_id: shown.get("value")
        for shown in listed
        if (field_id := read_identifier(shown.get("id"))) is not None
    }


def comment(raw: JsonPart, beside: Sideloads, ref: TicketRef) -> Comment:
    """A comment of a ticket's list of comments.

    Raises:
        UnreadableAnswer: Its id or its time is missing.
    """
    return Comment(
        ticket=ref,
        id=(raw / "id").identifier(),
        author=robots.speaker(
            raw, beside.person((raw / "author_id").value) or Person("", "", role=Role.UNKNOWN)
        ),
        visibility=visibility(raw),
        body=_body(raw),
        created_at=(raw / "created_at").instant(),
        attachments=_files(raw),
        marker=mark(raw, MARK),
    )


def visibility(raw: JsonPart) -> Visibility:
    """Public only if Zendesk says so."""
    return Visibility.PUBLIC if (raw / "public").value is True else Visibility.PRIVATE


def mark(raw: JsonPart, name: str) -> str | None:
    """The bridge's mark in the metadata of a comment's update.

    Every comment of the list carries its audit's `metadata`; what an update sent as `metadata` is under `custom`.
    """
    return (raw / "metadata" / "custom" / name).maybe_text()


def _description(raw: JsonPart, first_comment: JsonPart | None) -> RichText:
    """The description with its formatting, which only the first comment has: `description` itself is Markdown."""
    if first_comment is not None and (first_comment / "html_body").maybe_text():
        return _body(first_comment)
    return from_text(_MARKDOWN_IMAGE.sub(_image_in_words, (raw / "description").maybe_text() or ""))


def _image_in_words(image: re.Match[str]) -> str:
    return f"[{image[1] or 'image'}]"


def _body(raw: JsonPart) -> RichText:
    """The text of a comment. Pictures that are its files are replaced by their names."""
    html = (raw / "html_body").maybe_text()
    if not html:
        return from_text((raw / "plain_body").maybe_text() or (raw / "body").maybe_text() or "")
    names = {
        token: attachment(entry).name
        for entry in (raw / "attachments").objects()
        if (token := _token_in((entry / "content_url").maybe_text() or ""))
    }
    return from_html(named_images(html, lambda address: names.get(_token_in(address) or "")))


def _token_in(address: str) -> str | None:
    """The token of a file in an address: the host differs if the account has a domain of its own."""
    _, found, rest = address.partition("/attachments/token/")
    return rest.partition("/")[0] if found else None


def _files(raw: JsonPart) -> tuple[Attachment, ...]:
    return tuple(attachment(entry) for entry in (raw / "attachments").objects())


def attachment(raw: JsonPart) -> Attachment:
    """A file at a comment."""
    size = (raw / "size").value
    identifier, name = (raw / "id").identifier(), (raw / "file_name").maybe_text() or "attachment"
    return Attachment(
        id=identifier,
        name=unique_name(name, identifier) if (raw / "inline").value is True else name,
        content_type=(raw / "content_type").maybe_text() or "application/octet-stream",
        size=size if isinstance(size, int) else None,
        url=(raw / "content_url").maybe_text() or "",
    )


def _presence(raw: JsonPart) -> Presence:
    status = ((raw / "status").maybe_text() or "").lower()
    if status in ("deleted", "scrubbed"):
        return Presence.DELETED
    # A follow-up inherits the tags of the ticket that it follows, so the tag alone says nothing about an open ticket.
    if status in ("closed", "archived") and _MERGED_TAG in (raw / "tags").texts():
        return Presence.MERGED
    return Presence.PRESENT


def _follows_up(raw: JsonPart, connection: str) -> TicketRef | None:
    """The closed ticket that this one follows up; the words of `via` are the same in all languages."""
    source = raw / "via" / "source"
    if (source / "rel").value != "follow_up":
        return None
    followed = (source / "from" / "ticket_id").maybe_identifier()
    return TicketRef(connection, followed) if followed else None


def _organisation(raw: JsonPart, beside: Sideloads) -> Organisation | None:
    found = (raw / "organization_id").maybe_identifier()
    return Organisation(found, beside.organisations.get(found, "")) if found else None


def _group(raw: JsonPart, beside: Sideloads) -> Group | None:
    found = (raw / "group_id").maybe_identifier()
    return Group(found, beside.groups.get(found, "")) if found else None


def _names(answer: JsonPart, collection: str) -> dict[str, str]:
    return {
        found: (raw / "name").maybe_text() or ""
        for raw in (answer / collection).objects()
        if (found := (raw / "id").maybe_identifier()) is not None
    }

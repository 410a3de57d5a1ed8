"""Convert Freshdesk's shapes to the bridge's values. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from types import MappingProxyType

from escalation_bridge.plugin import (
    Attachment,
    Channel,
    Convert,
    FieldDescription,
    Group,
    NativeClock,
    Organisation,
    Person,
    Presence,
    RichText,
    Role,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
    rich_text,
)
from escalation_bridge_freshdesk.http.shapes import (
    AttachmentShape,
    ConversationShape,
    FieldShape,
    TicketShape,
    UserShape,
)
from escalation_bridge_freshdesk.pictures import naming_pictures, pictures_in
from escalation_bridge_freshdesk.translation.properties import PROPERTIES

# Codes of the API documentation ("Ticket properties"). 3 and 6 are both waiting for the customer: 3 exists in every
# account and comes first where a kind is looked for. 5 can be reopened at Freshdesk, by a customer's reply too.
STATUS_KINDS: Mapping[int, StatusKind] = {
    2: StatusKind.OPEN,
    3: StatusKind.WAITING_CUSTOMER,
    4: StatusKind.SOLVED,
    5: StatusKind.CLOSED,
    6: StatusKind.WAITING_CUSTOMER,
    7: StatusKind.WAITING_THIRD_PARTY,
}
PRIORITY_NAMES = ("Low", "Medium", "High", "Urgent")
CHANNELS: Mapping[int, Channel] = {
    1: Channel.EMAIL,
    2: Channel.PORTAL,
    3: Channel.PHONE,
    4: Channel.FORUM,
    5: Channel.TWITTER,
    6: Channel.FACEBOOK,
    7: Channel.CHAT,
    8: Channel.OTHER,  # MobiHelp
    9: Channel.WEB,  # feedback widget
    10: Channel.EMAIL,  # begun by an agent
    11: Channel.OTHER,  # e-commerce
    12: Channel.CHAT,  # bot
    13: Channel.WHATSAPP,
}
OUTBOUND_EMAIL = 10
PHONE = 3
WRITTEN_BY_AGENTS = (OUTBOUND_EMAIL, PHONE)
"""Sources of tickets that an agent opens: a mail to a customer, and a call (the form's default)."""
# The types of an account's own ticket fields; what an API does with others, the bridge does not judge.
_HOLDS: Mapping[str, Convert] = {
    "custom_text": Convert.TEXT,
    "custom_paragraph": Convert.TEXT,
    "custom_number": Convert.NUMBER,
    "custom_decimal": Convert.NUMBER,
    "custom_date": Convert.DATE,
    "custom_checkbox": Convert.YES_NO,
    "custom_dropdown": Convert.CHOICE,
    "custom_date_time": Convert.DATETIME,
    "custom_multi_select_dropdown": Convert.CHOICES,
    "custom_url": Convert.TEXT,
    "custom_phone_number": Convert.TEXT,
}
OWN_FIELDS: Mapping[str, str] = {"default_ticket_type": "type", "default_product": "product_id"}
"""The names that tickets have for them, by the types of `ticket_fields`."""
NESTED = "nested_field"
_STORED_LATE = timedelta(minutes=5)
FORWARDED = 8
"""The conversation source of a mail that an agent forwarded to a third party."""


def statuses(fields: Iterable[FieldShape], overrides: Mapping[str, StatusKind]) -> dict[int, Status]:
    """The account's statuses by code: ticket_fields has {code: [what agents see, what customers see]}."""
    choices = next((field.choices for field in fields if field.type == "default_status"), None)
    found: dict[int, Status] = {}
    for code, labels in choices.items() if isinstance(choices, dict) else ():
        if str(code).isdigit():
            label = labels[0] if isinstance(labels, list) and labels else labels
            found[int(code)] = status(int(code), str(label or code), overrides)
    return dict(sorted(found.items()))


def named_choices(fields: Iterable[FieldShape], kind: str) -> dict[str, int]:
    """The groups or agents that a ticket field offers: {name: id}."""
    choices = next((field.choices for field in fields if field.type == kind), None)
    if not isinstance(choices, dict):
        return {}
    return {str(name): one for name, one in choices.items() if isinstance(one, int)}


def status(code: int, label: str, overrides: Mapping[str, StatusKind]) -> Status:
    """A status from its code and label; without a configured kind it is unknown, never guessed."""
    by_label = {name.casefold(): kind for name, kind in overrides.items()}
    kind = overrides.get(str(code)) or by_label.get(label.casefold()) or STATUS_KINDS.get(code)
    return Status(kind or StatusKind.UNKNOWN, str(code), label)


def choose_status(known: Iterable[Status], word: str) -> Status | None:
    """The status for a code, a label, or a kind, in this order."""
    known = tuple(known)
    understood = (status for status in known if status.kind is not StatusKind.UNKNOWN)
    wanted = word.strip().casefold()
    return (
        next((status for status in known if status.id == wanted), None)
        or next((status for status in known if status.name.casefold() == wanted), None)
        or next((status for status in understood if status.kind.value == wanted), None)
    )


def describe_fields(fields: Iterable[FieldShape]) -> Iterator[FieldDescription]:
    """The fields that a route may keep in sync, by the names that tickets have for them.

    `ticket_fields` has other names for some of Freshdesk's own fields than tickets (`ticket_type` for `type`). Fields
    with a setting of their own in a route (status, priority, agent, group, requester) are left out.
    """
    for field in fields:
        if field.type in OWN_FIELDS:
            yield _described(
                OWN_FIELDS[field.type], field.label, field, Convert.CHOICE, _named(field.choices)
            )
        elif field.type == NESTED:
            yield from _levels(field)
        elif not field.type.startswith("default_"):
            yield _described(field.name, field.label, field, _HOLDS.get(field.type), _named(field.choices))


def _described(
    name: str, label: str | None, field: FieldShape, holds: Convert | None, choices: Iterable[str]
) -> FieldDescription:
    unwritable = "" if holds is not None else f"the bridge does not write fields of the type {field.type}"
    return FieldDescription(
        name,
        label or name,
        bool(field.required_for_agents),
        tuple(choices),
        holds=holds,
        unwritable=unwritable,
    )


def _levels(field: FieldShape) -> Iterator[FieldDescription]:
    """The levels of a dependent field: each is a field of the ticket, whose choices depend on the level above."""
    names = [(field.name, field.label), *((level.name, level.label) for level in field.nested_ticket_fields)]
    choices: list[object] = [field.choices]
    for name, label in names:
        words = dict.fromkeys(word for each in choices for word in _named(each))
        yield _described(name, label, field, Convert.CHOICE, words)
        choices = [below for each in choices if isinstance(each, dict) for below in each.values()]


def _named(choices: object) -> Iterator[str]:
    if isinstance(choices, dict | list | tuple):
        yield from (str(choice) for choice in choices if isinstance(choice, str | int))


def own_fields(raw: TicketShape, fields: Iterable[FieldShape]) -> dict[str, object]:
    """Freshdesk's own fields that are kept in sync like custom ones: the type, and the product by its name."""
    own: dict[str, object] = {"type": raw.type} if raw.type else {}
    if raw.product_id:
        products = named_choices(fields, "default_product")
        name = next((name for name, number in products.items() if number == raw.product_id), "")
        own["product_id"] = {"id": str(raw.product_id), "name": name or str(raw.product_id)}
    return own


def ticket(
    raw: TicketShape,
    *,
    connection: str,
    url: str,
    key_field: str,
    status: Status,
    group: Group | None,
    assignee: Person | None,
    own: Mapping[str, object] = MappingProxyType({}),
) -> Ticket:
    """A ticket, with the names that were read from the account."""
    requester = requester_of(raw)
    key = raw.custom_fields.get(key_field)
    by_an_agent = raw.source in WRITTEN_BY_AGENTS
    return Ticket(
        ref=TicketRef(connection, str(raw.id)),
        key=f"#{raw.id}",
        url=f"{url}/a/tickets/{raw.id}",
        subject=raw.subject or "",
        description=_rich(raw.description, raw.description_text, url),
        description_visibility=Visibility.PUBLIC,
        status=status,
        **{name: each.read(raw) for name, each in PROPERTIES.items()},
        channel=CHANNELS.get(raw.source or 0, Channel.UNKNOWN),
        # Freshdesk does not tell which agent it was.
        created_by=Person("", "", role=Role.AGENT) if by_an_agent else requester or Person("", ""),
        created_at=raw.created_at.astimezone(UTC),
        updated_at=raw.updated_at.astimezone(UTC) if raw.updated_at else None,
        type=raw.type,
        requester=requester,
        organisation=_organisation(raw),
        assignee=assignee,
        group=group,
        brand=str(raw.product_id) if raw.product_id else None,
        tags=raw.tags,
        custom_fields={**own, **raw.custom_fields},
        presence=_presence(raw),
        bridge_key=key if isinstance(key, str) and key else None,
        attachments=files((file for file in raw.attachments if _came_along(file, raw)), raw.description, url),
    )


def requester_of(raw: TicketShape) -> Person | None:
    if raw.requester is not None:
        return contact(raw.requester, raw.requester_id or 0)
    return Person(str(raw.requester_id), "", role=Role.CUSTOMER) if raw.requester_id else None


def contact(raw: UserShape, user_id: int) -> Person:
    return Person(str(raw.id or user_id), raw.name or "", raw.email, Role.CUSTOMER)


def unnamed(raw: ConversationShape) -> Person:
    """The author of a conversation, as far as the conversation itself shows it."""
    name, email = parseaddr(raw.from_email or "")
    if raw.user_id is None:
        # Notes that automation rules write belong to nobody.
        role = Role.CUSTOMER if raw.incoming else Role.SYSTEM
        return Person("", name, email or None, role)
    role = Role.CUSTOMER if raw.incoming else Role.AGENT
    return Person(str(raw.user_id), name, email or None, role)


def visibility(raw: ConversationShape) -> Visibility:
    """Public only if Freshdesk says so, and never for a mail to a third party."""
    public = raw.private is False and raw.source != FORWARDED
    return Visibility.PUBLIC if public else Visibility.PRIVATE


def attachment(raw: AttachmentShape) -> Attachment:
    content_type = raw.content_type or "application/octet-stream"
    return Attachment(str(raw.id), raw.name, content_type, raw.size, raw.attachment_url)


def files(listed: Iterable[AttachmentShape], markup: str | None, site: str = "") -> tuple[Attachment, ...]:
    """The files that Freshdesk lists, and the pictures in the text, which it does not list. `site` is the account's address."""
    found = tuple(attachment(file) for file in listed)
    known = {file.id for file in found}
    return (*found, *(each for each in pictures_in(markup or "", site) if each.id not in known))


def conversation_text(raw: ConversationShape, site: str = "") -> RichText:
    return _rich(raw.body, raw.body_text, site)


def native_clocks(raw: TicketShape, status: Status) -> tuple[NativeClock, ...]:
    """Freshdesk's own due times. Its timers pause in waiting statuses (an account can change that)."""
    paused = status.kind in (StatusKind.WAITING_CUSTOMER, StatusKind.WAITING_THIRD_PARTY)
    responded = raw.stats is not None and raw.stats.first_responded_at is not None
    clocks = (
        ("first response", raw.fr_due_by, raw.fr_escalated, responded),
        ("next response", raw.nr_due_by, raw.nr_escalated, False),
        ("resolution", raw.due_by, raw.is_escalated, False),
    )
    return tuple(
        _native_clock(name, due, breached=bool(breached), done=done or status.kind.done, paused=paused)
        for name, due, breached, done in clocks
        if due is not None
    )


def _native_clock(name: str, due: datetime, *, breached: bool, done: bool, paused: bool) -> NativeClock:
    runs = not done and not paused
    return NativeClock(name, due.astimezone(UTC) if runs else None, breached, paused and not done)


def _came_along(file: AttachmentShape, raw: TicketShape) -> bool:
    """Whether a file belongs to the description: an update of the ticket may add further ones."""
    return file.created_at is None or file.created_at - raw.created_at < _STORED_LATE


def _organisation(raw: TicketShape) -> Organisation | None:
    if raw.company is not None and raw.company.id is not None:
        return Organisation(str(raw.company.id), raw.company.name or "")
    return Organisation(str(raw.company_id), "") if raw.company_id else None


def _presence(raw: TicketShape) -> Presence:
    if raw.deleted:
        return Presence.DELETED
    return Presence.SPAM if raw.spam else Presence.PRESENT


def _rich(markup: str | None, text: str | None, site: str = "") -> RichText:
    return rich_text.from_html(naming_pictures(markup, site)) if markup else rich_text.from_text(text or "")

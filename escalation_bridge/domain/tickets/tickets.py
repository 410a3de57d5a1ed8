"""Tickets and their comments, in one vocabulary for all vendors.

Everything here is a frozen value. A vendor plugin makes these from what the vendor sends; the core never sees a vendor's own shapes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


class StatusKind(StrEnum):
    """What a status means, whatever the vendor calls it."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_THIRD_PARTY = "waiting_third_party"
    SOLVED = "solved"
    CLOSED = "closed"
    UNKNOWN = "unknown"

    @property
    def done(self) -> bool:
        """Whether nobody is expected to work on the ticket."""
        return self in (StatusKind.SOLVED, StatusKind.CLOSED)


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    def raised(self) -> "Priority":
        """The next higher priority; urgent stays urgent."""
        ladder = list(Priority)
        return ladder[min(ladder.index(self) + 1, len(ladder) - 1)]

    def is_above(self, other: "Priority | None") -> bool:
        """Whether it is higher than another one; any priority is higher than none."""
        ladder = list(Priority)
        return other is None or ladder.index(self) > ladder.index(other)


class Severity(StrEnum):
    EMERGENCY = "emergency"
    STANDARD = "standard"


class Channel(StrEnum):
    """How the customer reached the company."""

    EMAIL = "email"
    WEB = "web"
    PORTAL = "portal"
    CHAT = "chat"
    PHONE = "phone"
    TWITTER = "twitter"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    FORUM = "forum"
    API = "api"
    OTHER = "other"
    UNKNOWN = "unknown"


class Visibility(StrEnum):
    """Who may read a comment. There is no default anywhere: what is not known to be public is private."""

    PUBLIC = "public"
    PRIVATE = "private"


class Role(StrEnum):
    """Who somebody is to the company."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    BRIDGE = "bridge"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Presence(StrEnum):
    """Whether a ticket is still there to be worked on."""

    PRESENT = "present"
    DELETED = "deleted"
    SPAM = "spam"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, order=True)
class TicketRef:
    """Which ticket: the connection's name and the vendor's *immutable* id (Jira: the issue id, never the key)."""

    connection: str
    id: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.id}"


@dataclass(frozen=True, slots=True)
class Status:
    """A status with the vendor's own word kept.

    Attributes:
        kind: What it means.
        id: What the vendor calls it in its API: a word, a code or an id, as text.
        name: What agents see.
    """

    kind: StatusKind
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class RichText:
    """Formatted text: sanitised HTML, and the same as plain text.

    Make one with `escalation_bridge.text.rich_text.from_html` or `from_text`; HTML is the form that all vendors can be
    converted from and into.
    """

    html: str
    text: str

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.html.strip())


@dataclass(frozen=True, slots=True)
class Person:
    """A person, as far as the vendor shows. `id` is the vendor's; e-mail addresses are often hidden."""

    id: str
    name: str
    email: str | None = None
    role: Role = Role.UNKNOWN


@dataclass(frozen=True, slots=True)
class Organisation:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file at a ticket; its bytes are fetched only when needed.

    Attributes:
        size: Bytes, or None where the vendor does not say.
        url: Where the vendor keeps it. May expire.
    """

    id: str
    name: str
    content_type: str
    size: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Comment:
    """An entry of a ticket after its description.

    Attributes:
        id: The vendor's id of the comment.
        author: Who wrote it. `author.role` is the role at this desk: whoever works for it is an agent, whatever licence
            he has now, and whoever is on CC or takes part is a customer. That the ticket's requester asks is known anyway.
        visibility: Unknown must have been made private by the plugin.
        marker: The key of the intent that wrote it, where the plugin finds the bridge's marker in it.
    """

    ticket: TicketRef
    id: str
    author: Person
    visibility: Visibility
    body: RichText
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of a draft that its vendor did not take, and without which it created the ticket.

    Attributes:
        field: `description`, `labels`, `priority`, or the vendor's id of any other field.
        name: What people call it.
        reason: The vendor's words, or the plugin's own.
    """

    field: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket, issue or request as it was when it was read.

    Attributes:
        key: What people call it: "ENG-24", "#35436".
        url: Where an agent opens it.
        description: What it began with. It is not among the comments, also where the vendor counts it as the first.
        description_visibility: Private where an agent opened it with an internal note.
        created_by: Who opened it: a customer, or an agent on somebody's behalf. Somebody else than the requester whose role
            is unknown counts as an agent who wrote it down.
        priority: None where the vendor has none set.
        type: The vendor's word: "incident", "Bug".
        custom_fields: By the vendor's field id, plain JSON values.
        updated_at: The vendor's watermark; None if it has none.
        merged_into: The ticket to follow, when `presence` is merged.
        follows_up: The ticket closed for good that this one continues, where the vendor tells (Zendesk's follow-ups).
        bridge_key: The key that the bridge wrote into it when it created it, if it did.
        answers_known: False if the plugin does not know who works for the desk. No clock of answers is started then.
        status_since: When its present status began, as the vendor keeps it; None if unknown. It is how a gap in
            what the bridge has seen is noticed: see `fetch_status_changes`.
        attachments: The files that came with the description, none that were put there later. Not looked at when two
            readings are compared, for vendors may give another address each time.
        left_out: What it was created without, in the answer of `create_ticket` alone.
        timezone: The requester's time zone, such as "Asia/Jakarta", where the vendor tells it.
    """

    ref: TicketRef
    key: str
    url: str
    subject: str
    description: RichText
    description_visibility: Visibility
    status: Status
    priority: Priority | None
    channel: Channel
    created_by: Person
    created_at: datetime
    updated_at: datetime | None
    type: str | None = None
    requester: Person | None = None
    organisation: Organisation | None = None
    assignee: Person | None = None
    group: Group | None = None
    brand: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, object] = field(default_factory=dict)
    presence: Presence = Presence.PRESENT
    merged_into: TicketRef | None = None
    follows_up: TicketRef | None = None
    bridge_key: str | None = None
    answers_known: bool = True
    status_since: datetime | None = None
    attachments: tuple[Attachment, ...] = field(default=(), compare=False)
    left_out: tuple[LeftOut, ...] = field(default=(), compare=False)
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of a ticket's status, as the vendor's own history has it.

    Attributes:
        id: What makes it the same change when it is read again.
        at: When it happened, by the vendor's clock.
        status: The status from then on.
    """

    id: str
    at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """A ticket to be created.

    Attributes:
        severity: For vendors that keep one in a field; the description says it in words anyway.
        labels: Tags or labels to set.
        requester: On whose behalf, for vendors whose tickets need a requester.
        fields: What the route's configuration adds, in the vendor's own terms (Jira: `project`, `issue_type`, ...).
        without: People refused by the vendor at the last try: `requester`, or names of fields, nested ones
            too. The plugin leaves them out and creates the ticket in the name of the bridge's own account.
    """

    summary: str
    description: RichText
    priority: Priority | None
    severity: Severity
    labels: tuple[str, ...] = ()
    requester: Person | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommentDraft:
    """A comment to be written. There is no default visibility.

    Attributes:
        first_attempt: Whether it was never sent before. Then no search for it is needed.
        known: The ticket as it was last known. With it a plugin can make a `WrittenComment` of an answer that names people by ids.
    """

    body: RichText
    visibility: Visibility
    first_attempt: bool = False
    known: Ticket | None = None


@dataclass(frozen=True, slots=True)
class WrittenComment:
    """A comment as the vendor stored it, and its ticket as the same answer shows it; None: the answer does not show it."""

    comment: Comment
    ticket: Ticket | None = None


UNASSIGNED = ""
"""In place of an assignee: nobody, so that a team finds the ticket in its queue."""


@dataclass(frozen=True, slots=True)
class TicketChange:
    """What to change; None and empty mean: leave as it is.

    Attributes:
        status: A status id or name of the vendor, or a `StatusKind` value; the plugin resolves it in this order.
        assignee: An agent's id at the vendor, or e-mail address; one that nobody has is refused as `UnknownPerson`.
            `UNASSIGNED` takes the assignee away.
        fields: Custom fields in the vendor's own terms.
    """

    status: str | None = None
    priority: Priority | None = None
    assignee: str | None = None
    group: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)

    def asked(self) -> Iterator[tuple[str, Any]]:
        """The properties that it changes, by their names here, with what they are to be: all of them, whatever there is."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and not (isinstance(value, tuple | Mapping) and not value):
                yield each.name, value

    def joined(self, other: "TicketChange") -> "TicketChange":
        """Both changes in one.

        Raises:
            ValueError: They contradict each other.
        """
        names = [each.name for each in fields(self)]
        return TicketChange(
            **{name: _joined(name, getattr(self, name), getattr(other, name)) for name in names}
        )


def called(value: object) -> str:
    """A property of a ticket for people: by its name where it has one; nothing is empty."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else str(getattr(value, "name", value))


def _joined(name: str, one: Any, other: Any) -> Any:
    if isinstance(one, tuple):
        return one + other
    if isinstance(one, Mapping):
        return {**one, **other}
    if one is not None and other is not None and one != other:
        raise ValueError(f"{name} cannot become {one} and {other}")
    return other if one is None else one


@dataclass(frozen=True, slots=True)
class TicketPointer:
    """Another system's ticket, as it is made visible to the agents of this one.

    Attributes:
        assignee: Who has it there, by name.
        updated_at: When it last changed there.
        health: A line in the agents' language: whether the link is in step, or held, why and what to do.
        first_attempt: Whether nobody has tried to show it before. Then nothing of it is there yet to be looked for.
        known: The ticket in which it is shown, as it was last known.
    """

    ref: TicketRef
    key: str
    url: str
    vendor: str
    title: str
    status: str
    done: bool
    assignee: str | None = None
    updated_at: datetime | None = None
    health: str = ""
    first_attempt: bool = False
    known: Ticket | None = None

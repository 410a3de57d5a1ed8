"""What an admin writes about routes: how a case is handed on, and how two tickets are kept in step."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from escalation_bridge.config.fields import FieldsSync
from escalation_bridge.config.values import Duration, FileKind, Language, Window, Word
from escalation_bridge.domain.routes.routes import DoneWhen, DraftReply, Take, TooLate
from escalation_bridge.domain.routes.sides import Ask, Keep, Side
from escalation_bridge.domain.tickets.tickets import Priority, Visibility
from escalation_bridge.plugin.settings import Settings

KEEP, ASK = str(Keep.KEEP), str(Ask.ASK)


class ReopenSettings(Settings):
    """What happens when one of two tickets that are both done is taken up again."""

    linked_status: Word | None = None
    """The linked ticket's status when the customer's is reopened. Left out: as `to_linked` says."""
    origin_status: Word | None = None
    """The customer's ticket's status when the linked one is reopened. Left out: as `to_origin` says."""
    within_days: int | None = Field(default=None, ge=1, le=3650)
    """How long after it was done a ticket is taken up again together with the other one. Left out: always."""
    too_late: TooLate = TooLate.NOTE
    """After that: `note` tells the agents, `new_ticket` creates another linked ticket, for a customer's ticket that is reopened."""
    at_most: int = Field(default=5, ge=1, le=100)
    """How often within a day the bridge reopens a ticket of a link, before the link is held and a person has to look."""


class StatusSync(Settings):
    """How a status on one side shows on the other.

    Keys are a status's name or id at its vendor, or a kind (new, open, waiting_customer, waiting_third_party, solved,
    closed). Values are words of the other vendor, `keep` to change nothing, or `ask` to change nothing and ask the agents
    of the other ticket by an internal note. What is not listed holds the link.
    """

    owner: Side | None = None
    """Whose status wins when both changed at once: origin or linked. Left out: a person chooses."""
    to_linked: Mapping[Word, Word] = Field(default_factory=dict)
    to_origin: Mapping[Word, Word] = Field(default_factory=dict)
    one_way: tuple[Word, ...] = ()
    """Keys of either map that are meant to come back as another status: `config check` refuses all others."""
    reopen: ReopenSettings = ReopenSettings()
    """What happens when a ticket that was done is taken up again."""


class CommentSync(Settings):
    """Which comments are carried over, and who may read them there."""

    take: Take
    """none, public (what customers can read) or all."""
    write: Visibility = Visibility.PRIVATE
    """private or public. Public reaches the customer; what is private where it was said stays private all the same."""


class CommentsSync(Settings):
    """Both directions; by default customers' words go to the linked ticket, and everything comes back as internal notes."""

    to_linked: CommentSync = CommentSync(take=Take.PUBLIC)
    to_origin: CommentSync = CommentSync(take=Take.ALL)
    follow_edits: Window = Field(default="24h", validate_default=True)
    """For how long after a comment was written its edits are carried over, and that it was taken back. 0 or none: never."""
    trim_quotes: bool = True
    """Whether what mail programs add below an answer, the message that it answers and a signature, is left out."""


class AttachmentsSync(Settings):
    """Which files go along with the comments that are carried over, either way; the others are named in the other ticket."""

    max_mb: int = Field(default=10, ge=1, le=500)
    """How large a file may be, in units of 1024 x 1024 bytes."""
    refuse: tuple[FileKind, ...] = ()
    """What is not passed on: endings of names such as .exe, content types such as application/zip or video/*."""


class HandOffSettings(Settings):
    """The target of the linked tickets' team for the time in which it owns the work."""

    target: Duration
    """Working time in all, over every time it has the ticket."""
    calendar: str = "always"
    """The team's own working hours."""


class WriteBudgetSettings(Settings):
    """How much the bridge changes over one link before somebody has to look: another robot may answer every change."""

    changes: int = Field(default=10, ge=1, le=1000)
    """How many changes of fields within `minutes`; of fresh comments three times as many."""
    minutes: int = Field(default=5, ge=1, le=1440)
    quiet_minutes: int = Field(default=30, ge=1, le=10080)
    """After how long without any change in either ticket it goes on by itself."""


class RouteSettings(Settings):
    """A way from one connection's tickets to another's."""

    origin: str = Field(alias="from")
    """The connection where customers' tickets are."""
    linked: str = Field(alias="to")
    """The connection where linked tickets are created."""
    create: Mapping[str, Any] = Field(default_factory=dict)
    """What every linked ticket carries, in that vendor's terms: see the plugin's README."""
    labels: tuple[str, ...] = ()
    """Labels or tags of the linked ticket."""
    priorities: Mapping[Priority, Priority] = Field(default_factory=dict)
    """Which priority the linked ticket gets; one that is not named stays as it is."""
    handed_on_status: Word | None = None
    """The customer's ticket's status from the hand-over on."""
    tell_customer: bool = False
    """Whether the customer is told, publicly, that a specialist has taken over."""
    hand_off: HandOffSettings | None = None
    """The operational target of the linked ticket's team; when it is missed, they are told in their own ticket."""
    done_when: DoneWhen = DoneWhen.ALL
    """Of several linked tickets of one customer's ticket: whether all or any of them have to be done before it is handed back."""
    draft_reply: DraftReply = DraftReply.SHARED
    """Whether a reply to the customer is suggested in an internal note, never sent, when the linked ticket is done: shared (where
    several customers wait for it), always or never."""
    raise_priority: bool = True
    """Whether a linked ticket for which several customers wait gets the highest of their priorities. It is never lowered."""
    status: StatusSync = StatusSync()
    fields: FieldsSync = FieldsSync()
    """Which further fields are kept in step: priority, severity, assignee, tags, custom."""
    comments: CommentsSync = CommentsSync()
    write_budget: WriteBudgetSettings = WriteBudgetSettings()
    """When a link is held because too much is written over it."""
    language: Mapping[Side, Language] = Field(default_factory=dict)
    """The language of what is written into the tickets of a side, origin or linked: en or id. Left out: the connection's."""
    attachments: bool | AttachmentsSync = True
    """Whether files go along with the comments that are carried over; with limits: a mapping of them."""

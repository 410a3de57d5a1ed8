"""The models of routes: how a case is escalated, and how two tickets are kept in sync."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from escalation_bridge.config.fields import FieldsSync
from escalation_bridge.config.values import Duration, FileKind, Language, Window, Word
from escalation_bridge.domain.routes.package_rule import PackageRule
from escalation_bridge.domain.routes.routes import DoneWhen, DraftReply, Take, TooLate
from escalation_bridge.domain.routes.sides import Ask, Keep, Side
from escalation_bridge.domain.tickets.tickets import Priority, Visibility
from escalation_bridge.plugin.settings import Settings

KEEP, ASK = str(Keep.KEEP), str(Ask.ASK)


class ReopenSettings(Settings):
    """What happens when one of two finished tickets is reopened."""

    linked_status: Word | None = None
    """The linked ticket's status when the customer's is reopened. If omitted: according to `to_linked`."""
    origin_status: Word | None = None
    """The status of the customer's ticket when the linked one is reopened. If omitted: according to `to_origin`."""
    within_days: int | None = Field(default=None, ge=1, le=3650)
    """For how many days after it was finished a ticket is reopened with the other one. If omitted: always."""
    too_late: TooLate = TooLate.NOTE
    """After that: `note` notifies the agents; `new_ticket` creates another linked ticket if the customer's ticket
    is reopened.
    """
    at_most: int = Field(default=5, ge=1, le=100)
    """How often per day the bridge reopens a ticket of a link before it puts the link on hold."""


class StatusSync(Settings):
    """How a status on one side is copied to the other.

    Keys are a status's name or id at its vendor, or a kind (new, open, waiting_customer, waiting_third_party, solved,
    closed). Values are statuses of the other vendor, `keep` to change nothing, or `ask` to change nothing and ask the agents
    of the other ticket by an internal note. An unmapped status puts the link on hold.
    """

    owner: Side | None = None
    """Whose status wins if both changed at once: origin or linked. If omitted, a person chooses."""
    to_linked: Mapping[Word, Word] = Field(default_factory=dict)
    to_origin: Mapping[Word, Word] = Field(default_factory=dict)
    one_way: tuple[Word, ...] = ()
    """Keys of either map that intentionally come back as another status: `config check` refuses all others."""
    reopen: ReopenSettings = ReopenSettings()
    """What happens when a finished ticket is reopened."""


class CommentSync(Settings):
    """Which comments are copied, and their visibility there."""

    take: Take
    """none, public (what customers can read) or all."""
    write: Visibility = Visibility.PRIVATE
    """private or public. Public reaches the customer; a private comment stays private all the same."""


class CommentsSync(Settings):
    """Both directions. By default, the customer's comments are copied to the linked ticket, and all comments come
    back as internal notes.
    """

    to_linked: CommentSync = CommentSync(take=Take.PUBLIC)
    to_origin: CommentSync = CommentSync(take=Take.ALL)
    follow_edits: Window = Field(default="24h", validate_default=True)
    """For how long after a comment was written its edits and its deletion are copied. 0 or none: never."""
    trim_quotes: bool = True
    """Whether quoted messages and signatures of mails are omitted."""


class AttachmentsSync(Settings):
    """Which files are copied with their comments, either way; a note in the other ticket names the others."""

    max_mb: int = Field(default=10, ge=1, le=500)
    """The maximum size of a file in MiB."""
    refuse: tuple[FileKind, ...] = ()
    """Refused files: extensions such as .exe, content types such as application/zip or video/*."""


class LateStepSettings(Settings):
    """What happens when a hand-off is over its target."""

    after: Duration = Field(default="0s", validate_default=True)
    """How long after the target, in the team's working time."""
    to: str
    """The team to which the case is escalated, or `next-level`."""


class HandOffSettings(Settings):
    """The target of the linked tickets' team for the time in which it owns the work."""

    target: Duration
    """Total working time, over all hand-offs to it."""
    calendar: str = "always"
    """The team's own working hours."""
    late: tuple[LateStepSettings, ...] = ()
    """Who gets the case when the team is late. The team is notified of the missed target in any case."""


class WriteBudgetSettings(Settings):
    """How many writes a link may have before it is put on hold: another robot may answer every change."""

    changes: int = Field(default=10, ge=1, le=1000)
    """How many changes of fields within `minutes`; for new comments three times as many."""
    minutes: int = Field(default=5, ge=1, le=1440)
    quiet_minutes: int = Field(default=30, ge=1, le=10080)
    """After how many minutes without a change in either ticket it resumes by itself."""


class PackageSettings(Settings):
    """What the team that takes an escalation over reads beside what it always does. Customers never see these parts."""

    fields: Mapping[Word, str] = Field(default_factory=dict)
    """Custom fields that show the environment: the label by the field's id at the helpdesk."""
    value: Mapping[Word, str] = Field(default_factory=dict)
    """Custom fields that show the customer's value, such as a tier: the label by the field's id."""
    tags: bool = False
    """Whether the ticket's tags are shown."""
    internal_notes: int = Field(default=0, ge=0, le=20)
    """How many of the last internal notes the team may read. By default none."""

    @property
    def rule(self) -> PackageRule:
        """The same for decisions."""
        return PackageRule(self.fields, self.value, self.tags, self.internal_notes)


class RouteSettings(Settings):
    """A route from one connection's tickets to another's."""

    origin: str = Field(alias="from")
    """The connection where customers' tickets are."""
    linked: str = Field(alias="to")
    """The connection where linked tickets are created."""
    create: Mapping[str, Any] = Field(default_factory=dict)
    """Fields of every linked ticket, in the vendor's own terms: see the plugin's README."""
    labels: tuple[str, ...] = ()
    """Labels or tags of the linked ticket."""
    priorities: Mapping[Priority, Priority] = Field(default_factory=dict)
    """The linked ticket's priority by the customer's; an unmapped one stays."""
    handed_on_status: Word | None = None
    """The customer's ticket's status from the escalation on."""
    tell_customer: bool = False
    """Whether the customer is notified publicly that a specialist has taken over. Not used for tickets whose policy has a
    section `customer`.
    """
    hand_off: HandOffSettings | None = None
    """The target of the linked ticket's team; a missed one is reported in its own ticket."""
    done_when: DoneWhen = DoneWhen.ALL
    """Whether all or any of several linked tickets have to be done before the customer's ticket is handed back."""
    draft_reply: DraftReply = DraftReply.SHARED
    """Whether a reply to the customer is drafted in an internal note, never sent, when the linked ticket is done:
    shared (if several customers wait for it), always or never.
    """
    raise_priority: bool = True
    """Whether a linked ticket for which several customers wait gets the highest of their priorities. It is never
    lowered.
    """
    status: StatusSync = StatusSync()
    fields: FieldsSync = FieldsSync()
    """Which further fields are kept in sync: priority, severity, assignee, tags, custom."""
    comments: CommentsSync = CommentsSync()
    write_budget: WriteBudgetSettings = WriteBudgetSettings()
    """When a link is put on hold because it gets too many writes."""
    language: Mapping[Side, Language] = Field(default_factory=dict)
    """The language of texts in the tickets of a side (origin, linked): en or id. If omitted: the connection's."""
    package: PackageSettings = PackageSettings()
    """What the team of the linked ticket reads about an escalation, in an internal note."""
    attachments: bool | AttachmentsSync = True
    """Whether files are copied with their comments; a mapping sets limits."""

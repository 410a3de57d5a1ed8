"""What an account holds: tickets, conversations, people, files."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum


class Status(IntEnum):
    """The statuses every account has; an account's own have numbers above."""

    OPEN = 2
    PENDING = 3
    RESOLVED = 4
    CLOSED = 5
    WAITING_ON_CUSTOMER = 6
    WAITING_ON_THIRD_PARTY = 7


class Priority(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4


class Source(IntEnum):
    """How a ticket came in."""

    EMAIL = 1
    PORTAL = 2
    PHONE = 3
    FORUM = 4
    TWITTER = 5
    FACEBOOK = 6
    CHAT = 7
    MOBIHELP = 8
    FEEDBACK_WIDGET = 9
    OUTBOUND_EMAIL = 10
    ECOMMERCE = 11
    BOT = 12
    WHATSAPP = 13


class ConversationSource(IntEnum):
    REPLY = 0
    NOTE = 2
    TWEET = 5
    SURVEY = 6
    FACEBOOK_POST = 7
    FORWARDED = 8
    PHONE = 9
    MOBIHELP = 10
    ECOMMERCE = 11


class Association(IntEnum):
    PARENT = 1
    CHILD = 2
    TRACKER = 3
    RELATED = 4


class TicketScope(IntEnum):
    """Which tickets an agent may see."""

    GLOBAL = 1
    GROUP = 2
    RESTRICTED = 3


class Standing(StrEnum):
    """What the vendor makes of the account.

    `suspended` is unpaid, or a trial that is over: documented as read only. `no_api` is a plan without the API.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    NO_API = "no_api"


class Role(StrEnum):
    ACCOUNT_ADMINISTRATOR = "Account Administrator"
    ADMINISTRATOR = "Administrator"
    SUPERVISOR = "Supervisor"
    AGENT = "Agent"


@dataclass(frozen=True)
class Attachment:
    id: int
    name: str
    content_type: str
    content: bytes
    created_at: datetime


@dataclass(frozen=True)
class Upload:
    """A file as it arrives, before it has an id."""

    name: str
    content_type: str
    content: bytes


@dataclass
class Conversation:
    """A reply or a note. `incoming` is what came from the customer's side."""

    id: int
    ticket_id: int
    user_id: int
    body: str
    source: ConversationSource
    incoming: bool
    private: bool
    created_at: datetime
    updated_at: datetime
    from_email: str | None = None
    support_email: str | None = None
    to_emails: list[str] = field(default_factory=list)
    cc_emails: list[str] = field(default_factory=list)
    bcc_emails: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    last_edited_at: datetime | None = None
    last_edited_user_id: int | None = None
    auto_response: bool = False
    automation_id: int | None = None


@dataclass
class Stats:
    """The instants that `include=stats` shows."""

    status_updated_at: datetime
    agent_responded_at: datetime | None = None
    requester_responded_at: datetime | None = None
    first_responded_at: datetime | None = None
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    pending_since: datetime | None = None


@dataclass(frozen=True)
class Dues:
    """When the first response and the resolution are due."""

    fr_due_by: datetime
    due_by: datetime


@dataclass
class Sla:
    """A ticket's deadlines.

    Attributes:
        coming: Deadlines that are calculated but not yet shown, and the instant from which they are.
        fixed: Set through the API, hence not recalculated.
        stopped_since: Since when the status has stopped the timer.
        stopped_for: How long it was stopped before that.
    """

    shown: Dues | None = None
    coming: tuple[datetime, Dues] | None = None
    fixed: bool = False
    stopped_since: datetime | None = None
    stopped_for: timedelta = timedelta()
    response_escalated: bool = False
    resolution_escalated: bool = False


@dataclass(frozen=True)
class SatisfactionRating:
    """A customer's answer to a survey. `ratings` has the answer to each question, from -103 to 103."""

    id: int
    user_id: int
    agent_id: int | None
    group_id: int | None
    feedback: str | None
    ratings: dict[str, int]
    created_at: datetime


@dataclass
class Ticket:
    id: int
    requester_id: int
    subject: str
    description: str
    status: int
    priority: int
    source: int
    created_at: datetime
    updated_at: datetime
    stats: Stats
    type: str | None = None
    group_id: int | None = None
    responder_id: int | None = None
    company_id: int | None = None
    email_config_id: int | None = None
    support_email: str | None = None
    to_emails: list[str] | None = None
    cc_emails: list[str] = field(default_factory=list)
    fwd_emails: list[str] = field(default_factory=list)
    reply_cc_emails: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, object] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    sla: Sla = field(default_factory=Sla)
    association: Association | None = None
    associated: list[int] = field(default_factory=list)
    merged_into: int | None = None
    spam: bool = False
    deleted: bool = False
    satisfaction_ratings: list[SatisfactionRating] = field(default_factory=list)

    @property
    def listed(self) -> bool:
        """Whether the ordinary lists and the search show it."""
        return not self.spam and not self.deleted


@dataclass
class Contact:
    """A customer."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    twitter_id: str | None = None
    facebook_id: str | None = None
    unique_external_id: str | None = None
    company_id: int | None = None
    view_all_tickets: bool = False
    active: bool = False
    deleted: bool = False
    blocked: bool = False
    address: str | None = None
    description: str | None = None
    job_title: str | None = None
    language: str = "en"
    time_zone: str = "Jakarta"
    other_emails: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


@dataclass
class Company:
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    note: str | None = None
    domains: list[str] = field(default_factory=list)
    health_score: str | None = None
    account_tier: str | None = None
    renewal_date: str | None = None
    industry: str | None = None


@dataclass(frozen=True)
class Agent:
    id: int
    name: str
    email: str
    api_key: str
    role: Role
    created_at: datetime
    occasional: bool = False
    phone: str | None = None
    mobile: str | None = None
    ticket_scope: TicketScope = TicketScope.GLOBAL
    available: bool = True

    @property
    def is_admin(self) -> bool:
        return self.role in {Role.ACCOUNT_ADMINISTRATOR, Role.ADMINISTRATOR}


@dataclass(frozen=True)
class Group:
    id: int
    name: str
    description: str
    agent_ids: tuple[int, ...]
    created_at: datetime
    auto_ticket_assign: bool = False


@dataclass(frozen=True)
class EmailConfig:
    """A support mailbox."""

    id: int
    name: str
    reply_email: str
    group_id: int | None
    created_at: datetime

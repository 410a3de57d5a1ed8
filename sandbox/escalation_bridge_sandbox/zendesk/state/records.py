"""What a Zendesk account holds."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass
class Organization:
    id: int
    name: str
    created_at: datetime
    external_id: str | None = None
    domain_names: list[str] = field(default_factory=list)


@dataclass
class Group:
    id: int
    name: str
    created_at: datetime
    default: bool = False


@dataclass
class User:
    """`role` is end-user, agent or admin; a light agent is an agent with private comments only.

    `custom_role_id` is a role that an admin made for agents; None: the standard one.

    A suspended user can neither write nor be a new ticket's requester; one who is not active was deleted.
    """

    id: int
    name: str
    email: str | None
    role: str
    created_at: datetime
    organization_id: int | None = None
    external_id: str | None = None
    group_ids: list[int] = field(default_factory=list)
    light: bool = False
    custom_role_id: int | None = None
    phone: str | None = None
    suspended: bool = False
    active: bool = True
    locale: str = "en-US"
    iana_time_zone: str = "Asia/Jakarta"

    @property
    def is_staff(self) -> bool:
        return self.role in ("agent", "admin")

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    @property
    def default_group_id(self) -> int | None:
        return self.group_ids[0] if self.group_ids else None


@dataclass(frozen=True)
class CustomStatus:
    id: int
    status_category: str
    agent_label: str
    end_user_label: str
    default: bool
    active: bool = True


@dataclass(frozen=True)
class FieldOption:
    id: int
    name: str
    value: str


@dataclass(frozen=True)
class TicketField:
    """A system field (`type` subject, status, ...) or a custom one (text, tagger, checkbox, integer, ...).

    `required` is Zendesk's "required to solve".
    """

    id: int
    type: str
    title: str
    removable: bool = False
    required: bool = False
    options: tuple[FieldOption, ...] = ()


@dataclass
class Attachment:
    id: int
    token: str
    file_name: str
    content_type: str
    content: bytes
    inline: bool = False
    """Whether it is a picture in the text of its comment."""


@dataclass
class Upload:
    token: str
    expires_at: datetime
    attachments: list[Attachment] = field(default_factory=list)


@dataclass
class Comment:
    id: int
    audit_id: int
    author_id: int
    body: str
    html_body: str
    plain_body: str
    public: bool
    created_at: datetime
    via: Json
    metadata: Json
    attachments: list[Attachment] = field(default_factory=list)
    is_answer: bool = False
    """Whether its author worked for the desk when it was written, and is not the one who asks."""


@dataclass
class Message:
    """Something said in a conversation of messaging or chat; `author_type` is user, agent or bot."""

    id: str
    author_type: str
    author_id: int
    author_name: str
    text: str
    created_at: datetime
    attachments: list[Attachment] = field(default_factory=list)


@dataclass
class Audit:
    """One change of a ticket: its events are Create or Change of fields, comments, and others."""

    id: int
    ticket_id: int
    created_at: datetime
    author_id: int
    via: Json
    metadata: Json
    events: list[Json] = field(default_factory=list)


@dataclass
class Ticket:
    id: int
    created_at: datetime
    updated_at: datetime
    generated_at: datetime
    channel: str
    via: Json
    subject: str | None
    description: str
    requester_id: int
    submitter_id: int
    status: str
    custom_status_id: int
    brand_id: int
    ticket_form_id: int
    is_public: bool = True
    external_id: str | None = None
    type: str | None = None
    priority: str | None = None
    recipient: str | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    problem_id: int | None = None
    due_at: datetime | None = None
    collaborator_ids: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[int, Any] = field(default_factory=dict)
    followup_ids: list[int] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deleted_at: datetime | None = None
    deleted_by: int | None = None
    satisfaction: Json | None = None
    """The requester's rating: `id`, `score` (offered, good, bad) and `comment`. None: the account asks nobody."""


@dataclass
class Trigger:
    id: int
    title: str
    active: bool
    position: int
    conditions: Json
    actions: list[Json]
    created_at: datetime
    updated_at: datetime
    description: str | None = None


@dataclass
class Webhook:
    id: str
    name: str
    status: str
    endpoint: str
    http_method: str
    request_format: str
    subscriptions: list[str]
    secret: str
    created_at: datetime
    created_by: int
    description: str | None = None
    authentication: Json | None = None
    updated_at: datetime | None = None
    updated_by: int | None = None


@dataclass
class InvocationAttempt:
    id: str
    status: str
    status_code: int | None
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    response_payload: str
    completed_at: datetime


@dataclass
class Invocation:
    """One sending of a webhook, with all its attempts."""

    id: str
    webhook_id: str
    payload: str
    attempts: list[InvocationAttempt] = field(default_factory=list)


@dataclass
class Job:
    id: str
    job_type: str
    total: int
    completed_at: datetime
    results: Any


@dataclass
class Grant:
    """An OAuth access token, with the refresh token that belongs to it if there is one."""

    access_token: str
    refresh_token: str | None
    user_id: int
    scopes: frozenset[str]
    expires_at: datetime
    refresh_expires_at: datetime | None


@dataclass(frozen=True)
class RememberedCreation:
    """The answer to a ticket creation that carried an Idempotency-Key."""

    body_digest: str
    answer: Json
    location: str
    expires_at: datetime

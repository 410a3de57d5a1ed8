"""Issues and what hangs on them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation_bridge_sandbox.jira.richtext.text import RichText

INTERNAL_COMMENT = "sd.public.comment"


@dataclass(frozen=True)
class Visibility:
    """Who of the licensed users may see a comment: the members of a role or of a group."""

    kind: str
    value: str


@dataclass
class Comment:
    id: str
    author: str
    body: RichText
    created: datetime
    updated: datetime
    update_author: str
    visibility: Visibility | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    attachment_ids: list[str] = field(default_factory=list)
    by_agent: bool = False
    """Whether its author worked in the service desk when it was written, and is not the one who asks."""

    @property
    def is_marked_internal(self) -> bool:
        """Whether it carries the property that hides it from a service desk's customers."""
        value = self.properties.get(INTERNAL_COMMENT)
        return isinstance(value, dict) and value.get("internal") in (True, "true")


@dataclass(frozen=True)
class Attachment:
    id: str
    filename: str
    mime_type: str
    size: int
    author: str
    created: datetime


@dataclass(frozen=True)
class RemoteLink:
    """A link to something outside of Jira. What was not sent is None."""

    id: int
    global_id: str | None
    application: dict[str, Any] | None
    relationship: str | None
    object: dict[str, Any]


@dataclass(frozen=True)
class IssueLink:
    """`inward` *blocks* (the type's outward text) `outward`, as Jira names the two when a link is made.

    The two are ids of issues, since keys change.
    """

    id: str
    type_id: str
    inward: str
    outward: str


@dataclass(frozen=True)
class ChangeItem:
    """One field's change: ids in `old` and `new`, what people read in the texts."""

    field: str
    field_id: str | None
    fieldtype: str
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None


@dataclass(frozen=True)
class Change:
    """What one person changed at once."""

    id: str
    author: str
    created: datetime
    items: tuple[ChangeItem, ...]


@dataclass
class Issue:
    """An issue. The key changes when it moves, the id never does.

    Attributes:
        values: The values of the fields that can be edited, by field id.
        former_keys: Keys from before it was moved; they still find it.
        request_type: Id of the request type, of a service desk's request.
        feedback: What the customer of a request answered to the survey.
        seen_by: Account ids of those whom its security level lets see it; None for everybody who may see the project.
    """

    id: str
    key: str
    project_key: str
    type_id: str
    status_id: str
    creator: str
    created: datetime
    updated: datetime
    status_changed: datetime
    values: dict[str, Any]
    resolved: datetime | None = None
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    feedback: dict[str, Any] | None = None
    history: list[Change] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    former_keys: list[str] = field(default_factory=list)
    request_type: str | None = None
    participants: list[str] = field(default_factory=list)
    seen_by: frozenset[str] | None = None

    @property
    def number(self) -> int:
        return int(self.key.rpartition("-")[2])

    def comment(self, comment_id: str) -> Comment | None:
        return next((each for each in self.comments if each.id == comment_id), None)

"""The settings of a Freshdesk account."""

import re
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from escalation_bridge.plugin import (
    ConnectionSettings,
    LinkFields,
    Secret,
    SiteUrl,
    StatusKind,
)

SHORTEST_SECRET = 16
_MARKUP_AND_MARK = 400
"""Bytes reserved for the bridge's additions to a text."""


def _codes_as_text(value: object) -> object:
    """In YAML, the key of `8: solved` is a number."""
    return {str(key): kind for key, kind in value.items()} if isinstance(value, dict) else value


CustomField = Annotated[str, Field(pattern=r"^cf_[a-z0-9_]+$")]


class FreshdeskLinkFields(LinkFields):
    """Which fields show a link, by their internal names."""

    key: CustomField
    """The linked tickets' keys."""
    status: CustomField | None = None
    """The linked ticket's status."""
    assignee: CustomField | None = None
    """Who has it there."""
    updated: CustomField | None = None
    """When it last changed there, in UTC."""
    health: CustomField | None = None
    """Whether the link is in step, or held, why and what to do."""


class FreshdeskSettings(ConnectionSettings):
    """One Freshdesk account."""

    vendor_name: ClassVar[str] = "freshdesk"

    url: SiteUrl
    """Where the account is: `https://example.freshdesk.com`, or its own domain. No path."""
    api_key: Secret
    """The API key of the agent that the bridge acts as: Profile settings > View API key."""
    webhook_secrets: tuple[Secret, ...] = ()
    """What proves a webhook: printable ASCII, at least 16 characters. Several are accepted, so that one can be replaced."""
    webhook_header: str = Field(default="X-Escalation-Bridge-Secret", pattern=r"^[A-Za-z0-9-]+$")
    """The custom header in which the automation rule sends a secret."""
    webhook_query: str = Field(default="token", pattern=r"^[A-Za-z0-9_-]+$")
    """The query parameter of the webhook's URL that may carry a secret instead; it ends up in access logs."""
    key_field: CustomField = "cf_escalation_bridge_key"
    """The single-line text field in which created tickets carry the bridge's key."""
    link_field: CustomField | None = None
    """A single-line text field that shows linked tickets to agents, besides the private note; none by default."""
    link_fields: FreshdeskLinkFields | None = None
    """Single-line text fields that show the linked ticket's key, status, assignee, last change and health."""
    status_kinds: Annotated[dict[str, StatusKind], BeforeValidator(_codes_as_text)] = Field(
        default_factory=dict, examples=[{"8": "waiting_third_party", "With engineering": "open"}]
    )
    """What statuses of your own mean, by code or by the label that agents see. Without it they are unknown and held."""
    requester_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    """Who requests the tickets that the bridge creates. By default the customer, whom Freshdesk then mails an
    acknowledgement; where no customer is known, the bridge's own agent."""
    files_mb: int = Field(default=20, ge=1, le=100)
    """How much all files of one ticket may have together, in MiB: 20 by Freshdesk's documentation; some plans take less."""
    longest_text: int = Field(default=64_000, ge=1_000, le=1_000_000)
    """How long a comment or description may be, in bytes of HTML; what is longer is cut, with all of it in a file."""
    search_lag_seconds: float = Field(default=300.0, ge=0, le=3600)
    """How long a created ticket may be missing from lists and searches, in seconds."""
    reply_repeat_minutes: float = Field(default=15.0, ge=0, le=1440)
    """How long a public reply of the same words counts as the one whose answer was lost, in minutes."""

    @field_validator("webhook_secrets")
    @classmethod
    def _strong_enough(cls, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for secret in secrets:
            if not re.fullmatch(rf"[!-~]{{{SHORTEST_SECRET},}}", secret.get_secret_value()):
                raise ValueError(
                    f"must have at least {SHORTEST_SECRET} characters, printable ASCII without spaces"
                )
        return secrets

    @property
    def longest_shown(self) -> int:
        """Bytes of HTML left for a text beside the bridge's additions. No limit is documented; bodies are assumed to end at 64 KiB,
        as in other products that store them in a text column of a database.
        """
        return self.longest_text - _MARKUP_AND_MARK

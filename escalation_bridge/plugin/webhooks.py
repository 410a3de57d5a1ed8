"""Webhooks between the receiver and a plugin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from escalation_bridge.domain.tickets.echo import ChangeEvidence


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An incoming webhook as received.

    Attributes:
        headers: Names in lower case. Repeated headers are joined with ", ".
        query: The URL's query parameters.
        body: The raw bytes; signatures cover these.
        received_at: When the receiver had read it.
        body_is_proven: Whether `verify_webhook` found a proof that covers the body, so that its content can be
            trusted. The result is stored with the delivery; the proof itself (signature, secret) is not.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime
    body_is_proven: bool = False

    @staticmethod
    def make(
        body: bytes,
        headers: Mapping[str, str],
        *,
        received_at: datetime,
        method: str = "POST",
        query: Mapping[str, str] | None = None,
        body_is_proven: bool = False,
    ) -> "WebhookRequest":
        """A request with header names in lower case."""
        lowered = MappingProxyType({name.lower(): value for name, value in headers.items()})
        asked = MappingProxyType(dict(query or {}))
        return WebhookRequest(method, lowered, asked, body, received_at, body_is_proven)


@dataclass(frozen=True, slots=True)
class Verified:
    """The webhook comes from the vendor.

    Attributes:
        delivery_id: The vendor's id of this delivery, the same for a retry; None if the vendor has none. Then the
            receiver recognizes repetitions by the body.
        covers_body: Whether the proof covers the body (a signature), rather than only the sender (a secret in a
            header). `parse_webhook` sees it as `request.body_is_proven`.
    """

    delivery_id: str | None
    covers_body: bool = False


@dataclass(frozen=True, slots=True)
class TicketHint:
    """A ticket to read.

    Attributes:
        id: The vendor's immutable ticket id.
        what: The vendor's name of the event, for logs and explanations.
        deleted: Whether a proven body reports that the ticket was deleted. Some vendors answer the same for deleted
            and hidden tickets, so this is the only way to distinguish them.
        evidence: Who changed it and when, as far as the webhook reports it. With it, the echo of the bridge's own
            write needs no request; None: the ticket is read.
    """

    id: str
    what: str
    deleted: bool = False
    evidence: ChangeEvidence | None = None


@dataclass(frozen=True, slots=True)
class WebhookNews:
    """The content of a webhook.

    Exactly one applies: it concerns tickets (`hints`), it is ignored on purpose (`ignored` is the reason), or its event
    is unknown to the plugin (`unsupported` names it).
    """

    hints: tuple[TicketHint, ...] = ()
    ignored: str | None = None
    unsupported: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

"""What the receiver hands to a plugin, and what the plugin makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from escalation_bridge.domain.tickets.echo import ChangeEvidence


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One incoming webhook, as it came.

    Attributes:
        headers: Names in lower case. Where a header came several times, the values are joined with ", ".
        query: The URL's query parameters.
        body: The raw bytes; signatures are made over these.
        received_at: When the receiver had read it.
        body_is_proven: Whether `verify_webhook` found a proof that covers the body, so that what the body says can be believed.
            The outcome is stored with the delivery; the proof itself (signature, secret) is not.
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
        """A request with header names in lower case, whatever case they came in."""
        lowered = MappingProxyType({name.lower(): value for name, value in headers.items()})
        asked = MappingProxyType(dict(query or {}))
        return WebhookRequest(method, lowered, asked, body, received_at, body_is_proven)


@dataclass(frozen=True, slots=True)
class Verified:
    """The webhook is proven to come from the vendor.

    Attributes:
        delivery_id: The vendor's id of this delivery, the same when it is sent again; None where the vendor has none,
            then the receiver recognises repetitions by the body.
        covers_body: Whether the proof is made over the body (a signature), rather than only showing who calls (a secret in a
            header). `parse_webhook` finds it as `request.body_is_proven`.
    """

    delivery_id: str | None
    covers_body: bool = False


@dataclass(frozen=True, slots=True)
class TicketHint:
    """Look at this ticket.

    Attributes:
        id: The vendor's immutable ticket id.
        what: The vendor's word for what happened, for logs and explanations.
        deleted: Whether it says that the ticket was deleted, in a body that is proven. Some vendors answer a read of a deleted
            ticket as one of a hidden ticket, so this is the only way to tell them apart.
        evidence: Who changed it and when, as far as the webhook tells. With it the echo of the bridge's own writes costs no
            reading; None: the ticket is read.
    """

    id: str
    what: str
    deleted: bool = False
    evidence: ChangeEvidence | None = None


@dataclass(frozen=True, slots=True)
class WebhookNews:
    """What a webhook says.

    Exactly one is the case: it concerns tickets (`hints`), it is ignored on purpose (`ignored` says why), or its event
    is one that the plugin does not know (`unsupported` names it).
    """

    hints: tuple[TicketHint, ...] = ()
    ignored: str | None = None
    unsupported: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

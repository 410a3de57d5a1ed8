"""What the receiver hands to a plugin, and what the plugin makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from escalation_bridge.domain.tickets import Ticket


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One incoming webhook, as it came.

    Attributes:
        headers: Names in lower case. Where a header came several times, the values are joined with ", ".
        query: The URL's query parameters.
        body: The raw bytes; signatures are made over these.
        received_at: When the receiver had read it.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime

    @staticmethod
    def make(
        body: bytes,
        headers: Mapping[str, str],
        *,
        received_at: datetime,
        method: str = "POST",
        query: Mapping[str, str] | None = None,
    ) -> "WebhookRequest":
        """A request with header names in lower case, whatever case they came in."""
        lowered = MappingProxyType({name.lower(): value for name, value in headers.items()})
        return WebhookRequest(method, lowered, MappingProxyType(dict(query or {})), body, received_at)


@dataclass(frozen=True, slots=True)
class Verified:
    """The webhook is proven to come from the vendor.

    Attributes:
        delivery_id: The vendor's id of this delivery, the same when it is sent again; None where the vendor has none,
            then the receiver recognises repetitions by the body.
    """

    delivery_id: str | None


@dataclass(frozen=True, slots=True)
class TicketHint:
    """Look at this ticket.

    Attributes:
        id: The vendor's immutable ticket id.
        snapshot: The ticket as the payload shows it, only where the payload is signed and complete.
        what: The vendor's word for what happened, for logs and explanations.
    """

    id: str
    what: str
    snapshot: Ticket | None = None


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

"""Plainlist's webhooks: the proof that they come from Plainlist, and which ticket they are about. Pure.

Plainlist-Delivery: 7f3c0c5e
Plainlist-Signature: t=1772442000,v1=<hexadecimal HMAC-SHA256 of "1772442000." and the body>

{"event": "ticket.changed", "ticket": 7}
"""

import hashlib
import hmac
import re

from escalation_bridge.plugin import (
    TicketHint,
    Verified,
    WebhookNews,
    WebhookRefused,
    WebhookRequest,
    webhook_document,
)
from escalation_bridge_plainlist.settings import PlainlistSettings

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_HEEDED = ("ticket.created", "ticket.changed", "comment.created")
_IGNORED = ("ping", "tag.renamed")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The header's value."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={digest.hexdigest()}"


def verify(request: WebhookRequest, settings: PlainlistSettings) -> Verified:
    # What is wrong is not told: the message goes to the sender, who may be a forger.
    refusal = WebhookRefused("the webhook carries no accepted signature")
    shown = request.headers.get("plainlist-signature", "")
    match = _SIGNATURE.fullmatch(shown)
    if match is None:
        raise refusal
    timestamp = int(match[1])
    if abs(request.received_at.timestamp() - timestamp) > settings.webhook_tolerance_seconds:
        raise refusal
    # All secrets are tried, in constant time each: a list, because `any` alone would stop early.
    accepted = [
        hmac.compare_digest(shown, signature(secret.get_secret_value(), timestamp, request.body))
        for secret in settings.webhook_secrets
    ]
    if not any(accepted):
        raise refusal
    return Verified(request.headers.get("plainlist-delivery"))


def parse(request: WebhookRequest) -> WebhookNews:
    body = webhook_document(request.body)
    event = (body / "event").text()
    if event in _IGNORED:
        return WebhookNews(ignored=f"{event} concerns no ticket")
    if event not in _HEEDED:
        return WebhookNews(unsupported=event[:40])
    return WebhookNews(hints=(TicketHint((body / "ticket").identifier(), event),))

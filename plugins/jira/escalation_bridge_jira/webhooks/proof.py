"""Verify that a webhook came from Jira. Pure.

There are three ways, depending on who created the webhook:

* an administrator: the body is signed (`X-Hub-Signature`, as in WebSub) with the webhook's secret;
* an OAuth 2.0 app: a JSON web token in `Authorization`, signed with the app's client secret. It does not cover the body;
* a rule of Jira Automation: headers that its author wrote. So it needs a secret of its own in a header.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from escalation_bridge.plugin import (
    JsonPart,
    Verified,
    WebhookMalformed,
    WebhookRefused,
    WebhookRequest,
    from_milliseconds,
    webhook_document,
)

AUTOMATION_HEADER = "X-Escalation-Bridge-Secret"
_REFUSED = "the webhook is not signed as it has to be"
_SKEW = timedelta(minutes=10)
"""How far Jira's clock may be ahead of the bridge's."""
_SIGNATURE = "x-hub-signature"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The accepted secrets of a connection. All of a kind are tried, so that one can be replaced without a gap.

    Attributes:
        webhook: Of webhooks that administrators created.
        automation: Of rules of Jira Automation.
        app: The client secret of an OAuth 2.0 app.
    """

    webhook: Sequence[SecretStr] = ()
    automation: Sequence[SecretStr] = ()
    app: SecretStr | None = None


def verify(request: WebhookRequest, secrets: Secrets, window: timedelta) -> Verified:
    """Verify that Jira sent this, and recently, if the time is known.

    A signature covers no time stamp, so the age comes from the body's own `timestamp`, the time of the event. Retries
    have the first one's. A rule of Automation has no time; it only names the issue to read.

    Raises:
        WebhookRefused: Not verified, or too old.
    """
    is_signed = _SIGNATURE in request.headers
    if is_signed:
        _refuse_unsigned(request, secrets.webhook)
        _refuse_old(request, window)
    elif AUTOMATION_HEADER.lower() in request.headers:
        _refuse_unknown(request.headers[AUTOMATION_HEADER.lower()].strip(), secrets.automation)
    else:
        _refuse_without_token(request, secrets.app)
        _refuse_old(request, window)
    return Verified(request.headers.get("x-atlassian-webhook-identifier") or None, covers_body=is_signed)


def _refuse_unsigned(request: WebhookRequest, secrets: Sequence[SecretStr]) -> None:
    method, _, signature = request.headers[_SIGNATURE].partition("=")
    right = [_same(_hex(secret, request.body), signature) for secret in secrets if secret.get_secret_value()]
    if method != "sha256" or not any(right):
        raise WebhookRefused(_REFUSED)


def _refuse_unknown(shown: str, secrets: Sequence[SecretStr]) -> None:
    known = [_same(secret.get_secret_value(), shown) for secret in secrets if secret.get_secret_value()]
    if not any(known):
        raise WebhookRefused(_REFUSED)


def _refuse_without_token(request: WebhookRequest, secret: SecretStr | None) -> None:
    """Check a token of the only accepted kind: HMAC with SHA-256, not expired."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    parts = token.strip().split(".")
    if (
        secret is None
        or not secret.get_secret_value()
        or kind.lower() not in ("bearer", "jwt")
        or len(parts) != 3
    ):
        raise WebhookRefused(_REFUSED)
    signed = hmac.new(secret.get_secret_value().encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256)
    right = base64.urlsafe_b64encode(signed.digest()).rstrip(b"=").decode()
    if not _same(right, parts[2].rstrip("=")) or (_decoded(parts[0]) / "alg").value != "HS256":
        raise WebhookRefused(_REFUSED)
    claims = _decoded(parts[1])
    ends, began = _seconds((claims / "exp").value), _seconds((claims / "iat").value)
    # The slack is added to the bridge's own time: theirs may be the first or the last instant that there is.
    if ends is None or ends < request.received_at - _SKEW or (began and began > request.received_at + _SKEW):
        raise WebhookRefused(_REFUSED)


def _decoded(part: str) -> JsonPart:
    try:
        return webhook_document(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (WebhookMalformed, ValueError) as error:
        raise WebhookRefused(_REFUSED) from error


def _hex(secret: SecretStr, body: bytes) -> str:
    return hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()


def _same(right: str, shown: str) -> bool:
    return hmac.compare_digest(right.encode(), shown.encode())


def _refuse_old(request: WebhookRequest, window: timedelta) -> None:
    try:
        body = webhook_document(request.body)
    except WebhookMalformed:
        return  # sent by Jira and no JSON object: that is for `parse` to say
    milliseconds = (body / "timestamp").maybe_number()
    sent = None if milliseconds is None else from_milliseconds(milliseconds)
    if sent is None or not request.received_at - window <= sent <= request.received_at + _SKEW:
        raise WebhookRefused(_REFUSED)


def _seconds(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None

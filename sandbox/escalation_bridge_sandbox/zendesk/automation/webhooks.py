"""Sending webhooks: what goes into the request, how it is signed, when it is tried again."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.outbox import AttemptRecord, Outbox, OutgoingWebhook, RetryRules
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.records import Invocation, InvocationAttempt, Json, Webhook
from escalation_bridge_sandbox.zendesk.state.settings import ZendeskSettings
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import iso

# Not published; the number of retries is.
RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0)
MOST_RETRIES_AFTER_AN_ANSWER = 3
MOST_RETRIES_AFTER_A_TIMEOUT = 5
LONGEST_RETRY_AFTER = 60

CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "form_encoded": "application/x-www-form-urlencoded; charset=utf-8",
}
CONDITIONAL = "conditional_ticket_events"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """As Zendesk signs: HMAC-SHA256 over timestamp and raw body; the key is the secret's text as it is shown."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def is_retried(status: int, retry_after: str | None) -> bool:
    """409 always; 429 and 503 only when they ask to come back within a minute; nothing else."""
    if status == 409:
        return True
    if status not in (429, 503) or retry_after is None:
        return False
    return retry_after.strip().isdigit() and int(retry_after) < LONGEST_RETRY_AFTER


def retry_rules(settings: ZendeskSettings) -> RetryRules:
    return RetryRules(
        delays=RETRY_DELAYS,
        retry_on=is_retried,
        timeout=settings.webhook_timeout,
        retry_on_timeout=True,
        most_retries=lambda status: (
            MOST_RETRIES_AFTER_A_TIMEOUT if status is None else MOST_RETRIES_AFTER_AN_ANSWER
        ),
        waits_for_retry_after=True,
    )


class WebhookSender:
    """Hands webhooks to the outbox and keeps their invocations."""

    def __init__(
        self,
        state: State,
        outbox: Outbox,
        clock: SandboxClock,
        settings: ZendeskSettings,
        lock: threading.RLock,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._clock = clock
        self._settings = settings
        self._lock = lock

    def send_event(self, body: Json) -> None:
        """To every active webhook that is subscribed to the event."""
        for webhook in self._state.webhooks.values():
            if webhook.status == "active" and body["type"] in webhook.subscriptions:
                self._send(webhook, json.dumps(body, ensure_ascii=False).encode(), "")

    def send_trigger(self, webhook_id: str, render: Callable[..., str], content: Any) -> None:
        """To the webhook that a trigger calls; a trigger whose webhook is gone or inactive calls nobody."""
        webhook = self._state.webhooks.get(webhook_id)
        if webhook is None or webhook.status != "active":
            return
        if isinstance(content, list):
            pairs = urlencode([(str(key), render(str(value), as_json=False)) for key, value in content])
            if webhook.http_method in ("GET", "DELETE"):
                self._send(webhook, b"", f"?{pairs}")
            else:
                self._send(webhook, pairs.encode(), "")
        else:
            body = render(str(content), as_json=webhook.request_format == "json")
            self._send(webhook, b"" if webhook.http_method == "GET" else body.encode(), "")

    def test(self, webhook: Webhook, payload: str) -> AttemptRecord:
        """Send once and wait; a webhook that is not stored is signed with Zendesk's static test secret."""
        return self._outbox.send_now(self._outgoing(webhook, payload.encode(), "", self._new_id(), None))

    def _send(self, webhook: Webhook, body: bytes, query: str) -> None:
        invocation = Invocation(self._new_id(), webhook.id, body.decode())
        self._state.invocations[invocation.id] = invocation

        def note(record: AttemptRecord) -> None:
            with self._lock:
                invocation.attempts.append(self._attempt(record))

        self._outbox.send(self._outgoing(webhook, body, query, invocation.id, note))

    def _outgoing(
        self,
        webhook: Webhook,
        body: bytes,
        query: str,
        invocation_id: str,
        on_attempt: Callable[[AttemptRecord], None] | None,
    ) -> OutgoingWebhook:
        def sign(raw_body: bytes, _attempt: int) -> Mapping[str, str]:
            timestamp = iso(self._clock.now())
            return {
                "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
                "X-Zendesk-Webhook-Signature": signature(webhook.secret, timestamp, raw_body),
            }

        headers = {
            "Content-Type": CONTENT_TYPES[webhook.request_format],
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(seed.ACCOUNT_ID),
            "X-Zendesk-Webhook-Id": webhook.id,
            "X-Zendesk-Webhook-Invocation-Id": invocation_id,
        }
        auth: tuple[str, str] | None = None
        match webhook.authentication:
            case {"type": "basic_auth", "data": {"username": username, "password": password}}:
                auth = (username, password)
            case {"type": "bearer_token", "data": {"token": token}}:
                headers["Authorization"] = f"Bearer {token}"
            case {"type": "api_key", "data": {"name": name, "value": value}}:
                headers[name] = value
        return OutgoingWebhook(
            url=webhook.endpoint + query,
            method=webhook.http_method,
            headers=headers,
            body=body,
            sign=sign,
            rules=retry_rules(self._settings),
            label=invocation_id,
            auth=auth,
            on_attempt=on_attempt,
        )

    def _attempt(self, record: AttemptRecord) -> InvocationAttempt:
        return InvocationAttempt(
            id=self._new_id(),
            status=_status(record),
            status_code=record.status,
            request_headers=dict(record.request_headers),
            response_headers=dict(record.answer_headers),
            response_payload=record.answer,
            completed_at=record.at,
        )

    def _new_id(self) -> str:
        return self._state.next_ulid(self._clock.now())


def _status(record: AttemptRecord) -> str:
    """What the activity log says; `terminated` for a refusal is recorded, the others are from the documentation."""
    if record.status is None:
        return "timeout" if record.error == "timeout" else "failed"
    return "success" if 200 <= record.status < 300 else "terminated"

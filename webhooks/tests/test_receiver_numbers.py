"""Numbers and dates in signed webhooks may be anything: they are refused or set aside, and are no error of the receiver."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from escalation_bridge.errors import WebhookRefused
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge_jira.webhooks.proof import Secrets, verify

NUMBERS = {
    "400 digits": "9" * 400,
    "5000 digits": "9" * 5000,
    "negative 400 digits": "-" + "9" * 400,
    "beyond 64 bits": str(2**64),
    "negative": "-1",
    "zero": "0",
    "exponent": "1e400",
    "fraction": "1.7e12",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "year 9999": "253402300799999",
    "after year 9999": "253402300800000",
    "before year 1": "-62135596800001",
    "year 1": "-62135596800000",
    "true": "true",
    "null": "null",
    "a text": '"1772442000000"',
    "a list": "[1]",
    "an object": "{}",
    "nested": "[" * 5000 + "]" * 5000,
    "deeper": '{"a":' * 100_000 + "1" + "}" * 100_000,
}
any_number = pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)


def status_of(receiver, connection, body, headers):
    with capture_logs() as logs:
        status = receiver.post(connection, body.encode(), headers).status_code
    assert not [entry for entry in logs if entry["event"] == "webhook.failed"]
    assert not [entry for entry in logs if entry["event"] == "webhook.plugin_failed"]
    return status


@any_number
def test_jiras_time_of_sending(receiver, number):
    body = f'{{"timestamp": {number}, "webhookEvent": "jira:issue_updated", "issue": {{"id": "10040"}}}}'
    # Of a body that is no JSON, nothing can be said about its age: it is kept to be looked at.
    expected = 400 if len(number) >= 5000 else 401
    assert status_of(receiver, "dev", body, receiver.jira(body.encode())) in (expected, 401)


@any_number
def test_ids(receiver, number):
    now = int(receiver.clock.at.timestamp() * 1000)
    zendesk = f'{{"ticket_id": {number}}}'
    event = f'{{"type": "zen:event-type:ticket.created", "id": {number}, "time": {number}, "detail": {{"id": {number}}}}}'
    jira = f'{{"timestamp": {now}, "webhookEvent": "jira:issue_updated", "issue": {{"id": {number}}}}}'
    comment = f'{{"timestamp": {now}, "webhookEvent": "comment_created", "issue": {{"id": "1"}}, "comment": {{"id": {number}}}}}'
    fresh = f'{{"freshdesk_webhook": {{"ticket_id": {number}}}}}'[:1000]
    sent = [
        ("support", zendesk, receiver.zendesk(zendesk.encode())),
        ("support", event, receiver.zendesk(event.encode())),
        ("dev", jira, receiver.jira(jira.encode())),
        ("dev", comment, receiver.jira(comment.encode())),
        ("shop", fresh, receiver.freshdesk()),
    ]
    for connection, body, headers in sent:
        assert status_of(receiver, connection, body, headers) in (202, 400)


@pytest.mark.parametrize(
    "time",
    [
        "9" * 400, "-1", "NaN", "Infinity", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T09:00:00",
        "99999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-03-02T09:00:00+99:00", "é",
    ],
)  # fmt: skip
def test_zendesks_time_of_signing(receiver, time):
    body = '{"ticket_id": 35}'
    headers = receiver.zendesk(body.encode())
    proof = hmac.new(b"the-secret-of-this-year-0123456789", time.encode() + body.encode(), hashlib.sha256)
    headers["X-Zendesk-Webhook-Signature-Timestamp"] = time
    headers["X-Zendesk-Webhook-Signature"] = base64.b64encode(proof.digest()).decode()
    assert status_of(receiver, "support", body, headers) == 401


def part(document):
    return base64.urlsafe_b64encode(document.encode()).rstrip(b"=").decode()


@any_number
def test_the_times_of_jiras_tokens(receiver, number):
    for claims in (f'{{"exp": {number}, "iat": 1}}', f'{{"exp": 9999999999, "iat": {number}}}'):
        signed = f"{part(json.dumps({'alg': 'HS256'}))}.{part(claims)}"
        proof = hmac.new(b"a-secret", signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"
        request = WebhookRequest.make(
            b"{}", {"authorization": f"Bearer {token}"}, received_at=receiver.clock.at
        )
        with pytest.raises(WebhookRefused):
            verify(request, Secrets(app=SecretStr("a-secret")), timedelta(hours=1))

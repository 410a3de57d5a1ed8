"""Only what Zendesk signed a short while ago is accepted."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.errors import WebhookRefused
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge_zendesk.settings import PUBLIC_TEST_SECRET
from escalation_bridge_zendesk.webhooks.webhook import signature, verify

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRETS = ("old secret", "new secret")
FIVE_MINUTES = timedelta(minutes=5)
BODY = b'{"ticket_id": "35"}'


def signed(
    body: bytes = BODY,
    *,
    secret: str = SECRETS[1],
    at: str = "2026-03-02T09:00:00Z",
    headers: Mapping[str, str] | None = None,
    received_at: datetime = NOW,
) -> WebhookRequest:
    return WebhookRequest.make(
        body,
        {
            "X-Zendesk-Webhook-Signature": signature(secret, at, body),
            "X-Zendesk-Webhook-Signature-Timestamp": at,
            "X-Zendesk-Webhook-Invocation-Id": "01HANA2B5D5W9XSJS3NE5SQA1J",
            **(headers or {}),
        },
        received_at=received_at,
    )


def test_the_documented_signature_is_reproduced_with_the_secret_as_it_is_shown() -> None:
    # HMAC-SHA256 of "1234" + body under the published test secret, computed with openssl.
    assert signature(PUBLIC_TEST_SECRET, "1234", b"{}") == "nO4zGZGIrFt69CkOiKR4/UGGGCRuPv32CNJFqo689mg="


@pytest.mark.parametrize("secret", SECRETS)
def test_every_configured_secret_is_accepted(secret: str) -> None:
    assert verify(signed(secret=secret), SECRETS, FIVE_MINUTES).delivery_id == "01HANA2B5D5W9XSJS3NE5SQA1J"


def test_an_event_is_known_by_its_own_id_whichever_webhook_brings_it() -> None:
    body = b'{"type": "zen:event-type:ticket.created", "id": "2b24ef10-19ec-4740-93cf-9f98ec4776c0"}'
    assert verify(signed(body), SECRETS, FIVE_MINUTES).delivery_id == "2b24ef10-19ec-4740-93cf-9f98ec4776c0"


def test_without_an_id_the_receiver_has_to_look_at_the_body() -> None:
    request = signed(headers={"X-Zendesk-Webhook-Invocation-Id": ""})
    assert verify(request, SECRETS, FIVE_MINUTES).delivery_id is None


def test_an_empty_body_is_signed_as_empty() -> None:
    assert verify(signed(b""), SECRETS, FIVE_MINUTES).delivery_id is not None


def test_without_a_secret_nothing_is_accepted() -> None:
    for secret in ("", PUBLIC_TEST_SECRET, SECRETS[0]):
        with pytest.raises(WebhookRefused):
            verify(signed(secret=secret), (), FIVE_MINUTES)


def test_the_published_test_secret_is_accepted_only_where_it_is_configured() -> None:
    with pytest.raises(WebhookRefused):
        verify(signed(secret=PUBLIC_TEST_SECRET), SECRETS, FIVE_MINUTES)
    verify(signed(secret=PUBLIC_TEST_SECRET), (PUBLIC_TEST_SECRET,), FIVE_MINUTES)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Zendesk-Webhook-Signature": ""},
        {"X-Zendesk-Webhook-Signature-Timestamp": ""},
        {"X-Zendesk-Webhook-Signature": "AAAA"},
        {"X-Zendesk-Webhook-Signature": "Ünïcode"},
        {"X-Zendesk-Webhook-Signature-Timestamp": "2026-03-02T09:00:01Z"},
    ],
)
def test_a_missing_or_wrong_header_is_refused(headers: Mapping[str, str]) -> None:
    with pytest.raises(WebhookRefused):
        verify(signed(headers=headers), SECRETS, FIVE_MINUTES)


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_replay_and_a_clock_that_is_far_off_are_refused(minutes: int) -> None:
    with pytest.raises(WebhookRefused):
        verify(signed(received_at=NOW + timedelta(minutes=minutes)), SECRETS, FIVE_MINUTES)


@pytest.mark.parametrize("minutes", [-4, 0, 4])
def test_a_small_delay_is_accepted(minutes: int) -> None:
    verify(signed(received_at=NOW + timedelta(minutes=minutes)), SECRETS, FIVE_MINUTES)


@pytest.mark.parametrize("at", ["1234", "yesterday", "2026-03-02T09:00:00", "1772442000"])
def test_a_signed_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(WebhookRefused):
        verify(signed(at=at), SECRETS, FIVE_MINUTES)


def test_the_refusal_does_not_help_a_forger() -> None:
    with pytest.raises(WebhookRefused) as refusal:
        verify(signed(secret="guess"), SECRETS, FIVE_MINUTES)
    right = signature(SECRETS[0], "2026-03-02T09:00:00Z", BODY)
    assert right not in str(refusal.value)
    assert SECRETS[0] not in str(refusal.value)


@given(body=st.binary(max_size=200), position=st.integers(0, 199), change=st.integers(1, 255))
def test_any_body_with_one_changed_byte_is_refused(body: bytes, position: int, change: int) -> None:
    request = signed(body)
    tampered = bytearray(body or b"x")
    tampered[position % len(tampered)] ^= change
    forged = WebhookRequest.make(bytes(tampered), request.headers, received_at=NOW)
    with pytest.raises(WebhookRefused):
        verify(forged, SECRETS, FIVE_MINUTES)


@given(body=st.binary(max_size=200))
def test_any_body_that_is_signed_is_accepted(body: bytes) -> None:
    verify(signed(body), SECRETS, FIVE_MINUTES)


@given(body=st.binary(max_size=100), claimed=st.text(max_size=60), at=st.datetimes(timezones=st.just(UTC)))
def test_no_made_up_signature_is_accepted(body: bytes, claimed: str, at: datetime) -> None:
    headers = {
        "x-zendesk-webhook-signature": claimed,
        "x-zendesk-webhook-signature-timestamp": at.isoformat(),
    }
    with pytest.raises(WebhookRefused):
        verify(WebhookRequest.make(body, headers, received_at=at), SECRETS, FIVE_MINUTES)

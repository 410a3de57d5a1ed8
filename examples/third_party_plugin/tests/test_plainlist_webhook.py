"""Webhooks: what is believed, and what is made of it."""

import json

import pytest
from pydantic import ValidationError

from escalation_bridge.errors import WebhookMalformed, WebhookRefused
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge_plainlist import webhook

OLD, NEW = "a-secret-of-some-length", "another-secret-of-some-length"
BODY = b'{"event": "ticket.changed", "ticket": 7}'


def delivery(now, body=BODY, *, secret=OLD, age=0, **headers):
    signed = webhook.signature(secret, int(now.timestamp()) - age, body)
    named = {"Plainlist-Signature": signed, "Plainlist-Delivery": "d-1", **headers}
    return WebhookRequest.make(body, named, received_at=now)


@pytest.fixture
def settings(make_settings):
    return make_settings(webhook_secrets=[Resolved(OLD), Resolved(NEW)])


@pytest.mark.parametrize("secret", [OLD, NEW])
@pytest.mark.parametrize("age", [0, 299, -299])
def test_each_secret_is_accepted_while_one_is_replaced(settings, now, secret, age):
    assert webhook.verify(delivery(now, secret=secret, age=age), settings).delivery_id == "d-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "a-guess"},
        {"age": 301},
        {"age": -301},
        {"Plainlist-Signature": ""},
        {"Plainlist-Signature": "v1=00"},
        {"Plainlist-Signature": "t=1,v1=" + "é" * 64},
        {"Plainlist-Signature": "t=99999999999999999999,v1=" + "0" * 64},
    ],
)
def test_a_forgery_is_refused_and_learns_nothing(settings, now, changes):
    with pytest.raises(WebhookRefused) as refused:
        webhook.verify(delivery(now, **changes), settings)
    assert str(refused.value) == "the webhook carries no accepted signature"


def test_the_raw_body_is_signed(settings, now):
    genuine = delivery(now)
    reordered = json.dumps(json.loads(BODY), indent=1).encode()
    forged = WebhookRequest.make(reordered, genuine.headers, received_at=now)
    with pytest.raises(WebhookRefused):
        webhook.verify(forged, settings)


def test_without_a_secret_nothing_is_accepted(make_settings, now):
    with pytest.raises(WebhookRefused):
        webhook.verify(delivery(now, secret=""), make_settings())


def test_a_secret_never_stands_in_the_configuration_file(make_settings):
    with pytest.raises(ValidationError, match="must not stand in the configuration file"):
        make_settings(token="written down")


def test_it_says_which_ticket_to_look_at(desk, now):
    (hint,) = desk.parse_webhook(delivery(now)).hints
    assert (hint.id, hint.what) == ("7", "ticket.changed")


def test_what_concerns_no_ticket_is_ignored_and_what_is_new_is_unsupported(desk, now):
    assert desk.parse_webhook(delivery(now, b'{"event": "ping"}')).ignored == "ping concerns no ticket"
    assert desk.parse_webhook(delivery(now, b'{"event": "moon.rose"}')).unsupported == "moon.rose"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is not JSON (line 1, column 1)"),
        (b"\xff", "the body is not UTF-8 (byte 0)"),
        (b"[]", "the body is not a JSON object"),
        (b"{}", "event is missing"),
        (b'{"event": "ticket.changed"}', "ticket is missing or is no id"),
        (b'{"event": "ticket.changed", "ticket": true}', "ticket is missing or is no id"),
    ],
)
def test_what_cannot_be_read_names_the_place(desk, now, body, told):
    with pytest.raises(WebhookMalformed) as malformed:
        desk.parse_webhook(delivery(now, body))
    assert str(malformed.value) == told

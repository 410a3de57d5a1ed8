"""What proved a webhook is not kept with it, wherever in the request it stood."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from escalation_bridge.plugin.scrubbing import secret_values, without_secrets
from escalation_bridge.plugin.settings import Settings
from escalation_bridge.plugin.webhooks import WebhookRequest

FRESH = b'{"freshdesk_webhook": {"ticket_id": "11"}}'
TRIGGER = b'{"ticket_id": "35"}'
NEW = "the-secret-of-this-year-0123456789"
ODD = "odd/secret+with%signs&0123456789"
KINDS = {"Content-Type": "application/json", "User-Agent": "Freshdesk"}


def kept_of(receiver):
    (row,) = receiver.rows()
    return row, json.loads(row.headers)


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Shop-Proof": NEW},
        {"X-Shop-Proof": f"  {NEW} "},
        {"Authorization": basic(f"bridge:{NEW}")},
        {"Authorization": basic(f"{NEW}:X")},
    ],
)
def test_no_header_that_proves_something_is_kept(receiver, headers):
    assert receiver.post("shop", FRESH, KINDS | headers).status_code == 202
    row, kept = kept_of(receiver)
    assert kept["content-type"] == "application/json"
    assert kept["user-agent"] == "Freshdesk"
    assert not {name.lower() for name in headers} & kept.keys()
    assert NEW not in row.headers
    assert basic(f"bridge:{NEW}") not in row.headers


@pytest.mark.parametrize("secret", [NEW, ODD])
@pytest.mark.parametrize("proxied", [quote, quote_plus, str], ids=["quoted", "quoted as a form", "as it is"])
def test_a_token_in_the_address_is_not_kept_nor_a_proxys_copy_of_it(receiver, secret, proxied):
    address = f"https://bridge.example/webhooks/shop?token={proxied(secret)}"
    headers = KINDS | {"X-Original-Url": address, "Referer": address}
    assert receiver.post("shop", FRESH, headers, query_string={"token": secret}).status_code == 202
    row, kept = kept_of(receiver)
    assert not {"x-original-url", "referer"} & kept.keys()
    for written in (secret, quote(secret), quote_plus(secret)):
        assert written not in row.headers


def test_signatures_and_other_credentials_are_not_kept(receiver):
    more = {
        "Authorization": "Bearer of-something-else",
        "Cookie": "session=1",
        "X-Forwarded-Authorization": "Bearer of-something-else",
        "X-Api-Key": "of-something-else",
        "X-Amz-Security-Token": "of-something-else",
        "X-Any-Name": f"prefix {NEW}",
    }
    assert receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER) | more).status_code == 202
    _, kept = kept_of(receiver)
    assert kept.keys() <= {
        "content-type",
        "content-length",
        "host",
        "user-agent",
        "x-zendesk-webhook-id",
        "x-zendesk-webhook-invocation-id",
    }


def test_the_accounts_own_key_is_a_secret_too(receiver):
    headers = receiver.zendesk(TRIGGER) | {"X-Note": "it is an-account-key-0123456789"}
    receiver.post("support", TRIGGER, headers)
    assert "x-note" not in kept_of(receiver)[1]


def test_what_is_quarantined_is_kept_without_secrets_as_well(receiver):
    assert receiver.post("shop", b"not JSON", KINDS | {"X-Shop-Proof": NEW}).status_code == 400
    assert NEW not in kept_of(receiver)[0].headers


def test_nothing_secret_is_logged(receiver, capsys):
    receiver.post("shop", FRESH, receiver.freshdesk())
    receiver.post("shop", FRESH, receiver.freshdesk(secret="KEY"))
    receiver.post("shop", b"not JSON", receiver.freshdesk())
    told = "".join(capsys.readouterr())
    assert "webhook.refused" in told
    assert "webhook.quarantined" in told
    assert NEW not in told
    assert "an-account-key" not in told


class Inner(Settings):
    secret: SecretStr = SecretStr("inner")


class Outer(Settings):
    one: SecretStr = SecretStr("one")
    nothing: SecretStr = SecretStr("")
    several: tuple[SecretStr, ...] = (SecretStr("first"), SecretStr("second"))
    named: dict[str, SecretStr] = Field(default_factory=lambda: {"x": SecretStr("named")})
    inner: Inner = Inner()
    plain: str = "plain"


def test_every_secret_of_the_settings_is_found():
    assert sorted(secret_values(Outer())) == ["first", "inner", "named", "one", "second"]


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30),
    name=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    before=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    after=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
def test_no_header_keeps_a_secret_whatever_its_name(secret, name, before, after):
    request = WebhookRequest.make(b"", {name: before + secret + after, "x-zen": "kept"}, received_at=None)
    kept = without_secrets(request, {secret}).headers
    assert name not in kept
    assert kept == ({} if secret in "kept" else {"x-zen": "kept"})

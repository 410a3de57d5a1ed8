"""Whatever is sent: no answer of 500 or more, and nothing stored that was not proven."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONNECTIONS = st.sampled_from(["support", "dev", "shop", "open", "off", "nobody"])
NAMES = st.sampled_from(
    [
        "Authorization",
        "Content-Encoding",
        "Content-Type",
        "Cookie",
        "Expect",
        "Host",
        "X-Atlassian-Webhook-Identifier",
        "X-Forwarded-Host",
        "X-Hub-Signature",
        "X-Shop-Proof",
        "X-Zendesk-Webhook-Invocation-Id",
        "X-Zendesk-Webhook-Signature",
        "X-Zendesk-Webhook-Signature-Timestamp",
    ]
) | st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True)
# Any byte but the ends of lines, which no server lets into a header.
VALUES = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60
) | st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "Basic Og==",
        "Basic /////w==",
        "sha256=",
        "sha256=00",
        "identity",
        "2026-03-02T09:00:00Z",
        "9999-12-31T23:59:59.999999999+23:59",
        "0",
    ]
)
HEADERS = st.dictionaries(NAMES, VALUES, max_size=8)
QUERIES = st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3)
JSON_LIKE = st.sampled_from(
    [
        b'{"ticket_id": "35"}',
        b'{"timestamp": 1772442000000, "webhookEvent": "jira:issue_updated", "issue": {"id": "1"}}',
        b'{"timestamp": 1e999}',
        b'{"timestamp": ' + b"9" * 5000 + b"}",
        b"[" * 20000,
        b'{"type": "zen:event-type:ticket.created", "id": "\\ud800", "detail": {"id": "35"}}',
        b'{"webhookEvent": "\\u0000"}',
        b"ticket[id]=1&ticket=2&ticket[id][x]=3",
        b"\xef\xbb\xbf{}",
        b"<?xml version='1.0'?>",
    ]
)
BODIES = st.binary(max_size=300) | JSON_LIKE
EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def stored(receiver: Any) -> int:
    return len(receiver.rows())


@EXAMPLES
@given(connection=CONNECTIONS, body=BODIES, headers=HEADERS, query=QUERIES)
def test_what_is_not_proven_is_never_stored_nor_a_failure(lasting_receiver, connection, body, headers, query):
    lasting_receiver.empty()
    answer = lasting_receiver.post(connection, body, headers, query_string=query)
    assert 400 <= answer.status_code < 500, answer.text
    assert stored(lasting_receiver) == 0


@EXAMPLES
@given(body=BODIES, headers=HEADERS, at=st.sampled_from(["support", "dev", "shop"]), query=QUERIES)
def test_what_is_proven_is_stored_as_it_came_or_refused_for_its_kind(
    lasting_receiver, body, headers, at, query
):
    lasting_receiver.empty()
    proofs = {
        "support": lambda: lasting_receiver.zendesk(body),
        "dev": lambda: lasting_receiver.jira(body),
        "shop": lasting_receiver.freshdesk,
    }
    proven = {name.lower(): value for name, value in headers.items()}
    proven |= {name.lower(): value for name, value in proofs[at]().items() if name != "Content-Type"}
    answer = lasting_receiver.post(at, body, proven, query_string=query)
    # Jira's signature has no time of its own: a body without one is refused as too old.
    allowed = {202, 400, 413, 415} | ({401} if at == "dev" else set())
    assert answer.status_code in allowed, answer.text
    if answer.status_code == 202 and answer.json["status"] == "stored":
        assert lasting_receiver.rows()[-1].body == body
        assert stored(lasting_receiver) == 1
    elif answer.status_code in (401, 413, 415):
        assert stored(lasting_receiver) == 0


@EXAMPLES
@given(path=st.text(max_size=40), method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "X"]))
def test_no_address_is_a_failure(lasting_receiver, path, method):
    answer = lasting_receiver.app.test_client().open(
        "/webhooks/" + path.replace("?", "").replace("#", ""), method=method, data=b"x"
    )
    assert answer.status_code < 500


@EXAMPLES
@given(body=BODIES, position=st.integers(0, 400), change=st.integers(1, 255))
def test_one_changed_byte_is_no_longer_proven(lasting_receiver, body, position, change):
    lasting_receiver.empty()
    changed = bytearray(body or b"x")
    changed[position % len(changed)] ^= change
    for connection, proof in (("support", lasting_receiver.zendesk), ("dev", lasting_receiver.jira)):
        answer = lasting_receiver.post(connection, bytes(changed), proof(body))
        assert answer.status_code == 401
    assert stored(lasting_receiver) == 0

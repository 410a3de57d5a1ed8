"""Webhooks of automation rules: what proves them, and what is read of them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.errors import WebhookMalformed, WebhookRefused
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.plugin.webhooks import TicketHint, Verified, WebhookRequest
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.webhooks import webhook

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECRET = "the-first-secret-of-two"
NEXT_SECRET = "the-second-secret:with-a-colon"
BODY = b'{"freshdesk_webhook":{"ticket_id":"11"}}'


def settings(*secrets: str, **more: object) -> FreshdeskSettings:
    return FreshdeskSettings.model_validate(
        {
            "plugin": "freshdesk",
            "url": "https://example.freshdesk.com",
            "api_key": Resolved("key"),
            "webhook_secrets": [Resolved(secret) for secret in secrets],
            **more,
        }
    )


BOTH = settings(SECRET, NEXT_SECRET)


def request(
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    body: bytes = BODY,
    **more: object,
) -> WebhookRequest:
    received_at = NOW + timedelta(days=int(str(more.get("days", 0))))
    return WebhookRequest.make(body, headers or {}, received_at=received_at, query=query)


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


# --- proof ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
def test_each_secret_is_accepted_in_each_place(secret: str) -> None:
    for shown in (
        request({"x-escalation-bridge-secret": secret}),
        request(query={"token": secret}),
        request(basic(f"bridge:{secret}")),
    ):
        assert webhook.verify(shown, BOTH) == Verified(delivery_id=None)


def test_the_rules_api_key_may_be_the_secret() -> None:
    assert webhook.verify(request(basic(f"{SECRET}:X")), BOTH)


def test_user_and_password_together_may_be_the_secret() -> None:
    assert webhook.verify(request(basic("bridge:of-some-length")), settings("bridge:of-some-length"))


def test_header_and_parameter_have_the_names_that_the_admin_gave() -> None:
    named = settings(SECRET, webhook_header="X-Ours", webhook_query="proof")
    assert webhook.verify(request({"X-OURS": SECRET}), named)
    assert webhook.verify(request(query={"proof": SECRET}), named)
    for shown in (request({"X-Escalation-Bridge-Secret": SECRET}), request(query={"token": SECRET})):
        with pytest.raises(WebhookRefused):
            webhook.verify(shown, named)


REFUSED = {
    "nothing": request(),
    "an empty header": request({"X-Escalation-Bridge-Secret": ""}),
    "a wrong header": request({"X-Escalation-Bridge-Secret": "not-the-secret-at-all"}),
    "half a secret": request({"X-Escalation-Bridge-Secret": SECRET[:-1]}),
    "two secrets in one": request({"X-Escalation-Bridge-Secret": f"{SECRET}, {NEXT_SECRET}"}),
    "in another header": request({"X-Secret": SECRET}),
    "in the body": request(body=json.dumps({"ticket_id": "1", "token": SECRET}).encode()),
    "a bearer": request({"Authorization": f"Bearer {SECRET}"}),
    "basic that is not base64": request({"Authorization": f"Basic {SECRET}"}),
    "basic that is not text": request({"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()}),
    "basic with another password": request(basic("bridge:something-else-entirely")),
    "an empty basic": request({"Authorization": "Basic"}),
    "beyond ASCII": request({"X-Escalation-Bridge-Secret": "sécret\ud800"}),
}


@pytest.mark.parametrize("shown", REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_is_refused_without_a_hint(shown: WebhookRequest) -> None:
    with pytest.raises(WebhookRefused) as caught:
        webhook.verify(shown, BOTH)
    assert SECRET not in str(caught.value)
    assert str(caught.value) == "the webhook carries no accepted secret"


def test_without_a_secret_nothing_is_accepted() -> None:
    for shown in (
        request(),
        request({"X-Escalation-Bridge-Secret": ""}),
        request(query={"token": ""}),
        request(basic(":")),
    ):
        with pytest.raises(WebhookRefused):
            webhook.verify(shown, settings())


def test_a_replay_cannot_be_told_and_does_no_harm() -> None:
    """Freshdesk signs no time; what comes late is accepted, and leads to one more look at a ticket."""
    assert webhook.verify(request({"X-Escalation-Bridge-Secret": SECRET}, days=30), BOTH)


@given(st.text())
def test_no_other_text_is_accepted_anywhere(text: str) -> None:
    if text.strip() in (SECRET, NEXT_SECRET):
        return
    for shown in (
        request({"X-Escalation-Bridge-Secret": text, "Authorization": text}),
        request(query={"token": text}),
        request(basic(f"user:{text}")),
    ):
        with pytest.raises(WebhookRefused):
            webhook.verify(shown, BOTH)


@given(st.integers(0, len(SECRET) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_secret_with_one_character_changed_is_refused(place: int, other: str) -> None:
    changed = SECRET[:place] + other + SECRET[place + 1 :]
    if changed == SECRET:
        return
    with pytest.raises(WebhookRefused):
        webhook.verify(request({"X-Escalation-Bridge-Secret": changed}), BOTH)


# --- reading ----------------------------------------------------------------------------------------------------------

# File -> the tickets named, and what happened.
READ = {
    "description_changed__escaped_keys_are_only_text.json": (["11"], "ticket"),
    "note_added__private.json": (["11"], "{note_type:private}"),
    "note_added__public.json": (["11"], "{note_type:public}"),
    "priority_changed__simple.json": (["11"], "{priority:{from:1,to:4}}"),
    "reply_sent__event_in_words_never_seen.json": (["11"], "{reply_sent:sent}"),
    "status_changed__form_encoded.txt": (["11"], "{status:{from:2,to:4}}"),
    "status_changed__form_encoded_ticket_object.txt": (["11"], "ticket"),
    "status_changed__form_encoded_with_envelope.txt": (["11"], "ticket"),
    "status_changed__labels_and_string_ids.json": (["11"], "{status:{from:4,to:6}}"),
    "subject_changed__a_customer_adds_a_key.json": (["99", "11"], "ticket"),
    "subject_changed__a_customer_adds_a_key_and_breaks_it.json": (["99", "11"], "unreadable JSON"),
    "subject_changed__broken_by_a_line_end.json": (["11"], "unreadable JSON"),
    "subject_changed__broken_by_a_quote.json": (["11"], "unreadable JSON"),
    "subject_changed__event_with_free_text.json": (["11"], "ticket"),
    "ticket_created__simple.json": (["11"], "{ticket_action:created}"),
    "ticket_updated__advanced_ticket_object.json": (["11"], "{status:{from:2,to:3}}"),
    "ticket_updated__advanced_without_envelope.json": (["11"], "{status:{from:2,to:3}}"),
    "ticket_updated__no_event.json": (["11"], "ticket"),
    "ticket_updated__number_instead_of_string.json": (["11"], "ticket"),
    "ticket_updated__only_the_url_was_ticked.json": (["11"], "ticket"),
    "ticket_updated__several_fields_at_once.json": (["11"], "{status:{from:2,to:4},priority:{from:1,to:4}}"),
}
# File -> what the refusal says.
REFUSALS = {
    "refused__a_list.json": "the body is not a JSON object",
    "refused__a_text.json": "the body is not a JSON object",
    "refused__broken_without_an_id.json": "the body is not JSON (line 1, column 46), and no ticket_id is found in it",
    "refused__form_without_a_ticket.txt": "ticket_id is missing",
    "refused__id_is_a_list.json": "ticket.id is no ticket's number",
    "refused__id_is_true.json": "ticket_id is no ticket's number",
    "refused__no_ticket.json": "freshdesk_webhook.ticket_id is missing",
    "refused__not_utf8.json": "the body is not UTF-8 (byte 36)",
    "refused__nothing.json": "the body is not JSON (line 1, column 1), and no ticket_id is found in it",
    "refused__too_many_tickets.json": "the body names 6 tickets",
    "refused__unfilled_placeholder.json": "freshdesk_webhook.ticket_id is no ticket's number",
    "refused__xml.xml": "the body is XML, which is not read; set the rule's encoding to JSON",
}
TYPES = {
    ".json": "application/json; charset=utf-8",
    ".txt": "application/x-www-form-urlencoded",
    ".xml": "application/xml",
}


def recorded(name: str) -> WebhookRequest:
    path = PAYLOADS / name
    return request({"Content-Type": TYPES[path.suffix]}, body=path.read_bytes())


@pytest.mark.parametrize("name", sorted(path.name for path in PAYLOADS.iterdir()))
def test_a_recorded_payload_is_read_as_expected(name: str) -> None:
    if name in REFUSALS:
        with pytest.raises(WebhookMalformed) as caught:
            webhook.parse(recorded(name))
        assert str(caught.value) == REFUSALS[name]
        return
    ids, what = READ[name]
    news = webhook.parse(recorded(name))
    assert [hint.id for hint in news.hints] == ids
    assert news.hints[0].what == what
    assert (news.ignored, news.unsupported) == (None, None)
    # Nothing in the body is proven, so a deletion that it tells of is not believed.
    assert not any(hint.deleted for hint in news.hints)


def test_json_is_read_whatever_the_content_type_says() -> None:
    for kind in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
        assert webhook.parse(request(kind, body=b"\xef\xbb\xbf" + BODY)).hints == (
            TicketHint("11", "ticket"),
        )


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for kind in TYPES.values():
        try:
            news = webhook.parse(request({"Content-Type": kind}, body=body))
        except WebhookMalformed as refusal:
            assert len(str(refusal)) < 120  # noqa: PT017 - either way is allowed
        else:
            assert news.hints


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text() | st.sampled_from(["ticket_id", "ticket", "id", "freshdesk_webhook", "ticket_url"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(ANY_JSON)
def test_any_json_names_tickets_or_is_refused(value: object) -> None:
    try:
        news = webhook.parse(request(body=json.dumps(value).encode()))
    except WebhookMalformed:
        return
    assert all(hint.id.isascii() and hint.id.isdigit() and hint.id[0] != "0" for hint in news.hints)


@given(st.text(), st.integers(1, 10**12))
def test_the_ticket_is_among_those_named_whatever_a_customer_writes_for_a_subject(
    subject: str, ticket_id: int
) -> None:
    """Freshdesk fills the placeholders in as they are."""
    body = f'{{"ticket_id":"{ticket_id}","subject":"{subject}"}}'.encode("utf-8", "surrogatepass")
    try:
        news = webhook.parse(request(body=body))
    except WebhookMalformed as refusal:
        assert str(refusal).startswith(("the body is not UTF-8", "the body names"))  # noqa: PT017 - either way is allowed
    else:
        assert str(ticket_id) in {hint.id for hint in news.hints}


def test_a_nest_without_end_is_refused() -> None:
    with pytest.raises(WebhookMalformed):
        webhook.parse(request(body=b'{"a":' * 100_000))

"""What each recorded shape of a webhook means; one test over the folder."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.echo import ChangeEvidence
from escalation_bridge.errors import WebhookMalformed
from escalation_bridge.plugin.webhooks import TicketHint, WebhookNews, WebhookRequest
from escalation_bridge_zendesk.webhooks.webhook import parse

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

HINTS = {
    "status_changed__open_to_pending": "status_changed",
    "comment_added__customer_replies": "comment_added",
    "tags_changed__added": "tags_changed",
    "soft_deleted__state_deleted": "soft_deleted",
    "permanently_deleted__state_scrubbed": "permanently_deleted",
    "trigger__recommended_body": "ticket updated",
    "trigger__nested_number": "trigger",
    "trigger__detail_like_an_event": "trigger",
}
IGNORED = {"csat_received__ignored": "csat_received", "user_deleted__not_a_ticket": "user events"}
UNSUPPORTED = {
    "sentiment_changed__unknown_ticket_event": "zen:event-type:ticket.sentiment_changed",
    "weather_changed__unknown_subject": "zen:event-type:weather.changed",
}
MALFORMED = {
    "broken__event_without_id": "detail.id",
    "broken__trigger_with_unfilled_placeholder": "ticket_id is missing or is no id",
    "broken__trigger_without_id": "ticket.id, ticket_id, detail.id",
    "broken__a_list": "not a JSON object",
}


def news(body: bytes) -> WebhookNews:
    return parse(WebhookRequest.make(body, {}, received_at=NOW))


def evidence(name: str, own_user: str | None) -> ChangeEvidence | None:
    body = (PAYLOADS / f"{name}.json").read_bytes()
    (hint,) = parse(WebhookRequest.make(body, {}, received_at=NOW), own_user).hints
    return hint.evidence


def test_an_event_tells_who_did_it_and_when() -> None:
    at = datetime(2026, 3, 2, 8, 59, 59, tzinfo=UTC)
    sari = "8447388090493"
    assert evidence("comment_added__customer_replies", sari) == ChangeEvidence(
        by_bridge=True, updated_at=at, comment="8447388090999"
    )
    for somebody in (None, "1"):
        told = evidence("comment_added__customer_replies", somebody)
        assert told is not None
        assert not told.by_bridge
    told = evidence("status_changed__open_to_pending", sari)
    assert told is not None
    assert told.comment is None
    assert evidence("trigger__recommended_body", sari) is None, "a trigger's body names nobody"


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_a_payload_means_what_the_table_says(path: Path) -> None:
    body = path.read_bytes()
    if path.stem in MALFORMED:
        with pytest.raises(WebhookMalformed) as refusal:
            news(body)
        assert MALFORMED[path.stem] in str(refusal.value)
    elif path.stem in HINTS:
        (hint,) = news(body).hints
        assert replace(hint, evidence=None) == TicketHint("5158", HINTS[path.stem])
    elif path.stem in IGNORED:
        assert IGNORED[path.stem] in (news(body).ignored or "")
    else:
        assert news(body) == WebhookNews(unsupported=UNSUPPORTED[path.stem])


@pytest.mark.parametrize("name", sorted(HINTS))
def test_a_deletion_is_believed_of_a_proven_body_alone(name: str) -> None:
    request = WebhookRequest.make((PAYLOADS / f"{name}.json").read_bytes(), {}, received_at=NOW)
    assert not any(hint.deleted for hint in parse(request).hints)
    (hint,) = parse(replace(request, body_is_proven=True)).hints
    assert hint.deleted == (HINTS[name] in ("soft_deleted", "permanently_deleted"))


def test_the_table_and_the_folder_hold_the_same() -> None:
    tables = HINTS.keys() | IGNORED.keys() | UNSUPPORTED.keys() | MALFORMED.keys()
    assert tables == {path.stem for path in PAYLOADS.glob("*.json")}


def test_a_merge_concerns_both_tickets() -> None:
    body = {
        "type": "zen:event-type:ticket.merged",
        "id": "8d0e6f14-9bd4-4f1e-8a50-29b9a6f2a1b3",
        "detail": {"id": "5158", "status": "CLOSED", "tags": ["closed_by_merge"]},
        "event": {"target_ticket_id": "5100"},
    }
    assert [hint.id for hint in news(json.dumps(body).encode()).hints] == ["5158", "5100"]


def test_events_of_one_action_carry_its_sequence() -> None:
    details = news((PAYLOADS / "comment_added__customer_replies.json").read_bytes()).details
    assert details["sequence"] == "01HANA2B5D5W9XSJS3NE5SQA1J"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"ticket_id=5158", "not JSON"),
        (b'{"ticket_id": 5158', "not JSON"),
        (b'{"ticket_id": "\xff"}', "not UTF-8"),
        (b"null", "not a JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"ticket_id": ' + b"9" * 10_000 + b"}", "nested too deeply"),
        (b'{"ticket_id": true}', "ticket_id is missing or is no id"),
        (b'{"ticket_id": 35.5}', "ticket_id is missing or is no id"),
        (b'{"ticket_id": -35}', "ticket_id is missing or is no id"),
        (b'{"ticket_id": "35/comments"}', "ticket_id is missing or is no id"),
        (b'{"ticket_id": "' + b"9" * 40 + b'"}', "ticket_id is missing or is no id"),
        ('{"ticket_id": "٣٥"}'.encode(), "ticket_id is missing or is no id"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(body: bytes, message: str) -> None:
    with pytest.raises(WebhookMalformed, match=message):
        news(body)


def test_a_malformed_body_is_not_quoted() -> None:
    with pytest.raises(WebhookMalformed) as refusal:
        news(b'{"ticket_id": "my card is 4111 1111"}')
    assert "4111" not in str(refusal.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "detail", "ticket", "id", "ticket_id", "event", "meta", "sequence"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_either_read_or_refused(body: bytes) -> None:
    try:
        found = news(body)
    except WebhookMalformed:
        return
    assert [bool(found.hints), found.ignored is not None, found.unsupported is not None].count(True) == 1
    assert all(hint.id.isdigit() for hint in found.hints)

"""The bridge's own conversations are recognised, and nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_freshdesk.http.shapes import ConversationShape
from escalation_bridge_freshdesk.translation import marks

KEY = "eb-0123456789abcdef0123"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
KEYS = st.text("0123456789abcdef", min_size=20, max_size=20).map("eb-{}".format)


def conversation(body: str | None, **more: Any) -> ConversationShape:
    plain = {"id": 1, "user_id": 5, "private": True, "incoming": False, "source": 2, "created_at": NOW}
    return ConversationShape.model_validate({**plain, "body": body, **more})


@given(st.text(), KEYS, st.booleans())
def test_a_note_is_recognised_and_its_words_stay(text: str, key: str, wrapped: bool) -> None:
    body = from_text(text)
    markup = marks.marked_note(body.html, key)
    note = conversation(f"<div>{markup}</div>" if wrapped else markup)
    assert marks.mark_of(note) == key
    assert marks.without_mark(note).text.split() == body.text.split()


@given(st.text(), KEYS)
def test_a_reply_is_recognised_and_its_words_stay(text: str, key: str) -> None:
    body = from_text(text)
    reply = conversation(marks.marked_reply(body.html, key), private=False, source=0)
    assert marks.mark_of(reply) == key
    assert marks.without_mark(reply).text.split() == body.text.split()
    assert key not in marks.without_mark(reply).text


@given(st.text())
def test_no_words_of_a_person_are_a_mark_or_are_changed(text: str) -> None:
    said = conversation(from_text(text).html)
    assert marks.mark_of(said) is None
    assert marks.without_mark(said).text.split() == from_text(text).text.split()


@pytest.mark.parametrize(
    "body",
    [
        f"<p>The bridge wrote [{KEY}] here.</p>",
        f"<p>[{KEY}]</p><p>and I say</p>",
        "<p>[eb-0123]</p>",
        f"<p>{KEY}</p>",
        f'<p>Thanks!</p><blockquote><div data-escalation-bridge="{KEY}"><p>Hello.</p></div></blockquote>',
        '<div data-escalation-bridge="eb-something-else"><p>Hello.</p></div>',
        "",
        None,
    ],
)
def test_a_key_in_another_place_is_no_mark(body: str | None) -> None:
    assert marks.mark_of(conversation(body)) is None


def test_nothing_that_came_from_outside_is_marked() -> None:
    for body in (marks.marked_note("<p>x</p>", KEY), marks.marked_reply("<p>x</p>", KEY)):
        assert marks.mark_of(conversation(body, incoming=True)) is None


def test_only_a_recent_unmarked_public_reply_of_the_bridge_with_the_same_words_is_taken_for_the_same() -> (
    None
):
    body = from_html("<p>We are <b>on it</b>.</p><p>More soon.</p>")
    since = NOW - timedelta(minutes=15)
    ours: dict[str, Any] = {"private": False, "source": 0}
    stored = "<div>We are on it.<br><br>More&nbsp;soon.</div>"
    assert marks.find_same_words([conversation(stored, **ours)], body, 5, since)
    for other in (
        conversation(stored, **ours, user_id=6),
        conversation(stored, private=True),
        conversation(stored, **ours, incoming=True),
        conversation(stored, **ours, created_at=NOW - timedelta(minutes=18)),
        conversation("<div>We are on it.</div>", **ours),
        conversation(marks.marked_reply(stored, KEY), **ours),
    ):
        assert marks.find_same_words([other], body, 5, since) is None


REF = TicketRef("engineering", "10001")


def test_a_link_note_is_known_by_its_ticket_or_else_by_its_link() -> None:
    url = "https://dev.example/?a=1&b=2"
    shown = '<p>Jira <a href="https://dev.example/?a=1&amp;b=2">ENG-1</a></p>'
    full = marks.marked_note(shown, KEY, link=REF)
    cleaned = full.replace(' data-escalation-bridge-ticket="engineering:10001"', "")
    assert cleaned != full
    assert marks.is_link_note(conversation(full), REF, "https://dev.example/moved")
    assert marks.is_link_note(conversation(cleaned), REF, url)
    assert marks.linked_key(conversation(full)) == "ENG-1"
    for other in (
        conversation(marks.marked_note(shown, KEY)),
        conversation(full, private=False),
        conversation(full, incoming=True),
        conversation(cleaned.replace("<a", "<b").replace("</a", "</b")),
        conversation(shown),
        conversation(None),
    ):
        assert not marks.is_link_note(other, REF, url)
    assert not marks.is_link_note(conversation(cleaned), REF, url + "0")
    assert not marks.is_link_note(conversation(full), TicketRef("engineering", "1000"), url)

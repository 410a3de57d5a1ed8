"""Nobody is called by name on the other side, and mails go over without their history."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.messages import MessageRequest, Quote, Trim
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.names import Surroundings, prepared, without_mentions
from escalation_bridge.text.rich_text import from_html, from_text

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
JOINER = "\u2060"
MAIL = "<p>Ask @budi.</p><p>On 2 Mar 2026 Budi wrote:</p><blockquote>Old</blockquote>"


def request(markup, trim=Trim.NOTHING, author="Sari", **facts):
    return MessageRequest("passed_comment", facts, (Quote(author, AT, from_html(markup), trim),))


@pytest.mark.parametrize(
    ("said", "harmless"),
    [
        ("@sari", f"@{JOINER}sari"),
        ("Hi @Sari Dewi, ask (@budi)", f"Hi @{JOINER}Sari Dewi, ask (@{JOINER}budi)"),
        ("[~accountid:5b10a]", f"[{JOINER}~accountid:5b10a]"),
        ("[~sari] and [link]", f"[{JOINER}~sari] and [link]"),
        ("<@U123> in a chat", f"<@{JOINER}U123> in a chat"),
        ("sari@example.com", "sari@example.com"),
        ("https://medium.com/@sari?a=@b", "https://medium.com/@sari?a=@b"),
        ("5 @ 10", "5 @ 10"),
    ],
)
def test_names_call_nobody_and_addresses_stay(said, harmless):
    assert without_mentions(said) == harmless
    assert without_mentions(harmless) == harmless


def test_only_texts_are_changed_and_no_tag():
    markup = '<p>See <a href="https://x.example/?q= @sari" title="[~a] &gt; @b">@sari</a> &lt;@budi&gt;</p>'
    (quote,) = prepared(request(markup)).quotes
    assert quote.body.html == from_html(markup).html.replace(">@sari", f">@{JOINER}sari").replace(
        "&lt;@budi", f"&lt;@{JOINER}budi"
    )


def test_who_said_it_and_what_is_mentioned_besides_call_nobody_either():
    made = prepared(request("<p>x</p>", author="@here", name="[~admin].txt", at="2026-03-02T09:00:00+00:00"))
    assert made.quotes[0].author == f"@{JOINER}here"
    assert made.facts == {"name": f"[{JOINER}~admin].txt", "at": "2026-03-02T09:00:00+00:00"}


@pytest.mark.parametrize(
    ("language", "told"), [("en", "… quoted text left out"), ("id", "… kutipan tidak disertakan")]
)
def test_what_was_left_out_is_said(language, told):
    made = Extensions({}).compose_message(
        request(MAIL, Trim.HISTORY, from_key="SUP-1", from_vendor="Memory"),
        language,
        lambda _: Surroundings(KnownWords(["Old"]), "https://desk.example/1"),
    )
    assert "(https://desk.example/1)" in made.body.text
    assert told in made.body.text
    assert "Old" not in made.body.text
    assert f"@{JOINER}budi" in made.body.text
    assert f"@{JOINER}budi" in made.body.html


def test_it_goes_over_whole_where_that_is_wished():
    made = Extensions({}).compose_message(request(MAIL, from_key="SUP-1", from_vendor="Memory"), "en")
    assert "Old" in made.body.text
    assert "left out" not in made.body.text


@given(st.text(st.sampled_from('a @[~<>&;"/.\n'), max_size=60))
def test_whatever_is_written_the_words_stay(text):
    body = from_text(text)
    (quote,) = prepared(MessageRequest("passed_comment", {}, (Quote("x", AT, body),))).quotes
    assert quote.body.text.replace(JOINER, "") == body.text
    assert quote.body.html.replace(JOINER, "") == body.html
    assert "[~" not in quote.body.html

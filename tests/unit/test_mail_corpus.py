"""Mails of real programs' shapes: nobody's words are lost, and what is history goes."""

import tomllib
from pathlib import Path

import pytest

from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.outgoing import trim
from escalation_bridge.text.rich_text import from_html, from_text

CORPUS = tomllib.loads((Path(__file__).parent / "mails" / "corpus.toml").read_text(encoding="utf-8"))["mail"]


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("mail", CORPUS, ids=[mail["name"] for mail in CORPUS])
def test_a_mail_keeps_its_words_and_loses_its_history(mail):
    body = from_html(mail["mail"]) if mail.get("html") else from_text(mail["mail"])
    trimmed = trim(
        body, known=KnownWords(mail["known"], ["Budi", "Support"]), author=mail["author"], signatures=True
    )
    shown = words(trimmed.body.text)
    assert [kept for kept in mail["keep"] if words(kept) not in shown] == []
    assert [gone for gone in mail["gone"] if words(gone) in shown] == []
    assert bool(trimmed.left_out) is bool(mail["gone"])


@pytest.mark.parametrize("mail", CORPUS, ids=[mail["name"] for mail in CORPUS])
def test_no_history_is_left_out_that_the_ticket_does_not_have(mail):
    body = from_html(mail["mail"]) if mail.get("html") else from_text(mail["mail"])
    assert "quoted_text" not in trim(body, known=KnownWords(), author="", signatures=True).left_out


def test_a_signature_is_named_as_one_only_where_it_is_one():
    for mail in CORPUS:
        body = from_html(mail["mail"]) if mail.get("html") else from_text(mail["mail"])
        left_out = trim(
            body, known=KnownWords(mail["known"]), author=mail["author"], signatures=True
        ).left_out
        assert ("signature" in left_out) is mail["name"].startswith("signature")

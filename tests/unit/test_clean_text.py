"""Text from outside and to vendors: no control characters, no escape sequences, nothing that turns a name's direction."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.cli.console.terminal import printable
from escalation_bridge.domain.tickets.clean_text import lines, one_line
from escalation_bridge.text.rich_text import from_html, from_text

ANY = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from(
            "\x1b[]()#;?0123456789mAHJKhlPX^_\\\x07\x00\x7f\x85\x92\x9b\x9d\r\n\t\u202e\u2066\u2069\u2028"
        ),
    ),
    max_size=60,
)


def steers(text, *, allowed="\n\t"):
    return [char for char in text if unicodedata.category(char) in ("Cc", "Cs") and char not in allowed]


def turns(text, which="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"):
    return [char for char in text if char in which]


@settings(derandomize=True, max_examples=400, deadline=None)
@given(ANY)
def test_whatever_comes_nothing_steers(text):
    assert not steers(lines(text))
    assert not turns(lines(text), "\u202d\u202e")
    assert not steers(one_line(text), allowed="")
    assert not turns(one_line(text))
    assert not steers(printable(text))
    assert not turns(printable(text))
    assert one_line(one_line(text)) == one_line(text)
    assert lines(lines(text)) == lines(text)
    printable(text).encode()


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), max_size=60))
def test_ordinary_text_is_left_alone(text):
    assert lines(text) is text
    assert one_line(text) is text
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31mERROR\x1b[0m disk", "ERROR disk"),
        ("\x1b[2J\x1b[1;1Hall is well", "all is well"),
        ("\x1b]0;owned\x07Printer", "Printer"),
        ("\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\", "here"),
        ("\x1b]52;c;cm0gLXJm\x07copied", "copied"),
        ("an unfinished \x1b]0;title stays readable", "an unfinished ]0;title stays readable"),
        ("don\x92t", "don\u2019t"),
        ("NUL\x00 and DEL\x7f", "NUL and DEL"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("two\r\nlines\rand\ttab", "two lines and tab"),
        ("half \ud83d, whole \ud83d\ude00", "half \ufffd, whole 😀"),
        ("نص عربي", "نص عربي"),
    ],
)
def test_one_line(text, clean):
    assert one_line(text) == clean


def test_running_text_keeps_its_lines_and_embedded_directions():
    assert lines("a\r\nb\rc\td \u2067\u05d0\u05d1\u2069 \u202ex") == "a\nb\nc\td \u2067\u05d0\u05d1\u2069 x"


@pytest.mark.parametrize("make", [from_text, from_html])
def test_rich_text_has_none(make):
    made = make("Printer \x1b[31mon\x1b[0m fire\x00")
    assert (made.text, made.html) == (
        "Printer on fire",
        "<p>Printer on fire</p>" if make is from_text else "Printer on fire",
    )


def test_the_work_grows_with_the_text_and_not_faster():
    """Each escape character costs what follows it up to the next one, and at most 2,000 characters."""
    for part in (
        "\x1b",
        "\x1b]",
        "\x1b]0;" + "x" * 300,
        "\x1bP",
        "\x1b[",
        "\x1b[" + ";" * 64,
        "\r",
        "\ud83d",
    ):
        for size in (1, 40):
            text = (part * 100_000)[: size * 25_000]
            assert not steers(lines(text))

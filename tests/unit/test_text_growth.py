"""No text that somebody sends is more work than its length: a worker would stand still, and all of its cases with it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.command_line import is_command
from escalation_bridge.domain.tickets.same_words import essence
from escalation_bridge.domain.tickets.tickets import Comment, Person, Role, TicketRef, Visibility
from escalation_bridge.testing.growth import CONSTRUCTS, QUOTE_BELOW, assert_linear
from escalation_bridge.text.known_words import KnownWords
from escalation_bridge.text.names import without_mentions
from escalation_bridge.text.outgoing import trim
from escalation_bridge.text.rich_text import from_html, from_text

KNOWN = ["Old words", "a a a a a a a a"]
AT = datetime(2026, 3, 2, tzinfo=UTC)
SIZE = 24_000
LARGE = 300_000
MEGABYTE = 1_000_000


def trimmed(text):
    return trim(from_html(text), known=KnownWords([*KNOWN, text]), author="Sari", signatures=True)


def command(text):
    author = Person("1", "Sari", role=Role.AGENT)
    body = from_text(text)
    return is_command(Comment(TicketRef("a", "1"), "1", author, Visibility.PRIVATE, body, AT))


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_reading_and_trimming_grow_with_the_length(construct):
    assert_linear(trimmed, construct, SIZE)


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_plain_readers_grow_with_the_length(construct):
    for reader in (from_text, essence, without_mentions, command):
        assert_linear(reader, construct, SIZE)


@pytest.mark.parametrize("size", [LARGE, pytest.param(MEGABYTE, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("construct", ["\n", "&", "<i></b>", "<p>"])
def test_a_very_large_text_is_not_more_work_than_its_length(construct, size):
    assert_linear(from_html, construct, size)


@settings(derandomize=True, max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(CONSTRUCTS), min_size=2, max_size=4).map("".join))
def test_mixtures_grow_with_the_length(construct):
    assert_linear(trimmed, construct, SIZE)


def test_tags_with_thousands_of_attributes_grow_with_their_number():
    for opening in ("<a ", "<img ", "<p "):
        assert_linear(
            lambda text: from_html(f"{opening}{text}>"),  # noqa: B023 - called at once
            'x="1" ',
            SIZE,
        )


@pytest.mark.parametrize(
    "markup",
    ["<b>x</b>" * 40_000, "<u>" * 2_000 + "words", "words " * 100_000],
    ids=["tags", "depth", "length"],
)
def test_beyond_the_bound_a_text_goes_over_as_plain_text_and_whole(markup):
    rich = from_html(f"{markup}<p>the end</p>{QUOTE_BELOW}")
    assert (
        rich.text.replace("\n", " ").split()[-8:]
        == "end On Mon, 2 Mar 2026, Sari wrote: Old words".split()[-8:]
    )
    assert "<b>" not in rich.html
    assert "<u>" not in rich.html


def test_a_reader_that_needs_the_square_is_found() -> None:
    def compares_all_with_all(text: str) -> int:
        return sum(1 for _ in range(len(text) ** 2 // 4))

    with pytest.raises(AssertionError, match="times the work for 16 times the text"):
        assert_linear(compares_all_with_all, "a ", 4000)

"""Texts that are longer than Jira stores."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_jira.text import adf, wiki
from escalation_bridge_jira.text.document import Blocks
from escalation_bridge_jira.text.html_reader import blocks_of
from escalation_bridge_jira.text.limits import LONGEST_TEXT, NOTICES, fitted, one_line, size

WRITERS: dict[str, Callable[[Blocks], object]] = {"adf": adf.document, "wiki": wiki.markup}


@pytest.mark.parametrize("format_", WRITERS)
def test_short_texts_are_not_touched(format_: str) -> None:
    write, blocks = WRITERS[format_], blocks_of(from_text("short"))
    assert fitted(blocks, write, "en") == write(blocks)


LONG = {
    "one paragraph": "<p>" + "word " * 9_000 + "</p>",
    "many paragraphs": "<p>Begin</p>" + "<p>word and another one</p>" * 3_000,
    "one code block": "<p>Begin</p><pre>" + "x = {1}\n" * 6_000 + "</pre>",
    "one list": "<ul>" + "<li>word</li>" * 9_000 + "</ul>",
    "specials": "<p>" + "{*|" * 20_000 + "</p>",
    "wide characters": "<p>" + "😀" * 20_000 + "</p>",
    "no spaces": "<p>" + "x" * 70_000 + "</p>",
}


@pytest.mark.parametrize("format_", WRITERS)
@pytest.mark.parametrize("name", LONG)
def test_long_texts_are_cut_with_a_notice(format_: str, name: str) -> None:
    language = "id" if "paragraph" in name else "en"
    written = fitted(blocks_of(from_html(LONG[name])), WRITERS[format_], language)
    shown = json.dumps(written, ensure_ascii=False)
    assert LONGEST_TEXT * 0.5 < size(written) <= LONGEST_TEXT
    assert NOTICES[language].split("]")[1] in shown
    assert shown.count("Begin") == (1 if "Begin" in LONG[name] else 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8), st.integers(1, 1000), st.sampled_from(sorted(WRITERS)))
def test_nothing_is_ever_too_long(words: list[str], times: int, format_: str) -> None:
    text = from_text("\n\n".join(words * times)[:60_000])
    assert size(fitted(blocks_of(text), WRITERS[format_], "en")) <= LONGEST_TEXT


def test_a_summary_is_one_line() -> None:
    assert one_line("Payment\r\n fails\tnow ", 255) == "Payment fails now"
    assert one_line("x" * 300, 255) == "x" * 254 + "…"
    assert len(one_line("word " * 100, 255)) <= 255

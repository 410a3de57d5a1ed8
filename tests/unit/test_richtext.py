"""What comes from outside is made harmless and stays readable, whatever it is."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.text.rich_text import from_html, from_text, one_line, sanitise

ALLOWED_TAGS = frozenset(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li a code pre blockquote strong b em i u s del sub sup "
    "table thead tbody tr th td img".split()
)
ALLOWED_ATTRIBUTES = frozenset({"href", "title", "src", "alt", "colspan", "rowspan"})
ALLOWED_SCHEMES = frozenset({"", "http", "https", "mailto"})

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Half surrogate pairs and control characters too: JSON can carry them."""

PIECES = st.sampled_from(
    [
        *(f"<{tag}>" for tag in (*sorted(ALLOWED_TAGS), "div", "script", "style", "svg", "math", "form")),
        *(f"</{tag}>" for tag in (*sorted(ALLOWED_TAGS), "div", "script", "style", "svg", "math", "form")),
        '<a href="javascript:alert(1)">',
        '<a href=" jAvaScript&#58;alert(1)">',
        '<a href="java\tscript:alert(1)">',
        '<a href="https://help.example/1" onclick="alert(1)">',
        '<img src=x onerror="alert(1)">',
        '<img src="data:text/html,<script>alert(1)</script>">',
        '<p style="background:url(javascript:alert(1))" onmouseover=alert(1)>',
        "<svg onload=alert(1)>",
        '<iframe srcdoc="<script>alert(1)</script>">',
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<",
        ">",
        '"',
        "'",
        "&lt;script&gt;",
        "&#0;",
        " ",
        "\n",
    ]
)
ANY_MARKUP = st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join)


class Seen(HTMLParser):
    """Every tag and attribute of a markup, as a browser's tokenizer would see them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, str] = {}
        self.comments: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update({name: value or "" for name, value in attrs})

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_decl(self, decl: str) -> None:
        self.comments.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.comments.append(data)


def assert_harmless(markup: str) -> None:
    seen = Seen(markup)
    assert seen.tags <= ALLOWED_TAGS
    assert set(seen.attributes) <= ALLOWED_ATTRIBUTES
    assert not seen.comments
    for name in seen.attributes.keys() & {"href", "src"}:
        assert urlsplit(seen.attributes[name]).scheme in ALLOWED_SCHEMES


@given(ANY_MARKUP)
def test_no_markup_gets_anything_dangerous_through(markup: str) -> None:
    assert_harmless(from_html(markup).html)


@given(ANY_TEXT)
def test_any_text_is_taken_as_markup_without_an_error(text: str) -> None:
    rich = from_html(text)
    assert_harmless(rich.html)
    assert rich.html.encode().decode() == rich.html
    assert rich.text.encode().decode() == rich.text


@given(ANY_TEXT)
def test_any_text_is_taken_as_text_without_an_error_and_can_be_stored(text: str) -> None:
    rich = from_text(text)
    assert_harmless(rich.html)
    assert rich.html.encode().decode() == rich.html
    assert "\0" not in rich.text + rich.html


@given(ANY_MARKUP)
def test_sanitising_twice_is_as_harmless_as_once(markup: str) -> None:
    assert_harmless(sanitise(sanitise(markup)))


@given(st.text())
def test_plain_text_keeps_its_words_on_the_way_to_html_and_back(text: str) -> None:
    rich = from_text(text)
    assert from_html(rich.html).text.split() == rich.text.split()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\t\n\r")))
def test_plain_text_keeps_its_words(text: str) -> None:
    assert from_text(text).text.split() == text.split()


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1))
def test_markup_keeps_its_words(words: list[str]) -> None:
    assert from_html("".join(f"<div><b>{word}</b></div>" for word in words)).text.split() == words


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<ul><li>one</li><li>two<ol><li>a</li><li>b</li></ol></li></ul>", "- one\n- two\n\n  1. a\n  2. b"),
        ('<a href="https://help.example/1">the page</a>', "the page (https://help.example/1)"),
        ('<a href="https://help.example/1">https://help.example/1</a>', "https://help.example/1"),
        ('<a href="mailto:sari@example.com">sari@example.com</a>', "sari@example.com"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n\n1 | 2"),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
        ('<img src="https://help.example/1.png" alt="a screen">', "[a screen]"),
        ("<img src=x>", "[image]"),
        ("a<hr>b", "a\n---\nb"),
        ("  two \n\n words ", "two words"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("<script>alert(1)</script><style>p{}</style>word", "word"),
        ("<li>alone</li>", "- alone"),
    ],
)
def test_markup_reads_well_as_text(markup: str, text: str) -> None:
    assert from_html(markup).text == text


def test_text_keeps_its_paragraphs_and_lines() -> None:
    assert (
        from_text("one\r\ntwo\r\n\r\n<three> & four").html
        == "<p>one<br>two</p><p>&lt;three&gt; &amp; four</p>"
    )


def test_half_a_surrogate_pair_and_a_nul_are_taken_out() -> None:
    assert from_html("a\ud83d b\0c").text == "a? bc"
    assert from_text("a\ud83d b\0c").text == "a? bc"


@pytest.mark.parametrize("tag", ["blockquote", "b", "ul", "font"])
def test_markup_nested_beyond_sense_is_read_as_text(tag: str) -> None:
    rich = from_html(f"<{tag}>" * 100_000 + "still <i>here</i> &amp; there")
    assert rich.text.split() == ["still", "here", "&", "there"]
    assert_harmless(rich.html)


@pytest.mark.parametrize(
    "markup",
    [
        "<div" * 100_000,
        "<pre>" + " " * 300_000 + "x</pre>",
        "<ul>" + "<li>a</li>" * 30_000 + "</ul>",
        "<ul>" * 900 + "<li>a" * 10_000,
        "\n " * 100_000,
    ],
    ids=["open divs", "spaces", "long list", "deep list", "empty lines"],
)
def test_long_nonsense_takes_a_moment_and_not_an_hour(markup: str) -> None:
    """Untimed on purpose: what grows with the square of these lengths does not end within a test run."""
    rich = from_html(markup)
    assert len(rich.text) < 2_000_000
    assert len(from_text(markup).html) < 10 * len(markup)


@pytest.mark.parametrize(
    "markup", ['<img id="cursor">', '<img src="">', '<img src="https://t.example/p" width="1" height=1>']
)
def test_an_image_that_shows_nothing_is_left_out(markup: str) -> None:
    assert from_html(f"Hello{markup} Sari").text == "Hello Sari"


def test_a_summary_has_no_control_characters_and_no_line_ends() -> None:
    assert one_line("Order\0 17\x1b[31m\r\n is\u0085late\ud800") == "Order 17 is…late?"

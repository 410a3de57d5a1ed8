"""HTML to the Atlassian Document Format and back; what is written is valid against Atlassian's own JSON schema."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.plugin import JsonPart
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_jira.text import adf
from escalation_bridge_jira.text.html_reader import blocks_of, blocks_of_html

SPECS = Path(os.environ.get("ESCALATION_BRIDGE_SPECS", Path(__file__).parents[4] / "shared" / "specs"))


Validate = Callable[[object], None]


@pytest.fixture(scope="session")
def valid() -> Validate:
    """Raises if a document is not valid against the schema."""
    path = SPECS / "adf.schema.json"
    if not path.exists():
        pytest.skip(
            f"the ADF schema is not at {path}: set ESCALATION_BRIDGE_SPECS to the folder that holds it"
        )
    validator = jsonschema.Draft4Validator(json.loads(path.read_text()))

    def validate(document: object) -> None:
        validator.validate(document)

    return validate


def written(html: str) -> dict[str, Any]:
    return adf.document(blocks_of(from_html(html)))


def content(html: str) -> Any:
    return written(html)["content"]


def read(document: object) -> RichText:
    return adf.rich_text(JsonPart(document, "", _fail))


def _fail(message: str) -> NoReturn:
    raise AssertionError(message)


def text(words: str, *marks: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def paragraph(*nodes: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(nodes)}


SAMPLES = {
    "paragraphs": "<p>One</p><p>Two</p>",
    "line breaks": "<p>One<br>Two<br><br>Three</p>",
    "styles": "<p><b>b</b> <i>i</i> <u>u</u> <s>s</s> <del>d</del> H<sub>2</sub>O x<sup>2</sup> <code>c</code></p>",
    "styles inside each other": "<p><b>a <i>b <code>c</code></i></b><u><sub><sup>x</sup></sub></u></p>",
    "link": '<p>See <a href="https://example.com/a?b=1&amp;c=2">this <b>page</b></a>.</p>',
    "code link": '<p><a href="https://example.com/"><code>GET /</code></a></p>',
    "empty link": '<p><a href="https://example.com/"></a></p>',
    "mail link": '<p><a href="mailto:desk@example.com">desk</a></p>',
    "headings": "<h1>One</h1><h6>Six <em>em</em></h6>",
    "lists": "<ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>",
    "list that begins with a list": "<ul><li><ul><li>deep</li></ul></li></ul>",
    "list in a list without an item": "<ul><li>a</li><ul><li>b</li></ul></ul>",
    "list with paragraphs and code": "<ol><li><p>a</p><p>b</p><pre>c\n d</pre></li></ol>",
    "empty list": "<ul></ul><ol><li></li></ol>",
    "heading, quote, rule and table in a list": (
        "<ul><li><h2>h</h2><blockquote>q</blockquote><hr><table><tr><td>t</td></tr></table></li></ul>"
    ),
    "code": "<pre><code>def f():\n    return 1\n</code></pre>",
    "empty code": "<pre></pre>",
    "quote": "<blockquote><p>a</p><h3>h</h3><ul><li>b</li></ul><blockquote>c</blockquote><hr></blockquote>",
    "empty quote": "<blockquote></blockquote>",
    "table": "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
    "ragged table": "<table><tr><td>1</td></tr><tr><td>1</td><td>2</td><td>3</td></tr><tr></tr></table>",
    "table in a table": "<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>",
    "blocks in a cell": "<table><tr><td><h2>h</h2><ul><li>a</li></ul><blockquote>q</blockquote><hr></td></tr></table>",
    "image": '<p><img src="https://example.com/i.png" alt="screen"><img src="cid:1"></p>',
    "rule": "a<hr>b",
    "mail": "<div>Hi,</div><div><br></div><div>it <b>fails</b></div><blockquote><div>old</div></blockquote>",
    "nothing": "",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_valid_and_survive_the_way_back(name: str, valid: Validate) -> None:
    document = written(SAMPLES[name])
    valid(document)
    assert adf.document(blocks_of(read(document))) == document


def test_styles_become_marks() -> None:
    assert content("<p><b>bold <i>both</i></b> <code>c</code></p>") == [
        paragraph(
            text("bold ", {"type": "strong"}),
            text("both", {"type": "strong"}, {"type": "em"}),
            text(" "),
            text("c", {"type": "code"}),
        )
    ]


def test_links_and_images_become_link_marks() -> None:
    def link(href: str) -> dict[str, Any]:
        return {"type": "link", "attrs": {"href": href}}

    assert content(
        '<p><a href="https://example.com/">a</a> <img src="https://example.com/i" alt="i"></p>'
    ) == [
        paragraph(
            text("a", link("https://example.com/")), text(" "), text("[i]", link("https://example.com/i"))
        )
    ]


def test_code_stays_as_it_is() -> None:
    code = "def f():\n\treturn {1}  # *x*"
    assert content(f"<pre>{code}</pre>") == [{"type": "codeBlock", "content": [text(code)]}]


def test_nested_lists() -> None:
    def listing(kind: str, *nodes: Any) -> dict[str, Any]:
        return {"type": kind, "content": [{"type": "listItem", "content": list(nodes)}]}

    assert content("<ul><li>a<ol><li>b</li></ol></li></ul>") == [
        listing("bulletList", paragraph(text("a")), listing("orderedList", paragraph(text("b"))))
    ]


def test_what_may_not_stand_in_a_list_becomes_lines() -> None:
    [listing] = content("<ul><li><h2>Title</h2><blockquote>said<br>twice</blockquote></li></ul>")
    assert listing["content"][0]["content"] == [
        paragraph(text("Title")),
        paragraph(text("said"), {"type": "hardBreak"}, text("twice")),
    ]


def test_tables_and_headings_in_a_quote_are_shown_without_the_quote(valid: Validate) -> None:
    document = written(
        "<p>Sari:</p><blockquote><h2>Prices</h2><table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
        "<blockquote>an older quote</blockquote></blockquote><p>end</p>"
    )
    valid(document)
    kinds = [node["type"] for node in document["content"]]
    assert kinds == ["paragraph", "rule", "heading", "table", "blockquote", "rule", "paragraph"]


def test_a_quote_of_paragraphs_lists_and_code_stays_one(valid: Validate) -> None:
    document = written("<blockquote><p>a</p><ul><li>b</li></ul><pre>c</pre></blockquote>")
    valid(document)
    assert [node["type"] for node in document["content"]] == ["blockquote"]


def test_short_rows_are_filled() -> None:
    [table] = content("<table><tr><th>a</th></tr><tr><td>1</td><td>2</td></tr></table>")
    assert [[cell["type"] for cell in row["content"]] for row in table["content"]] == [
        ["tableHeader", "tableHeader"],
        ["tableCell", "tableCell"],
    ]


def test_what_jira_cannot_store_is_left_out() -> None:
    assert adf.document(blocks_of(RichText("<p>a\x00b\ud800c\x0b</p>", "")))["content"] == [
        paragraph(text("abc"))
    ]


def test_thousands_of_tags_inside_each_other_become_plain_text(valid: Validate) -> None:
    deep = RichText("<b><i>" * 5000 + "x", "plain\nwords")
    document = adf.document(blocks_of(deep))
    valid(document)
    assert document["content"] == [paragraph(text("plain"), {"type": "hardBreak"}, text("words"))]


# --- reading what people wrote in Jira -----------------------------------------------------------------------------------


def doc(*nodes: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(nodes)}


@pytest.mark.parametrize(
    ("node", "html"),
    [
        ({"type": "mention", "attrs": {"id": "5b1", "text": "@Sari Dewi"}}, "<p>@Sari Dewi</p>"),
        ({"type": "mention", "attrs": {"id": "5b1", "text": "Sari Dewi"}}, "<p>@Sari Dewi</p>"),
        ({"type": "mention", "attrs": {"id": "5b1"}}, "<p>@somebody</p>"),
        ({"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}}, "<p>😄</p>"),
        ({"type": "emoji", "attrs": {"shortName": ":custom:"}}, "<p>:custom:</p>"),
        ({"type": "date", "attrs": {"timestamp": "1782864000000"}}, "<p>2026-07-01</p>"),
        ({"type": "date", "attrs": {"timestamp": "soon"}}, "<p>soon</p>"),
        ({"type": "date", "attrs": {"timestamp": "9" * 30}}, f"<p>{'9' * 30}</p>"),
        ({"type": "status", "attrs": {"text": "DONE", "color": "green"}}, "<p>[DONE]</p>"),
        (
            {"type": "inlineCard", "attrs": {"url": "https://example.com/x"}},
            '<p><a href="https://example.com/x">https://example.com/x</a></p>',
        ),
        (
            {"type": "mediaInline", "attrs": {"id": "1", "collection": "c", "alt": "log.txt"}},
            "<p>[log.txt]</p>",
        ),
        ({"type": "placeholder", "attrs": {"text": "type here"}}, "<p>type here</p>"),
        ({"type": "text", "text": "a<b>&"}, "<p>a&lt;b&gt;&amp;</p>"),
        (
            {"type": "text", "text": "x", "marks": [{"type": "textColor", "attrs": {"color": "#ff0000"}}]},
            "<p>x</p>",
        ),
        ({"type": "novelty", "content": [{"type": "text", "text": "seen through"}]}, "<p>seen through</p>"),
    ],
)
def test_inline_nodes_are_read(node: dict[str, Any], html: str) -> None:
    assert read(doc(paragraph(node))).html == html


@pytest.mark.parametrize(
    ("node", "html"),
    [
        (
            {"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(text("p"))]},
            "<blockquote><p>p</p></blockquote>",
        ),
        (
            {"type": "expand", "attrs": {"title": "More"}, "content": [paragraph(text("p"))]},
            "<p><strong>More</strong></p><p>p</p>",
        ),
        (
            {
                "type": "taskList",
                "attrs": {"localId": "1"},
                "content": [
                    {"type": "taskItem", "attrs": {"localId": "2", "state": "DONE"}, "content": [text("t")]},
                    {"type": "taskItem", "attrs": {"localId": "3", "state": "TODO"}, "content": [text("u")]},
                ],
            },
            "<ul><li>[x] t</li><li>[ ] u</li></ul>",
        ),
        (
            {
                "type": "mediaSingle",
                "attrs": {"layout": "center"},
                "content": [
                    {"type": "media", "attrs": {"type": "file", "id": "1", "collection": "", "alt": "a.png"}}
                ],
            },
            "<p>[a.png]</p>",
        ),
        (
            {
                "type": "mediaSingle",
                "attrs": {"layout": "center"},
                "content": [
                    {"type": "media", "attrs": {"type": "external", "url": "https://example.com/i.png"}}
                ],
            },
            '<p><img src="https://example.com/i.png" alt="image"></p>',
        ),
        ({"type": "codeBlock", "content": [text("x  <y>\n z")]}, "<pre>x  &lt;y&gt;\n z</pre>"),
        ({"type": "heading", "attrs": {"level": 12}, "content": [text("h")]}, "<h6>h</h6>"),
    ],
)
def test_block_nodes_are_read(node: dict[str, Any], html: str) -> None:
    assert read(doc(node)).html == html


@pytest.mark.parametrize(
    "value", [None, 7, [], {}, {"type": "doc"}, {"content": "x"}, {"type": "doc", "content": [None, 3]}]
)
def test_what_is_no_document_is_an_empty_text(value: object) -> None:
    assert not read(value)


def test_a_plain_string_is_plain_text() -> None:
    assert read("a <b>\n\nc").text == "a <b>\n\nc"


def test_a_document_nested_beyond_reason_keeps_its_texts() -> None:
    node: dict[str, Any] = paragraph(text("deep"))
    for _ in range(3000):
        node = {"type": "blockquote", "content": [node]}
    assert "deep" in read(doc(paragraph(text("first")), node)).text


# --- always and never ------------------------------------------------------------------------------------------------

TAGS = "p div br hr h1 h3 ul ol li a code pre blockquote strong b em i u s sub sup table tr td th img span".split()
anything = st.text(max_size=200)
pieces = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        ['<a href="https://example.com/x|]y">', "<img src='https://example.com/i' alt='{x}'>", "<!-- c -->"]
    ),
    st.text(alphabet=" \n\tab*_{}[]|\\#-h1.&;<>\u00a0é😀", max_size=12),
)
markup = st.lists(pieces, max_size=40).map("".join)
without_links = st.lists(pieces.filter(lambda piece: "https" not in piece), max_size=40).map("".join)
generous = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@generous
@given(anything)
def test_any_text_becomes_a_valid_document_that_says_the_same(valid: Validate, words: str) -> None:
    plain = from_text(words)
    document = adf.document(blocks_of(plain))
    valid(document)
    assert read(document).text.split() == plain.text.split()


@generous
@given(without_links)  # plain text shows addresses, and an image has none before it is a link
def test_any_html_becomes_a_valid_document_that_says_the_same(valid: Validate, html: str) -> None:
    rich = from_html(html)
    document = adf.document(blocks_of(rich))
    valid(document)
    assert letters(read(document).text) == letters(rich.text)


@generous
@given(markup)
def test_html_that_nobody_sanitised_becomes_a_valid_document(valid: Validate, html: str) -> None:
    valid(adf.document(blocks_of_html(html)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "content", "text", "attrs", "marks", "url", "level"]), inner, max_size=5
        )
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(sorted(adf._WRITERS)),
                "content": st.lists(inner, max_size=3),
                "attrs": inner,
            }
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_reading_never_fails(value: object) -> None:
    read(value)


def letters(words: str) -> str:
    return "".join(character for character in words if character.isalpha())

"""Documents and wiki markup of the stand-in Jira: which it takes, and how it turns one into the other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge_sandbox.jira.richtext.grammar import is_valid_document
from escalation_bridge_sandbox.jira.richtext.text import RichText


def doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words, *marks):
    return {"type": "text", "text": words, **({"marks": list(marks)} if marks else {})}


def mark(name, **attrs):
    return {"type": name, **({"attrs": attrs} if attrs else {})}


def paragraph(*content):
    return {
        "type": "paragraph",
        "content": [text(each) if isinstance(each, str) else each for each in content],
    }


def block(name, *content, **attrs):
    return {
        "type": name,
        **({"attrs": attrs} if attrs else {}),
        **({"content": list(content)} if content else {}),
    }


def item(*content):
    return block("listItem", *content)


VALID = [
    doc(),
    doc(block("paragraph")),
    doc(paragraph("One", block("hardBreak"), "two")),
    doc(paragraph(text("bold", mark("strong")), text("link", mark("link", href="https://example.com")))),
    doc(paragraph(text("code", mark("code"), mark("link", href="https://example.com")))),
    doc(paragraph(text("red", mark("textColor", color="#ff0000")), text("2", mark("subsup", type="sup")))),
    doc(block("heading", text("Title"), level=3)),
    doc(block("bulletList", item(paragraph("a"), block("orderedList", item(paragraph("b")), order=2)))),
    doc(block("codeBlock", text("x = 1"), language="python")),
    doc(block("codeBlock")),
    doc(block("blockquote", paragraph("quoted"))),
    doc(block("panel", paragraph("careful"), panelType="warning")),
    doc(block("rule"), paragraph("after")),
    doc(block("expand", paragraph("inside"), title="More")),
    doc(
        block(
            "table",
            block("tableRow", block("tableHeader", paragraph("h")), block("tableCell", paragraph("c"))),
        )
    ),
    doc(paragraph(block("mention", id="1", text="@Sari"), block("emoji", shortName=":smile:"))),
    doc(paragraph(block("inlineCard", url="https://example.com"), block("status", text="Late", color="red"))),
    doc(block("taskList", block("taskItem", text("do it"), localId="1", state="TODO"), localId="2")),
    doc(block("blockCard", url="https://example.com")),
    doc(paragraph(block("date", timestamp="1582152559"))),
]
INVALID = [
    None,
    "text",
    {},
    {"type": "doc", "content": []},
    {"type": "doc", "version": 2, "content": []},
    {"type": "doc", "version": 1},
    {**doc(), "attrs": {}},
    doc(text("no paragraph")),
    doc("no node"),
    doc({"type": "marquee"}),
    doc(item(paragraph("no list"))),
    doc(paragraph(text(""))),
    doc(paragraph({"type": "text"})),
    doc(paragraph(text("x", mark("blink")))),
    doc(paragraph(text("x", mark("link")))),
    doc(paragraph(text("x", mark("strong", weight=1)))),
    doc(paragraph(text("x", mark("code"), mark("strong")))),
    doc(paragraph(text("x", mark("textColor", color="red")))),
    doc(paragraph(block("rule"))),
    doc(paragraph(paragraph("nested"))),
    doc({**paragraph("x"), "attrs": {"nonsense": 1}}),
    doc({**paragraph("x"), "nonsense": 1}),
    doc(block("heading", text("x"))),
    doc(block("heading", text("x"), level=7)),
    doc(block("heading", text("x"), level="1")),
    doc(block("bulletList")),
    doc(block("bulletList", paragraph("x"))),
    doc({"type": "bulletList", "content": []}),
    doc(block("codeBlock", text("x", mark("strong")))),
    doc(block("codeBlock", paragraph("x"))),
    doc(block("blockquote", block("heading", text("x"), level=1))),
    doc(block("panel", paragraph("x"))),
    doc(block("panel", paragraph("x"), panelType="loud")),
    doc(block("rule", paragraph("x"))),
    doc(block("table", block("tableRow", paragraph("x")))),
    doc(paragraph(block("mention", text="@Sari"))),
    doc(paragraph(block("status", text="Late", color="pink"))),
    doc(block("taskList", block("taskItem", text("x"), localId="1", state="LATER"), localId="2")),
    doc({"type": "paragraph", "content": "x"}),
    doc({"type": "paragraph", "marks": [mark("strong")]}),
]


@pytest.mark.parametrize("document", VALID)
def test_a_document_is_taken(document):
    assert is_valid_document(document)


@pytest.mark.parametrize("document", INVALID)
def test_a_document_is_refused(document):
    assert not is_valid_document(document)


def test_the_published_schema_agrees(jira_openapi):
    wrongly_valid = [document for document in VALID if not jira_openapi.is_document(document)]
    wrongly_invalid = [document for document in INVALID if jira_openapi.is_document(document)]
    assert (wrongly_valid, wrongly_invalid) == ([], [])


@pytest.mark.parametrize(
    ("wiki", "document"),
    [
        ("Hello", doc(paragraph("Hello"))),
        ("One\ntwo\n\nThree", doc(paragraph("One", block("hardBreak"), "two"), paragraph("Three"))),
        ("h2. Title", doc(block("heading", text("Title"), level=2))),
        ("*bold* word", doc(paragraph(text("bold", mark("strong")), " word"))),
        ("_em_, +ins+ and -del-", None),
        ("see [the docs|https://example.com].", None),
        ("see https://example.com/x?y=1.", None),
        ("{{a * b}}", doc(paragraph(text("a * b", mark("code"))))),
        ("[~accountid:712020:1] look", doc(paragraph(block("mention", id="712020:1"), " look"))),
        (
            "* a\n** b\n* c",
            doc(
                block(
                    "bulletList",
                    item(paragraph("a"), block("bulletList", item(paragraph("b")))),
                    item(paragraph("c")),
                )
            ),
        ),
        ("# one\n# two", doc(block("orderedList", item(paragraph("one")), item(paragraph("two"))))),
        ("{code:python}\nx = *1*\n{code}", doc(block("codeBlock", text("x = *1*"), language="python"))),
        ("{noformat}\nraw\n{noformat}", doc(block("codeBlock", text("raw")))),
        ("{quote}\nsaid\n{quote}", doc(block("blockquote", paragraph("said")))),
        ("bq. said", doc(block("blockquote", paragraph("said")))),
        ("{panel}\nboxed\n{panel}", doc(block("panel", paragraph("boxed"), panelType="info"))),
        ("----", doc(block("rule"))),
        (
            "||a||b||\n|1|2|",
            doc(
                block(
                    "table",
                    block(
                        "tableRow", block("tableHeader", paragraph("a")), block("tableHeader", paragraph("b"))
                    ),
                    block("tableRow", block("tableCell", paragraph("1")), block("tableCell", paragraph("2"))),
                )
            ),
        ),
        ("not\\*bold\\*", doc(paragraph("not*bold*"))),
        ("2 * 3 * 4 and a_b_c - d", doc(paragraph("2 * 3 * 4 and a_b_c - d"))),
        ("", doc()),
    ],
)
def test_markup_becomes_a_document(wiki, document):
    made = RichText.from_wiki(wiki).document
    assert is_valid_document(made)
    if document is not None:
        assert made == document


@pytest.mark.parametrize(
    "wiki",
    [
        "Hello",
        "One\ntwo\n\nThree",
        "h2. Title\n\n*bold* and _em_ and {{code}}",
        "* a\n** b\n* c",
        "# one\n# two",
        "{code:python}\nx = 1\n{code}",
        "{quote}\nsaid\n{quote}",
        "||a||b||\n|1|2|",
        "see [the docs|https://example.com]",
        "[~accountid:712020:1] look",
        "----",
    ],
)
def test_there_and_back(wiki):
    assert RichText.from_document(RichText.from_wiki(wiki).document).wiki == wiki


def test_html_and_plain_words():
    rich = RichText.from_wiki("h1. A <b>\n\n* one\n\n[x|https://example.com/?a=1&b=2]")
    assert rich.html.split("\n") == [
        "<h1>A &lt;b&gt;</h1>",
        "<ul><li><p>one</p></li></ul>",
        '<p><a href="https://example.com/?a=1&amp;b=2" class="external-link" rel="nofollow noreferrer">x</a></p>',
    ]
    assert rich.plain == "A <b>\none\nx"


@pytest.mark.parametrize("document", VALID)
def test_every_document_can_be_shown(document):
    rich = RichText.from_document(document)
    assert isinstance(rich.wiki, str)
    assert isinstance(rich.html, str)
    assert is_valid_document(RichText.from_wiki(rich.wiki).document)


MARKUP = st.text(alphabet="ab *_-+#|{}[]~\\.:h1q\n!") | st.lists(
    st.sampled_from(
        [
            "{code}",
            "{quote}",
            "{panel}",
            "h1. ",
            "* ",
            "** ",
            "# ",
            "|",
            "||",
            "\n",
            "x",
            "*b*",
            "----",
            "[a|http://b]",
        ]
    )
).map("".join)


@settings(deadline=None, max_examples=200)
@given(MARKUP)
def test_whatever_markup_becomes_a_valid_document(wiki):
    assert is_valid_document(RichText.from_wiki(wiki).document)


# The published schema has anyOf in anyOf and takes its time.
@settings(deadline=None, max_examples=25)
@given(MARKUP)
def test_the_published_schema_takes_it_too(jira_openapi_if_there, wiki):
    if jira_openapi_if_there is not None:
        assert jira_openapi_if_there.is_document(RichText.from_wiki(wiki).document)

"""HTML to Jira's wiki markup and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_jira.text import wiki, wiki_reader
from escalation_bridge_jira.text.html_reader import blocks_of


def written(html: str) -> str:
    return wiki.markup(blocks_of(from_html(html)))


def read(markup: str) -> str:
    return wiki_reader.rich_text(markup).html


@pytest.mark.parametrize(
    ("html", "markup"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        (
            "<p><b>b</b> <i>i</i> <u>u</u> <s>s</s> H<sub>2</sub>O x<sup>2</sup></p>",
            "*b* _i_ +u+ -s- H{~}2{~}O x{^}2{^}",
        ),
        ("<p><b>a <i>b</i></b></p>", "*a* _*b*_"),
        ("<p>un<b>believ</b>able</p>", "un{*}believ{*}able"),
        ("<p>(<b>so</b>).</p>", "(*so*)."),
        ("<p><b> spaced </b>out</p>", "*spaced* out"),
        ("<p><code>x = {1}</code></p>", "{{x = \\{1\\}}}"),
        (
            '<p><a href="https://example.com/a|b]">the | page</a></p>',
            "[the \\| page|https://example.com/a%7Cb%5D]",
        ),
        ('<p><a href="https://example.com/">https://example.com/</a></p>', "[https://example.com/]"),
        ("<p>See https://example.com/a_b-c, now.</p>", "See [https://example.com/a_b-c], now."),
        ("<h2>Steps</h2>", "h2. Steps"),
        ("<ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>", "* a\n** b\n**# c\n* d"),
        ("<ol><li><p>a</p><p>b</p></li></ol>", "# a\nb"),
        ("<pre>def f():\n  return {1}</pre>", "{noformat}\ndef f():\n  return {1}\n{noformat}"),
        ("<pre>{noformat}</pre>", "{code}\n{noformat}\n{code}"),
        ("<pre>{noformat}{code}</pre>", "{code}\n{noformat}{ code }\n{code}"),
        ("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", "{quote}\na\n\nb\n{quote}"),
        (
            "<table><tr><th>A</th><th>B</th></tr><tr><td>1|</td><td>2<br>3</td></tr></table>",
            "||A||B||\n|1\\||2 \\\\ 3|",
        ),
        ("<table><tr><td></td><td>x</td></tr></table>", "| |x|"),
        ("a<hr>b", "a\n\n----\n\nb"),
        ('<p><img src="https://example.com/i.png" alt="pic"></p>', "[\\[pic\\]|https://example.com/i.png]"),
    ],
)
def test_html_is_written(html: str, markup: str) -> None:
    assert written(html) == markup


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("snake_case and 2026-07-01 and 3 - 2 * 1", "snake_case and 2026-07-01 and 3 - 2 * 1"),
        ("*not bold* _not em_", "\\*not bold* \\_not em_"),
        ("{code} [x] a|b", "\\{code\\} \\[x\\] a\\|b"),
        ("Help! Now!important! Why??", "Help! Now\\!important! Why\\?\\?"),
        (r"C:\temp\\x", "C:&#92;temp&#92;&#92;x"),
        ("&lt; &amp; AT&T", "&amp;lt; &amp;amp; AT&T"),
        (
            "h1. no heading\nbq. no quote\n# no list\n- no list\n----",
            "h1&#46; no heading\nbq&#46; no quote\n\\# no list\n\\- no list\n\\-\\-\\-\\-",
        ),
        ("#hashtag", "#hashtag"),
        ("** two", "\\** two"),
    ],
)
def test_text_that_looks_like_markup_is_escaped(text: str, markup: str) -> None:
    assert wiki.markup(blocks_of(from_text(text))) == markup


@pytest.mark.parametrize(
    ("markup", "html"),
    [
        ("One\nline\r\n\r\nTwo", "<p>One<br>line</p><p>Two</p>"),
        (
            "*b* _i_ +u+ -s- ^2^ ~2~ ??c?? {{m}}",
            "<p><strong>b</strong> <em>i</em> <u>u</u> <s>s</s> <sup>2</sup> <sub>2</sub> <em>c</em> <code>m</code></p>",
        ),
        ("*bold _both_*", "<p><strong>bold <em>both</em></strong></p>"),
        ("a{*}b{*}c", "<p>a<strong>b</strong>c</p>"),
        ("snake_case_name 2026-07-01 3 - 2 - 1 * 4", "<p>snake_case_name 2026-07-01 3 - 2 - 1 * 4</p>"),
        ("*unfinished _business", "<p>*unfinished _business</p>"),
        ("a\\\\b", "<p>a<br>b</p>"),
        ("\\*a\\* \\{x\\}", "<p>*a* {x}</p>"),
        ("h3. Title", "<h3>Title</h3>"),
        ("bq. said", "<blockquote>said</blockquote>"),
        ("{quote}\na\n\n*b*\n{quote}", "<blockquote><p>a</p><p><strong>b</strong></p></blockquote>"),
        ("{panel:title=x}\na\n{panel}", "<blockquote><p>a</p></blockquote>"),
        ("{code:java|title=X.java}\nif (a) {\n  *b*;\n}\n{code}", "<pre>if (a) {\n  *b*;\n}</pre>"),
        ("x\n{noformat}{quote}{noformat}\ny", "<p>x</p><pre>{quote}</pre><p>y</p>"),
        ("{code} never closed", "<p>{code} never closed</p>"),
        ("{color:#ff0000}red{color} {anchor:x}end", "<p>red end</p>"),
        ("a\n----\nb", "<p>a</p><hr><p>b</p>"),
        (
            "* a\n** b\n*# c\n# d\n\ne",
            "<ul><li>a<ul><li>b</li></ul><ol><li>c</li></ol></li></ul><ol><li>d</li></ol><p>e</p>",
        ),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("*** deep", "<ul><li><ul><li><ul><li>deep</li></ul></li></ul></li></ul>"),
        ("* a\nmore of a\n* b", "<ul><li>a<br>more of a</li><li>b</li></ul>"),
        (
            "||A||B||\n|1|[x|https://example.com/]|",
            '<table><tbody><tr><th>A</th><th>B</th></tr><tr><td>1</td><td><a href="https://example.com/">x</a></td></tr></tbody></table>',
        ),
        ("|a\\|b|", "<table><tbody><tr><td>a|b</td></tr></tbody></table>"),
        ("[https://example.com/a]", '<p><a href="https://example.com/a">https://example.com/a</a></p>'),
        ("[x|https://example.com/a|smart-link]", '<p><a href="https://example.com/a">x</a></p>'),
        ("[mail|mailto:desk@example.com]", '<p><a href="mailto:desk@example.com">mail</a></p>'),
        ("[x|javascript:alert(1)] [todo]", "<p>[x|javascript:alert(1)] [todo]</p>"),
        ("[~sari] and [~accountid:5b10ac]", "<p>@sari and @somebody</p>"),
        (
            "[^log.txt] !screen.png|thumbnail! !https://example.com/i.png!",
            '<p>[log.txt] [screen.png] <img src="https://example.com/i.png" alt="image"></p>',
        ),
        ("Oh no! Really!", "<p>Oh no! Really!</p>"),
        (
            "https://example.com/a_b_c-d-e and *b*",
            "<p>https://example.com/a_b_c-d-e and <strong>b</strong></p>",
        ),
        (
            "&lt;b&gt; &#92; &copy AT&T <script>x</script>",
            "<p>&lt;b&gt; \\ &amp;copy AT&amp;T &lt;script&gt;x&lt;/script&gt;</p>",
        ),
        ("", ""),
    ],
)
def test_markup_is_read(markup: str, html: str) -> None:
    assert read(markup) == html


@pytest.mark.parametrize(
    "piece",
    [
        "*a ",
        "*a_b ",
        "{*}",
        "{code:x}{panel}",
        "{code:",
        "[",
        "[a|",
        "{{",
        "|[",
        "|!a",
        "!a.",
        "\\",
        "??",
        "h1. ",
        "{color:",
    ],
)
def test_reading_takes_time_that_grows_with_the_length_only(piece: str) -> None:
    """Nobody waits for the end of this if it grows with the square."""
    wiki_reader.rich_text(piece * (60_000 // len(piece)))


pieces = st.one_of(
    st.sampled_from(
        "{code} {noformat} {quote} {panel} {color:red} {*} {_} {{ }} [ ] | || * _ - + ^ ~ ?? ! \\ \\\\ h1. bq. # ** ---- https://example.com/a_b".split()
    ),
    st.sampled_from(["\n", "\n\n", " "]),
    st.text(max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=40).map("".join))
def test_reading_never_fails(markup: str) -> None:
    wiki_reader.rich_text(markup)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(pieces, max_size=25).map("".join)))
def test_any_text_says_the_same_after_writing_and_reading(words: str) -> None:
    plain = from_text(words)
    again = wiki_reader.rich_text(wiki.markup(blocks_of(plain)))
    assert again.text.split() == plain.text.split()


TAGS = "p br hr h2 ul ol li a code pre blockquote strong em u s sub sup table tr td th".split()
html_pieces = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.text(alphabet=" \nab*_{}[]|\\#-h1.&;!?é", max_size=10),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(html_pieces, max_size=30).map("".join))
def test_any_html_keeps_its_letters(html: str) -> None:
    rich = from_html(html)
    again = wiki_reader.rich_text(wiki.markup(blocks_of(rich)))
    assert letters(again.text) == letters(rich.text)


def letters(words: str) -> str:
    return "".join(character for character in words if character.isalpha())

"""Check that the work for a text grows linearly with its length, whatever its content.

Customers control their texts, and a converter with quadratic time blocks the whole process. Pass every function
that parses or writes texts to `assert_linear` in the tests of a plugin.
"""

import time
from collections.abc import Callable, Iterator

QUOTE_BELOW = "<p>On Mon, 2 Mar 2026, Sari wrote:</p><blockquote>Old words</blockquote>"

CONSTRUCTS = (
    *(
        "a ",
        "\n",
        " ",
        "\u2028",
        "\r\n",
        "&",
        "&a",
        "&amp;",
        "&#",
        "&#99999999",
        "<",
        ">",
        "<a",
        "<a ",
        "</",
        "<!--",
        "<!",
        "<?",
        '"',
    ),
    *(
        "<br>",
        "<hr>",
        "<p>",
        "</p>",
        "<p><br></p>",
        "<div>",
        "<div ",
        "<b>",
        "<i></b>",
        "<b><p>",
        "<ul><li>",
        "<li>x</li>",
        "<td>x",
    ),
    *(
        "<table><b>",
        "<tr><td>x</td></tr>",
        "<a href=x><p>",
        '<p x="',
        "<img src=http://x>",
        "<blockquote>",
        "<pre>",
        "<script>",
        "<svg>",
    ),
    *(
        "\\",
        "[",
        "[a|b]",
        "[a\\",
        "{",
        "{code}",
        "{quote}",
        "{color:red}",
        "{{",
        "!",
        "!a.png!",
        "|",
        "||",
        "*",
        "*a",
        "_a*",
        "^",
        "??",
    ),
    *(
        "h1. x\n",
        "* x\n",
        "bq. x\n",
        "----\n",
        "@a",
        "[~",
        "http://",
        "https://a?",
        "https://a?token=",
        "--\n",
        "> x\n",
        "From: x\n",
    ),
    *(
        "On 1 wrote:\n",
        "_____",
        "##-",
        "-##",
        "/bridge:",
        "[eb-0]",
        "a" * 40,
        "\u00e4",
        "\x00",
        "`",
        "**a",
        "![](",
        "![x](http://x)",
    ),
)
"""Parts of texts, in HTML, wiki markup, Markdown and mails. Each one, repeated, was or could be too much for some
parser.
"""

_SHORT_ENOUGH = 0.05
"""Seconds of CPU that are too few to compare."""
_PART = 16
"""The long text is this many times longer than the short one: far apart, so that noise does not matter."""
_MOST = 64.0
"""The maximum ratio of work. Linear growth gives 16, quadratic growth 256."""


def texts(construct: str, size: int) -> Iterator[str]:
    """A construct repeated to about this many characters: alone, numbered, nested, preformatted and above a quote."""
    many = construct * max(1, size // len(construct))
    yield many
    yield "".join(f"{construct}{number}" for number in range(max(1, size // (len(construct) + 5))))
    yield "<blockquote><ul><li><b>" * 5 + many
    yield f"<p>Hello</p><pre>{many}</pre>{QUOTE_BELOW}"
    yield f"<p>Hello {many}</p>{QUOTE_BELOW}"


def assert_linear(function: Callable[[str], object], construct: str, size: int) -> None:
    """Run a function on texts of this size and, if that is much work, compare with texts of a sixteenth.

    Raises:
        AssertionError: The work grows faster than the text.
    """
    for whole, part in zip(texts(construct, size), texts(construct, size // _PART), strict=True):
        ratio = _ratio(function, whole, part)
        if ratio >= _MOST:
            raise AssertionError(f"{construct!r}: {ratio:.1f} times the work for {_PART} times the text")


def _ratio(function: Callable[[str], object], whole: str, part: str) -> float:
    """The minimum of several runs, because other load disturbs a single one."""
    least = float("inf")
    for _ in range(8):
        spent = _work(function, whole)
        if spent < _SHORT_ENOUGH:
            return 0.0
        least = min(least, spent / max(_work(function, part), _SHORT_ENOUGH / _PART / 4))
        if least < _MOST:
            break
    return least


def _work(function: Callable[[str], object], text: str) -> float:
    begun = time.process_time()
    function(text)
    return time.process_time() - begun

"""Shows that the work for a text grows with its length and not faster, whatever the text is made of.

Customers choose what they send, and a converter that needs the square of a text's length holds the whole process. Give every function
that reads or writes texts to `assert_linear` in the tests of a plugin.
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
"""What texts are made of, in HTML, in wiki markup, in Markdown and in mails. Repeated, each was too much for some reader once, or could be."""

_SHORT_ENOUGH = 0.05
"""Seconds of CPU that are too few to compare."""
_PART = 16
"""How many times shorter the text is that a long one is compared with. Far apart, so that a noisy machine does not blur the result."""
_MOST = 64.0
"""How many times the work for the part may be that for the whole. In step with the length it is 16, with its square 256."""


def texts(construct: str, size: int) -> Iterator[str]:
    """A construct repeated to about this many characters: alone, numbered, nested, preformatted and above a quote."""
    many = construct * max(1, size // len(construct))
    yield many
    yield "".join(f"{construct}{number}" for number in range(max(1, size // (len(construct) + 5))))
    yield "<blockquote><ul><li><b>" * 5 + many
    yield f"<p>Hello</p><pre>{many}</pre>{QUOTE_BELOW}"
    yield f"<p>Hello {many}</p>{QUOTE_BELOW}"


def assert_linear(function: Callable[[str], object], construct: str, size: int) -> None:
    """Run a function on texts of this size and, where that is much work, compare with texts of a sixteenth.

    Raises:
        AssertionError: The work grows faster than the text.
    """
    for whole, part in zip(texts(construct, size), texts(construct, size // _PART), strict=True):
        ratio = _ratio(function, whole, part)
        if ratio >= _MOST:
            raise AssertionError(f"{construct!r}: {ratio:.1f} times the work for {_PART} times the text")


def _ratio(function: Callable[[str], object], whole: str, part: str) -> float:
    """The least of several, as other work on the machine disturbs a single one."""
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

"""Formatted text at the edge: sanitize external HTML, and convert it to plain text.

HTML is the format between the vendors. Allowed is what tickets need: paragraphs, headings, lists, links, code,
quotes, tables, emphasis, images as links. Scripts, styles, forms, event handlers and unusual URL schemes are removed.

For any input, nothing here raises, and the time is linear in the length of the text.
"""

import html
import re
from html.parser import HTMLParser

import nh3

from escalation_bridge.domain.tickets.clean_text import lines as clean_lines
from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.text.markup import TooMuch, tamed, tokens, unescaped

_TAGS = frozenset(
    "p br hr h1 h2 h3 h4 h5 h6 ul ol li a code pre blockquote strong b em i u s del sub sup "
    "table thead tbody tr th td img".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 pre blockquote table".split())
_LINES = frozenset("tr ul ol".split())
_BREAKING = _PARAGRAPHS | _LINES | {"br", "hr", "li", "div"}
_DEEPEST_INDENT = 8
_IMAGE = re.compile(r"<img\b[^<>]*+>")
_SOURCE_OR_WORDS = re.compile(r' (?:src|alt)="[^"]')
_DOT = re.compile(r' (?:width|height)="[01](?:px)?"')
_SIZE = re.compile(r' (?:width|height)="[^"]*+"')


def sanitise(markup: str) -> str:
    """Remove everything from `markup` that a ticket does not need, and repair unclosed and nested tags.

    Markup beyond the limits of `escalation_bridge.text.markup` becomes paragraphs of plain text.
    """
    markup = _readable(markup)
    try:
        regular = tamed(markup, _readable)
    except TooMuch:
        return _paragraphs(_words(markup))
    clean = nh3.clean(
        _IMAGE.sub(_worth_showing, regular),
        tags=set(_TAGS),
        attributes={k: set(v) for k, v in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return re.sub(r"<p>\s*</p>", "", clean).strip()


def _worth_showing(image: re.Match[str]) -> str:
    """An image, or nothing if it is invisible: an editor's cursor (Freshdesk's has no address), a tracking pixel."""
    tag = image[0]
    if not _SOURCE_OR_WORDS.search(tag) or _DOT.search(tag):
        return ""
    return _SIZE.sub("", tag)


def _words(markup: str) -> str:
    """The text of markup that is too large to be parsed. A block still begins a line."""
    written: list[str] = []
    for token in tokens(markup):
        if token.text:
            written.append(re.sub(r"\s+", " ", unescaped(token.text)))
        elif token.name in _BREAKING:
            written.append("\n")
    lines = (line.strip() for line in _readable("".join(written)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def from_html(markup: str) -> RichText:
    """Rich text from any HTML."""
    clean = sanitise(markup)
    return RichText(clean, _plain(clean))


def from_text(text: str) -> RichText:
    """Rich text from plain text: blank lines separate paragraphs, single line ends stay."""
    text = _readable(text).strip()
    return RichText(_paragraphs(text), text)


def one_line(text: str) -> str:
    """A text without control characters, on one line: a subject, a title."""
    return " ".join(_readable(text).split())


def _readable(text: str) -> str:
    """Remove what cannot be stored or sent: half surrogate pairs, control characters, unusual line ends."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return clean_lines(whole)


def _paragraphs(text: str) -> str:
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def _plain(markup: str) -> str:
    writer = _PlainWriter()
    writer.feed(markup)
    writer.close()
    lines = "".join(writer.parts).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip(" \t") for line in lines)).strip()


class _PlainWriter(HTMLParser):
    """Writes sanitized markup as plain text. Event-based, without recursion into a tree."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._items: list[int | None] = []  # per open list: the number of items, None without numbers
        self._links: list[tuple[int, str]] = []  # per open link: the start of its text, and its target
        self._pre = 0
        self._first_cell = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n---\n")
        elif tag == "img":
            self.parts.append(f"[{dict(attrs).get('alt') or 'image'}]")
        elif tag == "a":
            self._links.append((len(self.parts), dict(attrs).get("href") or ""))
        elif tag == "li":
            indent = "  " * min(len(self._items) - 1, _DEEPEST_INDENT)
            self.parts.append(f"\n{indent}{self._bullet()} ")
        elif tag in ("td", "th"):
            self.parts.append("" if self._first_cell else " | ")
            self._first_cell = False
        elif tag in _PARAGRAPHS or tag in _LINES:
            self._begin_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            start, target = self._links.pop()
            if target and target.removeprefix("mailto:") != "".join(self.parts[start:]).strip():
                self.parts.append(f" ({target})")
        elif tag in _PARAGRAPHS or tag in _LINES:
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self._pre else re.sub(r"\s+", " ", data))

    def _begin_block(self, tag: str) -> None:
        self.parts.append("\n" if tag in _LINES else "\n\n")
        if tag in ("ul", "ol"):
            self._items.append(0 if tag == "ol" else None)
        elif tag == "tr":
            self._first_cell = True
        elif tag == "pre":
            self._pre += 1

    def _end_block(self, tag: str) -> None:
        self.parts.append("\n" if tag in _LINES else "\n\n")
        if tag in ("ul", "ol") and self._items:
            self._items.pop()
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)

    def _bullet(self) -> str:
        number = self._items[-1] if self._items else None
        if number is None:
            return "-"
        self._items[-1] = number + 1
        return f"{number + 1}."

"""Normalize external HTML in one pass, before a full HTML parser sees it.

A full parser repairs broken markup as browsers do, and some repairs cost the square of the length: `<i></b>` repeated, thousands of
attributes at one tag, runs of `&`. A customer can send any of these, and the parser blocks the interpreter meanwhile. The result of `tamed`
needs no repair: only known tags, properly nested, without unneeded attributes, and with all text escaped.
It is no protection against scripts; `escalation_bridge.text.rich_text` sanitizes the result.

Every expression below is a run of one class of characters, or is possessive, so none can backtrack.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_TAGS = 20_000
"""With more tags, a text is converted to plain text. Long mails have a few thousand."""
LONGEST_MARKUP = 400_000
"""With more characters, tags included and attributes excluded, a text is converted to plain text. No vendor stores
as many.
"""
DEEPEST = 250
"""The maximum nesting depth."""

_INLINE = frozenset("a code strong b em i u s del sub sup".split())
_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol pre blockquote table".split())
_VOID = frozenset("br hr img".split())
_CELLS = frozenset(("td", "th"))
_SECTIONS = frozenset(("thead", "tbody"))
_ROWS = frozenset(("tr",))
_TABLE_PARTS = _CELLS | _ROWS | _SECTIONS
KNOWN = _INLINE | _BLOCKS | _VOID | _TABLE_PARTS | {"li"}
"""The tags in the result."""

_SAME_AS: Mapping[str, str] = {
    "div": "p",  # mail programs write paragraphs so; dropping the tag would join lines
    "strike": "s",
    "ins": "u",
    "tfoot": "tbody",
    "caption": "p",
    "section": "p",
    "article": "p",
    "header": "p",
    "footer": "p",
    "address": "p",
    "center": "p",
    "dd": "p",
    "dt": "p",
}
_UNREAD = frozenset(("script", "style"))
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "a": ("href", "title"),
    "img": ("src", "alt", "width", "height"),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan"),
}
_LONGEST_ATTRIBUTE = 8192
"""A longer attribute is a picture inside the address (data URL), which cannot be linked."""

# Tags that stop an end tag, or an implied end, from closing outer elements.
_CELL_WALLS = _CELLS | {"table"}
_PARAGRAPH_WALLS = _CELL_WALLS | {"li", "blockquote", "ul", "ol"}
_LIST_WALLS = _CELL_WALLS | {"ul", "ol", "blockquote"}
_TABLE_WALLS = frozenset(("table",))
_NO_WALLS: frozenset[str] = frozenset()

_NAME = re.compile(r"[a-zA-Z][^\s/>]*+")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?P<name>=?[^\s/>=]++|=)(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s>]*+)))?+"""
)
_SPACE = re.compile(r"[\s/]*+")
_LONG_NUMBER = re.compile(r"&#(?:0*+[0-9]{8,}+|[xX]0*+[0-9a-fA-F]{7,}+);?")


class Token(NamedTuple):
    """A run of text, or a tag.

    Attributes:
        name: The tag's name in lower case; empty for text.
        text: The text as written, with entities; empty for a tag.
        attributes: The first of each name, as written.
        start: Its start in the markup.
        end: Its end in the markup.
    """

    name: str
    is_end: bool = False
    text: str = ""
    attributes: Mapping[str, str] = {}
    start: int = 0
    end: int = 0


class TooMuch(Exception):
    """The markup is too long, too deep or has too many tags."""


def tokens(markup: str) -> Iterator[Token]:
    """Yield the texts and tags of any markup, in one pass. Comments, declarations, scripts and styles are omitted.

    Unfinished constructs that a browser would silently drop (a comment or a tag without an end) are text here.
    """
    return _Lexer(markup).read()


def unescaped(text: str) -> str:
    """Resolve a text's entities. Python's own function raises for numbers of thousands of digits."""
    if "&" not in text:
        return text
    return html.unescape(_LONG_NUMBER.sub("\ufffd", text))


class _Lexer:
    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._last_end = markup.rfind(">")
        self._last_comment = markup.rfind("-->")
        self._never_closed: set[str] = set()

    def read(self) -> Iterator[Token]:
        markup, begun, position = self._markup, 0, 0
        while (opening := markup.find("<", position)) >= 0 and opening < self._last_end:
            token, end = self._tag(opening)
            if end == opening:  # no tag
                position = opening + 1
                continue
            if end > len(markup):
                break
            if opening > begun:
                yield Token("", text=markup[begun:opening], start=begun, end=opening)
            if token is not None:
                yield token
            begun = position = end
        if begun < len(markup):
            yield Token("", text=markup[begun:], start=begun, end=len(markup))

    def _tag(self, opening: int) -> tuple[Token | None, int]:
        """The tag at a `<` and its end: the `<` itself if it is no tag, beyond the markup if the tag has no end."""
        markup = self._markup
        is_end = markup.startswith("/", opening + 1)
        named = _NAME.match(markup, opening + 1 + is_end)
        if named is None:
            return None, self._end_of_comment(opening)
        name = named[0].lower()
        attributes: dict[str, str] = {}
        end = named.end()
        while found := _ATTRIBUTE.match(markup, end):
            if found.end() == end:
                break
            if name in _NEEDED and len(attributes) < 100:
                value = found["double"] or found["single"] or found["bare"] or ""
                attributes.setdefault(found["name"].lower(), value)
            end = found.end()
        end = _SPACE.match(markup, end).end()  # type: ignore[union-attr]  # it matches nothing as well
        if not markup.startswith(">", end):
            return None, len(markup) + 1
        end += 1
        if name in _UNREAD and not is_end:
            return None, self._end_of_script(name, end)
        return Token(name, is_end, attributes=attributes, start=opening, end=end), end

    def _end_of_comment(self, opening: int) -> int:
        markup = self._markup
        if markup.startswith("<!--", opening):
            end = markup.find("-->", opening + 2) if opening < self._last_comment else -1
            return opening if end < 0 else end + 3
        if markup.startswith(("<!", "<?", "</"), opening):
            return markup.find(">", opening) + 1
        return opening

    def _end_of_script(self, name: str, end: int) -> int:
        """The end of a script or style element; its start if it has no end."""
        if name in self._never_closed:
            return end
        closing = re.compile(rf"</{name}[^<>]*+>", re.IGNORECASE).search(self._markup, end)
        if closing is None:
            self._never_closed.add(name)
            return end
        return closing.end()


def tamed(markup: str, clean: Callable[[str], str] = str) -> str:
    """Normalize markup without changing its meaning.

    Args:
        markup: Any.
        clean: Applied to every text, with entities resolved.

    Raises:
        TooMuch: It exceeds the limits of this module.
    """
    writer = _Writer(clean)
    for token in tokens(markup):
        if token.text:
            writer.text(token.text)
        elif token.is_end:
            writer.end(_SAME_AS.get(token.name, token.name))
        else:
            writer.start(_SAME_AS.get(token.name, token.name), token.attributes)
    return writer.finish()


@dataclass(slots=True)
class _Writer:
    """Writes tags so that each is closed by its own end tag, in order."""

    clean: Callable[[str], str]
    _written: list[str] = field(default_factory=list)
    _open: list[tuple[str, str]] = field(default_factory=list)
    _tags: int = 0
    _length: int = 0

    def finish(self) -> str:
        while self._open:
            self._pop()
        return "".join(self._written)

    def text(self, raw: str) -> None:
        shown = html.escape(self.clean(unescaped(raw)), quote=False)
        if not shown.isspace():
            self._into_a_cell()
        self._write(shown)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name not in KNOWN:
            return
        if name in _TABLE_PARTS:
            self._start_table_part(name, _shown(name, attributes))
            return
        self._into_a_cell()
        if name in _VOID:
            if name == "hr":
                self._end_paragraph()
            self._write_tag(_shown(name, attributes))
            return
        again: list[tuple[str, str]] = []
        if name == "li":
            self._close(frozenset(("li",)), _LIST_WALLS)
        elif name == "a":
            self._close(frozenset(("a",)), _CELL_WALLS)
        elif name in _BLOCKS:
            again = self._end_paragraph()
        if name == "p":
            self._push(name, _shown(name, attributes))
        for inline in again:
            self._push(*inline)
        if name != "p":
            self._push(name, _shown(name, attributes))

    def end(self, name: str) -> None:
        if name not in KNOWN or name in _VOID:
            return
        if name in _TABLE_PARTS:
            self._close(frozenset((name,)), _TABLE_WALLS)
        elif name == "table":
            self._close(frozenset(("table",)), _NO_WALLS)
        else:
            self._close(frozenset((name,)), _CELL_WALLS)

    def _start_table_part(self, name: str, shown: str) -> None:
        if not any(each == "table" for each, _ in self._open):
            self._write(" ")  # a cell without a table: its words must not join the previous ones
            return
        if name in _SECTIONS:
            self._close(_SECTIONS, _TABLE_WALLS)
            self._close(_ROWS, _TABLE_WALLS)
        elif name in _ROWS:
            self._close(_ROWS, _TABLE_WALLS)
        else:
            self._close(_CELLS, _TABLE_WALLS | _ROWS)
            if self._open[-1][0] in _SECTIONS | {"table"}:
                self._push("tr", "<tr>")
        if self._open[-1][0] in _TABLE_PARTS | {"table"}:
            self._push(name, shown)

    def _into_a_cell(self) -> None:
        """Begin a cell for content that is outside of one, which a browser would show above the table."""
        around = self._open[-1][0] if self._open else ""
        if around in _SECTIONS or around == "table":
            self._push("tr", "<tr>")
            around = "tr"
        if around == "tr":
            self._push("td", "<td>")

    def _end_paragraph(self) -> list[tuple[str, str]]:
        """Close an open paragraph, and everything open in it. Returns the styles that continue after it."""
        return list(
            {name: (name, shown) for name, shown in self._close(frozenset(("p",)), _PARAGRAPH_WALLS)}.values()
        )

    def _close(self, names: frozenset[str], walls: frozenset[str]) -> list[tuple[str, str]]:
        """Close the innermost of some tags, unless a wall is between. Returns the styles that were open in it."""
        for place in range(len(self._open) - 1, -1, -1):
            name = self._open[place][0]
            if name in names:
                styles = [each for each in self._open[place + 1 :] if each[0] in _INLINE]
                while len(self._open) > place:
                    self._pop()
                return styles
            if name in walls:
                break
        return []

    def _push(self, name: str, shown: str) -> None:
        if len(self._open) >= DEEPEST:
            raise TooMuch
        self._open.append((name, shown))
        self._write_tag(shown)

    def _pop(self) -> None:
        self._write(f"</{self._open.pop()[0]}>")

    def _write_tag(self, shown: str) -> None:
        self._tags += 1
        if self._tags > MOST_TAGS:
            raise TooMuch
        self._write(shown)

    def _write(self, shown: str) -> None:
        self._length += len(shown)
        if self._length > LONGEST_MARKUP:
            raise TooMuch
        self._written.append(shown)


def _shown(name: str, attributes: Mapping[str, str]) -> str:
    kept = "".join(
        f' {each}="{_quoted(value)}"'
        for each in _NEEDED.get(name, ())
        if (value := attributes.get(each)) and len(value) <= _LONGEST_ATTRIBUTE
    )
    return f"<{name}{kept}>"


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")

"""From HTML to plain text and back, as far as the API shows both."""

import html
import re
from html.parser import HTMLParser

_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z][^>]*>")
_UNSAFE = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset(
    {"p", "div", "li", "tr", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3", "h4"}
)
_SPACE_AROUND_BREAKS = re.compile(r"[ \t]*\n[ \t]*")
_MANY_BREAKS = re.compile(r"\n{3,}")


class _TextCollector(HTMLParser):
    """A `br` is a line break; a block begins and ends on a line of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "br":
            self.text += "\n"
        elif tag in _BLOCKS:
            self._start_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._start_line()

    def _start_line(self) -> None:
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"


def plain_text(markup: str) -> str:
    """The readable text of some HTML."""
    collector = _TextCollector()
    collector.feed(markup)
    collector.close()
    text = _SPACE_AROUND_BREAKS.sub("\n", collector.text)
    return _MANY_BREAKS.sub("\n\n", text).strip()


def as_html(text: str) -> str:
    """What is stored for a body: scripts and styles are dropped, plain text is wrapped in a `div`."""
    cleaned = _UNSAFE.sub("", text)
    if _LOOKS_LIKE_HTML.search(cleaned):
        return cleaned
    return f"<div>{cleaned}</div>"


def from_plain(text: str) -> str:
    """HTML for a text that a customer typed."""
    return "<div>" + html.escape(text, quote=False).replace("\n", "<br>") + "</div>"

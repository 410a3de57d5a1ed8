"""From HTML to plain text and back, as far as the API shows both."""

import html
import re
from html.parser import HTMLParser

_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z][^>]*>")
_UNSAFE = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4"})


class _TextCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS and tag != "br":
            self.parts.append("\n")


def plain_text(markup: str) -> str:
    """The readable text of some HTML: one line per block."""
    collector = _TextCollector()
    collector.feed(markup)
    collector.close()
    lines = (line.strip() for line in "".join(collector.parts).splitlines())
    return "\n".join(line for line in lines if line)


def as_html(text: str) -> str:
    """What is stored for a body: scripts and styles are dropped, plain text is wrapped in a `div`."""
    cleaned = _UNSAFE.sub("", text)
    if _LOOKS_LIKE_HTML.search(cleaned):
        return cleaned
    return f"<div>{cleaned}</div>"


def from_plain(text: str) -> str:
    """HTML for a text that a customer typed."""
    return "<div>" + html.escape(text, quote=False).replace("\n", "<br>") + "</div>"

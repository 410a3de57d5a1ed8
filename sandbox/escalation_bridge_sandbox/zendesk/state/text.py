"""The three forms of a comment: `body` (Markdown), `html_body` and `plain_body`."""

import html
import re
from dataclasses import dataclass

import nh3
from bs4 import BeautifulSoup

LONGEST_BODY = 65_535

INLINE = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*\n]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<em>\1</em>"),
    (
        re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)"),
        r'<a href="\2" target="_blank" rel="nofollow noreferrer">\1</a>',
    ),
)


@dataclass(frozen=True)
class Bodies:
    body: str
    html_body: str
    plain_body: str


def from_markdown(body: str) -> Bodies:
    """From `body`: paragraphs, line breaks and inline marks become HTML; the text stays as it was written."""
    paragraphs = [part for part in re.split(r"\n{2,}", body.replace("\r\n", "\n").strip()) if part]
    return Bodies(body, _wrap("\n\n".join(_paragraph(part) for part in paragraphs)), body)


def from_html(html_body: str) -> Bodies:
    """From `html_body`: made harmless and kept; the text is read from it."""
    clean = nh3.clean(html_body, link_rel="nofollow noreferrer")
    text = plain(clean)
    return Bodies(plain(clean, with_images=True) if "<img" in clean else text, _wrap(clean), text)


def _wrap(inner: str) -> str:
    return f'<div class="zd-comment" dir="auto">{inner}</div>'


def _paragraph(text: str) -> str:
    escaped = html.escape(text, quote=False)
    for pattern, replacement in INLINE:
        escaped = pattern.sub(replacement, escaped)
    return f'<p dir="auto">{escaped.replace(chr(10), f"{chr(10)}<br>")}</p>'


def plain(clean: str, *, with_images: bool = False) -> str:
    """The text of HTML, a line for each block; pictures as Markdown where they are wanted."""
    soup = BeautifulSoup(clean, "html.parser")
    for image in soup.find_all("img") if with_images else ():
        image.replace_with(f"![{image.get('alt') or ''}]({image.get('src') or ''})")
    for line_break in soup.find_all("br"):
        line_break.replace_with("\n")
    for block in soup.find_all(["p", "div", "li", "blockquote", "pre", "h1", "h2", "h3"]):
        block.append("\n" if block.name == "li" else "\n\n")
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in soup.get_text().split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

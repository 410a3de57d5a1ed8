"""Formatted text at the edge: everything from outside is sanitised, and plain text is made of it.

HTML is the form between the vendors. What is allowed is what tickets need: paragraphs, headings, lists, links, code,
quotes, tables, emphasis, images as links. Scripts, styles, forms, event handlers and odd URL schemes are gone.
"""

import html
import re

import nh3
from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from escalation_bridge.domain.tickets import RichText

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
_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol li pre blockquote table tr hr div".split())


def sanitise(markup: str) -> str:
    """Return `markup` with everything taken out that a ticket does not need. Unclosed and nested nonsense is repaired."""
    # A <div> is how mail programs write a paragraph; dropping the tag would glue lines together.
    paragraphs = re.sub(r"<(/?)div\b[^>]*>", r"<\1p>", markup, flags=re.IGNORECASE)
    clean = nh3.clean(
        paragraphs,
        tags=set(_TAGS),
        attributes={k: set(v) for k, v in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return re.sub(r"<p>\s*</p>", "", clean).strip()


def from_html(markup: str) -> RichText:
    """Rich text of HTML from anywhere."""
    clean = sanitise(markup)
    return RichText(clean, _plain(clean))


def from_text(text: str) -> RichText:
    """Rich text of plain text: blank lines part paragraphs, single line ends stay line ends."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if block.strip()]
    return RichText(
        "".join(
            f"<p>{html.escape(block.strip(), quote=False).replace(chr(10), '<br>')}</p>" for block in blocks
        ),
        text.strip(),
    )


def _plain(markup: str) -> str:
    parts: list[str] = []
    _collect(BeautifulSoup(markup, "html.parser"), parts, "")
    joined = "".join(parts)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", joined)).strip()


def _collect(node: Tag, parts: list[str], bullet: str) -> None:
    for position, child in enumerate(node.children):
        if isinstance(child, NavigableString):
            keeps_space = any(parent.name == "pre" for parent in child.parents)
            parts.append(str(child) if keeps_space else re.sub(r"\s+", " ", str(child)))
        elif isinstance(child, Tag):
            _collect_tag(child, parts, bullet, position)


def _collect_tag(tag: Tag, parts: list[str], bullet: str, position: int) -> None:
    if tag.name == "br":
        parts.append("\n")
    elif tag.name == "hr":
        parts.append("\n---\n")
    elif tag.name == "img":
        parts.append(f"[{tag.get('alt') or 'image'}]")
    elif tag.name == "li":
        ordered = tag.parent is not None and tag.parent.name == "ol"
        number = sum(1 for earlier in tag.find_previous_siblings("li")) + 1
        parts.append(f"\n{bullet}{f'{number}.' if ordered else '-'} ")
        _collect(tag, parts, bullet + "  ")
    elif tag.name in ("td", "th"):
        parts.append(" | " if position and tag.find_previous_sibling(["td", "th"]) else "")
        _collect(tag, parts, bullet)
    elif tag.name == "a":
        start = len(parts)
        _collect(tag, parts, bullet)
        shown, target = "".join(parts[start:]).strip(), str(tag.get("href") or "")
        if target and target.removeprefix("mailto:") != shown:
            parts.append(f" ({target})")
    elif tag.name in _BLOCKS:
        gap = "\n" if tag.name in ("tr", "ul", "ol") else "\n\n"
        parts.append(gap)
        _collect(tag, parts, bullet)
        parts.append(gap)
    else:
        _collect(tag, parts, bullet)

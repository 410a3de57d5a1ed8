"""Convert HTML to blocks and runs."""

import re

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, Tag

from escalation_bridge.plugin import (
    RichText,
)
from escalation_bridge_jira.text.document import (
    Block,
    Blocks,
    Cell,
    CodeBlock,
    Heading,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    as_paragraph,
    blocks_of_plain,
    clean,
    tidy,
)

_DEEPEST = 8
"""Blocks that are nested deeper are quotes of quotes; they are written flat."""

_MARKS = {
    "strong": "strong",
    "b": "strong",
    "em": "em",
    "i": "em",
    "u": "underline",
    "s": "strike",
    "del": "strike",
    "sub": "sub",
    "sup": "sup",
    "code": "code",
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LINKABLE = ("http://", "https://", "mailto:")


def blocks_of(text: RichText) -> Blocks:
    """The blocks of a rich text. Invalid HTML counts as plain text."""
    try:
        return blocks_of_html(text.html)
    except RecursionError:  # thousands of tags inside each other: nobody meant them
        return blocks_of_plain(text.text)


def blocks_of_html(markup: str) -> Blocks:
    """The blocks of HTML. Unknown tags are ignored, their content is read; comments are not."""
    reader = _Reader(depth=0)
    # The root keeps Beautiful Soup from warning that a text without tags looks like an address or a file name.
    reader.read(BeautifulSoup(f"<div>{markup}</div>", "html.parser"), frozenset(), None)
    return reader.finish()


class _Reader:
    """Collects the blocks of one container: the document, a list's item, a quote, a cell."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._blocks: list[Block] = []
        self._runs: list[Run] = []

    def finish(self) -> Blocks:
        self._end_paragraph()
        return tuple(self._blocks)

    def read(self, tag: Tag, marks: frozenset[str], href: str | None) -> None:
        for child in tag.children:
            if isinstance(child, Tag):
                self._read_tag(child, marks, href)
            elif isinstance(child, NavigableString) and not isinstance(child, Comment):
                self._runs.append(Run(clean(str(child)), marks, href))

    def _read_tag(self, tag: Tag, marks: frozenset[str], href: str | None) -> None:
        name = tag.name
        if name == "br":
            self._runs.append(Run("\n"))
        elif name == "img":
            self._read_image(tag, marks, href)
        elif name == "a":
            self._read_link(tag, marks, href)
        elif name in _MARKS:
            self.read(tag, marks | {_MARKS[name]}, href)
        elif name == "hr":
            self._add(Rule())
        elif name == "pre":
            self._add(CodeBlock(_preformatted(tag)))
        elif name in _HEADINGS:
            self._add_heading(_HEADINGS[name], self._inside(tag, marks, href))
        elif name in ("ul", "ol"):
            self._add_list(tag, marks, href)
        elif name == "blockquote":
            inside = self._inside(tag, marks, href)
            self._add(Quote(inside)) if self._depth < _DEEPEST else self._extend(inside)
        elif name == "table":
            self._add_table(tag, marks, href)
        elif name in ("p", "div", "li", "tr", "td", "th"):
            self._end_paragraph()
            self.read(tag, marks, href)
            self._end_paragraph()
        elif name not in ("script", "style"):
            self.read(tag, marks, href)

    def _read_link(self, tag: Tag, marks: frozenset[str], href: str | None) -> None:
        target = clean(str(tag.get("href") or "")).strip()
        target = target if target.startswith(_LINKABLE) and not re.search(r"\s", target) else ""
        before = len(self._runs), len(self._blocks)
        self.read(tag, marks, target or href)
        if target and (len(self._runs), len(self._blocks)) == before:
            self._runs.append(Run(target, marks, target))

    def _read_image(self, tag: Tag, marks: frozenset[str], href: str | None) -> None:
        source = clean(str(tag.get("src") or "")).strip()
        shown = f"[{clean(str(tag.get('alt') or '')).strip() or 'image'}]"
        linked = source if source.startswith(_LINKABLE) and not re.search(r"\s", source) else None
        self._runs.append(Run(shown, marks, linked or href))

    def _inside(self, tag: Tag, marks: frozenset[str], href: str | None) -> Blocks:
        reader = _Reader(self._depth + 1)
        reader.read(tag, marks, href)
        return reader.finish()

    def _add_heading(self, level: int, inside: Blocks) -> None:
        runs = as_paragraph(inside).runs
        if runs:
            self._add(Heading(level, tuple(Run(" ") if run.is_break else run for run in runs)))

    def _add_list(self, tag: Tag, marks: frozenset[str], href: str | None) -> None:
        items = tuple(blocks for child in tag.children if (blocks := self._item(child, marks, href)))
        if not items:
            self._end_paragraph()
        elif self._depth < _DEEPEST:
            self._add(Listing(tag.name == "ol", items))
        else:
            self._add(as_paragraph((Listing(tag.name == "ol", items),)))

    def _item(self, child: PageElement, marks: frozenset[str], href: str | None) -> Blocks:
        if isinstance(child, Tag):
            return self._inside(child, marks, href)
        is_text = isinstance(child, NavigableString) and not isinstance(child, Comment)
        return blocks_of_plain(" ".join(str(child).split())) if is_text else ()

    def _add_table(self, tag: Tag, marks: frozenset[str], href: str | None) -> None:
        rows = [
            [
                Cell(cell.name == "th", self._inside(cell, marks, href))
                for cell in row.find_all(("td", "th"), recursive=False)
            ]
            for row in tag.find_all("tr")
            if row.find_parent("table") is tag
        ]
        rows = [row for row in rows if row]
        if not rows:
            self._end_paragraph()
            return
        width = max(len(row) for row in rows)
        table = Table(tuple((*row, *[Cell(row[-1].heading, ())] * (width - len(row))) for row in rows))
        self._add(table)

    def _add(self, block: Block) -> None:
        self._end_paragraph()
        self._blocks.append(block)

    def _extend(self, blocks: Blocks) -> None:
        self._end_paragraph()
        self._blocks.extend(blocks)

    def _end_paragraph(self) -> None:
        runs = tidy(self._runs)
        self._runs = []
        if runs:
            self._blocks.append(Paragraph(runs))


def _preformatted(tag: Tag) -> str:
    for line_end in tag.find_all("br"):
        line_end.replace_with("\n")
    return clean(tag.get_text()).removeprefix("\n").rstrip()

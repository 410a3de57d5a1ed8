"""Write blocks in the wiki markup of Data Center's REST API v2."""

import re
from collections.abc import Iterator

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
    Runs,
    Table,
    as_paragraph,
    lines_of,
)

_MARKS = {
    "strong": "*",
    "em": "_",
    "strike": "-",
    "underline": "+",
    "sub": "~",
    "sup": "^",
}
_ALWAYS_SPECIAL = frozenset("{}[]|")
_STYLES = frozenset("*_+^~-")
"""These begin a style only before a word and end it only behind one; within a word (snake_case, 2026-07-01) they are literal."""
_LINE_START = re.compile(r"(?P<word>h[1-6]|bq)\.(?=\s)|(?P<bullet>[*#]+\s|-\s|-{4})")
_ADDRESS = re.compile(r"https?://[^\s|\[\]{}<>\"\\]+[^\s|\[\]{}<>\"\\.,;:!?')]")
_IN_BRACKETS = {"|": "%7C", "[": "%5B", "]": "%5D", "{": "%7B", "}": "%7D", "\\": "%5C"}


def markup(blocks: Blocks) -> str:
    """The blocks in wiki markup."""
    return "\n\n".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Paragraph(runs):
            return _inline(runs)
        case Heading(level, runs):
            return f"h{level}. {_inline(runs, fresh=False)}"
        case CodeBlock(text):
            return _code(text)
        case Quote(inner):
            # {quote} does not nest: the second one ends the first.
            inner = tuple(as_paragraph((b,)) if isinstance(b, Quote) else b for b in inner)
            return f"{{quote}}\n{markup(inner)}\n{{quote}}"
        case Listing():
            return "\n".join(_items(block, ""))
        case Table(rows):
            return "\n".join(_row(row) for row in rows)
        case Rule():
            return "----"


def _code(text: str) -> str:
    fence = "code" if "{noformat}" in text else "noformat"
    return f"{{{fence}}}\n{text.replace(f'{{{fence}}}', f'{{ {fence} }}')}\n{{{fence}}}"


def _items(listing: Listing, above: str) -> Iterator[str]:
    bullet = above + ("#" if listing.ordered else "*")
    for item in listing.items:
        lists = [block for block in item if isinstance(block, Listing)]
        others = tuple(block for block in item if not isinstance(block, Listing))
        first = f"{bullet} {_in_item(others)}"
        yield first if others else f"{bullet} &nbsp;"
        for inner in lists:
            yield from _items(inner, bullet)


def _in_item(blocks: Blocks) -> str:
    # A blank line would end the list.
    return "\n".join(
        _code(block.text)
        if isinstance(block, CodeBlock)
        else _inline(as_paragraph((block,)).runs, fresh=False)
        for block in blocks
    )


def _row(cells: tuple[Cell, ...]) -> str:
    row = "".join(f"{'||' if cell.heading else '|'}{_in_cell(cell.blocks)}" for cell in cells)
    return row + ("||" if cells[-1].heading else "|")


def _in_cell(blocks: Blocks) -> str:
    # A line end would end the row; the forced one does not.
    return r" \\ ".join(_inline(line, fresh=False) for line in lines_of(blocks)) or " "


def _inline(runs: Runs, *, fresh: bool = True) -> str:
    """The runs in wiki markup; `fresh`: whether they begin a line."""
    written: list[str] = []
    begins_line = fresh
    for position, run in enumerate(runs):
        if run.is_break:
            written.append("\n")
            begins_line = True
            continue
        before = runs[position - 1].text[-1:] if position else ""
        after = runs[position + 1].text[:1] if position + 1 < len(runs) else ""
        written.append(_run(run, before, after, begins_line=begins_line))
        begins_line = False
    return "".join(written)


def _run(run: Run, before: str, after: str, *, begins_line: bool) -> str:
    core = run.text.strip(" \t")
    if not core:
        return run.text
    left, right = run.text[: run.text.index(core)], run.text[run.text.index(core) + len(core) :]
    shown = (
        _linked(core, run.href)
        if run.href
        else _escaped(core, begins_line=begins_line, styled=bool(run.marks))
    )
    if "code" in run.marks and not run.href:
        return f"{left}{{{{{shown}}}}}{right}"
    for mark, sign in _MARKS.items():
        if mark in run.marks:
            inside_a_word = (not left and before.isalnum()) or (not right and after.isalnum())
            shown = f"{{{sign}}}{shown}{{{sign}}}" if inside_a_word else f"{sign}{shown}{sign}"
    return f"{left}{shown}{right}"


def _linked(shown: str, href: str) -> str:
    target = "".join(_IN_BRACKETS.get(character, character) for character in href)
    return (
        f"[{target}]" if shown == target else f"[{_escaped(shown, begins_line=False, styled=True)}|{target}]"
    )


def _escaped(text: str, *, begins_line: bool, styled: bool = False) -> str:
    """The text with escaped wiki markup. Addresses stay unchanged.

    Args:
        text: Part of one line.
        begins_line: Whether it begins the line, as lists, headings and rules do.
        styled: Whether it is inside a style, which a stray sign could end.
    """
    start = _LINE_START.match(text) if begins_line else None
    if start and start["word"]:
        return f"{start['word']}&#46;{_escaped(text[start.end() :], begins_line=False, styled=styled)}"
    written: list[str] = []
    end = 0
    for address in _ADDRESS.finditer(text):
        written.append(_escaped_words(text, end, address.start(), styled))
        written.append(f"[{address[0]}]")
        end = address.end()
    written.append(_escaped_words(text, end, len(text), styled))
    escaped = "".join(written)
    return "\\" + escaped if start and not escaped.startswith("\\") else escaped


def _escaped_words(text: str, start: int, end: int, styled: bool) -> str:
    return "".join(_escaped_character(text, position, styled) for position in range(start, end))


def _escaped_character(text: str, position: int, styled: bool) -> str:
    character = text[position]
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    if character == "\\":
        return "&#92;"  # two of them would be a line break, and one escapes what follows
    if character == "&":
        return "&amp;" if re.match(r"&#?\w+;", text[position : position + 40]) else "&"
    if character in _STYLES:
        begins = not before.isalnum() and not after.isspace()
        ends = styled and not before.isspace() and not after.isalnum()
        return "\\" + character if begins or ends else character
    special = (
        character in _ALWAYS_SPECIAL
        or (character == "!" and after != "" and not after.isspace())  # an image
        or (character == "?" and "?" in (before, after))  # a citation
    )
    return "\\" + character if special else character

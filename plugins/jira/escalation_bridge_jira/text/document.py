"""A formatted text as blocks and runs, from which Jira's two formats are written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0, and so Jira, cannot store."""


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style. A line break is a run whose text is a line feed."""

    text: str
    marks: frozenset[str] = frozenset()
    href: str | None = None

    @property
    def is_break(self) -> bool:
        return self.text == "\n"


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class CodeBlock:
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: "Blocks"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; every item consists of blocks."""

    ordered: bool
    items: "tuple[Blocks, ...]"


@dataclass(frozen=True, slots=True)
class Cell:
    heading: bool
    blocks: "Blocks"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; all rows have the same number of cells."""

    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


Block = Paragraph | Heading | CodeBlock | Quote | Listing | Table | Rule
Blocks = tuple[Block, ...]


def blocks_of_plain(text: str) -> Blocks:
    """A paragraph for each part between blank lines."""
    paragraphs = re.split(r"\n\s*\n", clean(text).strip())
    return tuple(
        Paragraph(tidy(_with_breaks(paragraph), preserve=True))
        for paragraph in paragraphs
        if paragraph.strip()
    )


def clean(text: str) -> str:
    """The text without characters that Jira cannot store, with line feeds as the only line ends."""
    return _UNSENDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)


def lines_of(blocks: Blocks, bullet: str = "") -> Iterator[Runs]:
    """The blocks as lines, for places that contain only lines: a table's cell, a heading, a quote inside a quote."""
    for block in blocks:
        match block:
            case Paragraph(runs) | Heading(_, runs):
                yield from _split_lines(runs)
            case CodeBlock(text):
                yield from ((Run(line, frozenset({"code"})),) for line in text.split("\n") if line.strip())
            case Quote(inner):
                yield from lines_of(inner)
            case Listing(ordered, items):
                for number, item in enumerate(items, 1):
                    mark = f"{bullet}{f'{number}.' if ordered else '-'} "
                    for position, line in enumerate(lines_of(item, bullet + "  ")):
                        yield line if position else (Run(mark), *line)
            case Table(rows):
                for row in rows:
                    cells = [plain(_joined(lines_of(cell.blocks), " ")) for cell in row]
                    yield (Run(" | ".join(cells)),)
            case Rule():
                yield (Run("———"),)


def as_paragraph(blocks: Blocks) -> Paragraph:
    """The blocks as one paragraph, with a line for each."""
    return Paragraph(_joined(lines_of(blocks), "\n"))


def tidy(runs: Iterable[Run], *, preserve: bool = False) -> Runs:
    """Join neighbors of the same style; white space is folded as in HTML, unless it is to be preserved."""
    joined: list[Run] = []
    for run in runs:
        text = run.text if preserve or run.is_break else re.sub(r"[ \t\n\f]+", " ", run.text)
        if not preserve and (not joined or joined[-1].text.endswith((" ", "\n"))) and not run.is_break:
            text = text.lstrip(" ")
        if run.is_break and joined and not joined[-1].is_break:
            joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip(" "))
        if not text:
            continue
        last = joined[-1] if joined else None
        if last and last.text and not (last.is_break or run.is_break) and _same_style(last, run):
            joined[-1] = replace(last, text=last.text + text)
        else:
            joined.append(replace(run, text=text))
    return _trimmed(joined)


def _trimmed(runs: list[Run]) -> Runs:
    while runs and not runs[-1].text.strip():
        runs.pop()
    while runs and not runs[0].text.strip():
        runs.pop(0)
    if runs and not runs[-1].is_break:
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return tuple(run for run in runs if run.text)


def _same_style(one: Run, other: Run) -> bool:
    return one.marks == other.marks and one.href == other.href


def _with_breaks(text: str) -> Iterator[Run]:
    for position, line in enumerate(text.split("\n")):
        if position:
            yield Run("\n")
        if line:
            yield Run(line)


def _split_lines(runs: Runs) -> Iterator[Runs]:
    line: list[Run] = []
    for run in runs:
        if run.is_break:
            yield tuple(line)
            line = []
        else:
            line.append(run)
    yield tuple(line)


def _joined(lines: Iterable[Runs], between: str) -> Runs:
    joined: list[Run] = []
    for line in lines:
        if joined:
            joined.append(Run(between))
        joined.extend(line)
    return tuple(joined)

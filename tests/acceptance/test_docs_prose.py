"""READMEs and guides stay readable: short sentences, and tables that hold values instead of text."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.md.txt")
OTHERS = ("benchmarks", "escalation_bridge", "examples", "plugins", "sandbox")
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(page for folder in OTHERS for name in READMES for page in (ROOT / folder).rglob(name)),
    }
)
LONGEST_SENTENCE = 24
"""Words."""
LONGEST_CELL = 8
"""Words. A cell holds a value, a name or a short phrase; what has to be explained stands below the table."""

FENCE = re.compile(r"^ *(```|~~~)")
ITEM = re.compile(r"^ *([-*+]|\d+\.) +")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
CODE = re.compile(r"`[^`]*`")
# A full stop, also behind a closing bracket or quotation mark, before a new beginning.
END = re.compile(r"(?<=[.!?])[\")*”]*\s+(?=[\"(*“]*[A-Z0-9])")
SHORTENED = re.compile(r"\b(e\.g|i\.e|etc|vs|No|St)\.")


def plain(text: str) -> str:
    """Text as it is read: a link is its words, and code is one word."""
    text = CODE.sub("Code", LINK.sub(r"\1", text))
    return SHORTENED.sub(lambda match: match[0].replace(".", ""), re.sub(r"<[^>]*>|\*\*|__", "", text))


def words(text: str) -> int:
    return sum(any(character.isalnum() for character in word) for word in text.split())


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """Paragraphs and list items, each in one line, and the cells of tables."""
    lines: list[str] = []
    fenced = False

    def done() -> Iterator[tuple[str, str]]:
        if lines:
            yield "text", plain(" ".join(lines))
            lines.clear()

    for line in page.splitlines():
        if FENCE.match(line):
            fenced = not fenced
            yield from done()
        elif fenced:
            continue
        elif line.lstrip().startswith("|"):
            yield from done()
            for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")):
                yield "cell", plain(cell.strip())
        elif not line.strip() or line.startswith(("#", "<", "---")):
            yield from done()
        else:
            if ITEM.match(line):
                yield from done()
            lines.append(ITEM.sub("", line).strip())
    yield from done()


def too_long(page: str) -> list[str]:
    """Sentences and cells with too many words."""
    found = []
    for kind, text in blocks(page):
        if kind == "cell":
            if words(text) > LONGEST_CELL:
                found.append(f"cell of {words(text)} words: {text}")
        else:
            found += [
                f"sentence of {words(sentence)} words: {sentence}"
                for sentence in END.split(text)
                if words(sentence) > LONGEST_SENTENCE
            ]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_sentences_are_short_and_cells_hold_values(page: Path) -> None:
    found = too_long(page.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


LONG = " ".join(["Word"] * (LONGEST_SENTENCE + 1))
SHORT = " ".join(["Word"] * LONGEST_SENTENCE)


@pytest.mark.parametrize(
    "page",
    [
        f"{LONG}.",
        f"Short. {LONG}. Short.",
        f"Short.\n\n- {LONG}",
        f"| a | b |\n|---|---|\n| x | {' '.join(['word'] * (LONGEST_CELL + 1))} |",
        f"See [{LONG}](page.md).",
    ],
)
def test_what_is_too_long_is_found(page: str) -> None:
    assert len(too_long(page)) == 1


@pytest.mark.parametrize(
    "page",
    [
        f"```\n{LONG}\n```\n",
        f"Set `{LONG}`.",
        f"{SHORT}. {SHORT}.",
        f"- {SHORT}\n- {SHORT}",
    ],
)
def test_what_is_short_or_no_prose_is_left(page: str) -> None:
    assert too_long(page) == []

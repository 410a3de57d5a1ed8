"""Jira's length limits, and how longer texts are cut."""

import json
from collections.abc import Callable
from typing import TypeVar

from escalation_bridge_jira.text.document import (
    Block,
    Blocks,
    Paragraph,
    Run,
    Runs,
    blocks_of_plain,
    lines_of,
    plain,
)

LONGEST_TEXT = 32_767
"""Characters in a description or a comment (Jira's default; JRACLOUD-68949). On Cloud the document's JSON is counted, to be safe."""
LONGEST_SUMMARY = 255
LONGEST_LABEL = 255
LONGEST_GLOBAL_ID = 255

NOTICES = {
    "en": "[…] Shortened: Jira stores no longer text. All of it stands in the linked ticket.",
    "id": "[…] Dipersingkat: Jira tidak menyimpan teks yang lebih panjang. Selengkapnya ada di tiket yang tertaut.",
}

IN_A_FILE = {
    "en": "[…] Shortened: Jira stores no longer text. All of it is in the file ",
    "id": "[…] Dipersingkat: Jira tidak menyimpan teks yang lebih panjang. Selengkapnya ada di berkas ",
}

Written = TypeVar("Written")


def fitted(blocks: Blocks, write: Callable[[Blocks], Written], language: str, rest: Runs = ()) -> Written:
    """The blocks as `write` writes them, cut with a notice if Jira would refuse them as too long.

    The notice names the linked ticket, or the file in `rest`.
    """
    whole = write(blocks)
    if size(whole) <= LONGEST_TEXT:
        return whole
    text = Run((IN_A_FILE if rest else NOTICES)[language], frozenset({"em"}))
    notice = Paragraph((text, *rest))

    def fits(head: Blocks) -> bool:
        return size(write((*head, notice))) <= LONGEST_TEXT

    kept = _most(_worth_trying(blocks), lambda count: fits(blocks[:count]))
    head, cut = blocks[:kept], _text_of(blocks[kept])[:LONGEST_TEXT]
    characters = _most(len(cut), lambda count: fits((*head, *blocks_of_plain(cut[:count]))))
    return write((*head, *blocks_of_plain(cut[:characters]), notice))


def size(written: object) -> int:
    """Characters as the limit counts them."""
    text = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)
    return len(text.encode("utf-16-le")) // 2  # Jira counts as Java does


def one_line(text: str, longest: int) -> str:
    """The text on one line (a summary must not contain line ends), cut if it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _worth_trying(blocks: Blocks) -> int:
    """How many of the blocks could fit at most: the written form is never shorter than its text."""
    length = 0
    for count, block in enumerate(blocks):
        length += len(_text_of(block))
        if length > LONGEST_TEXT:
            return count
    return len(blocks) - 1


def _text_of(block: Block) -> str:
    return "\n".join(plain(line) for line in lines_of((block,)))


def _most(highest: int, fits: Callable[[int], bool]) -> int:
    """The greatest number up to `highest` that fits, by bisection."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low

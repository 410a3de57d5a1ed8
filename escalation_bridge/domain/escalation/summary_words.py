"""An agent's summary with its labelled parts: what was tried, and whether the problem was reproduced and how."""

import re
from dataclasses import dataclass

_TRIED = ("tried", "dicoba", "sudah dicoba")
_REPRODUCED = ("reproduced", "direproduksi", "reproduksi")
_YES = ("yes", "ya", "bisa")
_NO = ("no", "tidak", "nggak", "gak")
_LABEL = re.compile(rf"(?:^|(?<=\s))({'|'.join((*_TRIED[::-1], *_REPRODUCED))})[^\S\n]*:", re.IGNORECASE)
_ANSWER = re.compile(rf"({'|'.join((*_YES, *_NO))})\b[\s,.:;-]*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SummaryWords:
    """The parts of a summary, in lines.

    Attributes:
        reproduced: `yes` or `no`; empty: it does not tell.
        reproduction: How.
    """

    summary: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    reproduced: str = ""
    reproduction: tuple[str, ...] = ()


def parse_summary(text: str) -> SummaryWords:
    """Find the parts of a summary. Each begins with `tried:` or `reproduced:`; all before these is the summary."""
    parts: dict[str, list[str]] = {"summary": [], "tried": [], "reproduced": []}
    before, *labelled = _LABEL.split(text)
    for label, words in (("", before), *zip(labelled[::2], labelled[1::2], strict=True)):
        folded = label.casefold()
        part = "summary" if not label else "tried" if folded in _TRIED else "reproduced"
        parts[part] += [line.strip() for line in words.splitlines() if line.strip()]
    reproduced, reproduction = _answer(parts["reproduced"])
    return SummaryWords(tuple(parts["summary"]), tuple(parts["tried"]), reproduced, reproduction)


def continued(before: str, summary: str) -> str:
    """A new summary, with what an earlier one says of what was tried and reproduced, as far as it says nothing of these."""
    if not summary:
        return before
    earlier, new = parse_summary(before), parse_summary(summary)
    lines = [summary]
    if earlier.tried and not new.tried:
        lines += [f"tried: {earlier.tried[0]}", *earlier.tried[1:]]
    if (earlier.reproduced or earlier.reproduction) and not (new.reproduced or new.reproduction):
        answer = ", ".join(filter(None, (earlier.reproduced, *earlier.reproduction[:1])))
        lines += [f"reproduced: {answer}", *earlier.reproduction[1:]]
    return "\n".join(lines)


def _answer(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    """Yes or no, and the words after it."""
    found = _ANSWER.fullmatch(lines[0]) if lines else None
    if found is None:
        return "", tuple(lines)
    rest = (found[2].strip(), *lines[1:])
    return ("yes" if found[1].casefold() in _YES else "no"), tuple(line for line in rest if line)

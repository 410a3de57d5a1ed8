"""Whether a comment is a command for the bridge: a private note that begins with `/bridge`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from escalation_bridge.domain.tickets.tickets import Comment, Role, Visibility

# Editors replace double spaces with non-breaking ones.
_LINE = re.compile(r"/bridge(?:(?:[^\S\n]|:)+(?P<words>[^\n]*))?$", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(
    r"^(?:>|-{3,} ?(?:original message|pesan asli)|_{10,}$|(?:on|pada) [^\n]{1,300}(?:wrote|menulis) ?:)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where a mail program begins to quote: what is there was written before."""
_PEOPLE = (Role.AGENT, Role.UNKNOWN)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A line that begins with `/bridge`.

    Attributes:
        words: What follows in the line.
        more: The lines below it, up to the next command.
    """

    words: tuple[str, ...]
    more: str


def is_command(comment: Comment) -> bool:
    """Whether a comment is for the bridge, and not carried over."""
    return _is_for_us(comment) and _LINE.match(comment.body.text.strip()) is not None


def command_lines(comment: Comment) -> tuple[CommandLine, ...]:
    """The commands of a note that begins with one, in order; of any other comment none."""
    return tuple(_lines(comment)) if is_command(comment) else ()


def misplaced_line(comment: Comment) -> CommandLine | None:
    """The first command in a note that begins with something else; None: there is none."""
    if is_command(comment) or not _is_for_us(comment):
        return None
    return next(_lines(comment), None)


def _is_for_us(comment: Comment) -> bool:
    return comment.visibility is Visibility.PRIVATE and comment.author.role in _PEOPLE


def _lines(comment: Comment) -> Iterator[CommandLine]:
    text = "\n".join(line.strip() for line in comment.body.text.strip().split("\n"))
    quoted = _QUOTED.search(text)
    text = text[: quoted.start()] if quoted else text
    found = [line for line in _LINE.finditer(text) if line.start() == 0 or text[line.start() - 1] == "\n"]
    for number, line in enumerate(found, start=1):
        end = found[number].start() if number < len(found) else len(text)
        yield CommandLine(tuple((line["words"] or "").split()), text[line.end() : end].strip())

"""The YAML parser's errors, worded for the author of the file."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.reader import ReaderError

from escalation_bridge.configfile.findings import Place, Problem

_ONE_LEVEL = "lines of one level start in the same column, further right than the line to which they belong"


class _Rule(NamedTuple):
    complaint: str
    words: str
    at_beginning: bool = False
    """The error is where the construct begins, not where the parser gave up."""


_RULES = (
    _Rule(
        r"expected ',' or '[]}]', but got '\{' after \$",
        "inside brackets a reference needs quotes: '${{NAME}}'",
    ),
    _Rule(r"found character '\\t'", "there is a tab here; allowed: spaces for indentation"),
    _Rule(
        r"found character '(.+)' that cannot start",
        "a value cannot begin with `{0}`; allowed: the same value in quotes",
    ),
    _Rule(
        r"mapping values are not allowed here",
        "a second `: ` or a wrong indentation; allowed: one `key: value` per line, values that contain `: ` in quotes; "
        + _ONE_LEVEL,
    ),
    _Rule(
        r"(sequence entries|mapping keys) are not allowed here",
        "a `- ` or `? ` is not allowed here; allowed: list items on lines of their own; " + _ONE_LEVEL,
    ),
    _Rule(
        r"could not find expected ':'",
        "this line has no `:`; allowed: `key: value`, or `- item` in a list",
        at_beginning=True,
    ),
    _Rule(
        r"quoted scalar.*(end of stream|document separator)",
        "the quote that opens here is never closed",
        at_beginning=True,
    ),
    _Rule(
        r"unknown escape character (.+)",
        r"a backslash before {0} means nothing in double quotes; allowed: `\\` for a backslash, or single quotes",
    ),
    _Rule(
        r"escape sequence of (\d+) hex",
        "an escape in double quotes needs {0} hexadecimal digits; allowed: single quotes around the value",
    ),
    _Rule(
        r"expected <block end>, but found '<scalar>'",
        "text continues after the end of the value; allowed: quotes around the whole value",
    ),
    _Rule(
        r"expected <block end>",
        "the indentation of this line differs from those above it; allowed: " + _ONE_LEVEL,
    ),
    _Rule(
        r"flow (sequence|mapping).*<stream end>",
        "the bracket that opens here is never closed",
        at_beginning=True,
    ),
    _Rule(
        r"expected ',' or '(.)'",
        "a comma or the closing `{0}` is missing here, or a value with special characters needs quotes",
    ),
    _Rule(
        r"block scalar",
        "after `|` or `>` the text begins on the next line, all of it further in than the key",
    ),
    _Rule(
        r"scanning an (anchor|alias)",
        "`&` and `*` begin an anchor and its use; allowed: a name right after them, or the value in quotes",
    ),
    _Rule(
        r"tag|URI",
        "a value cannot begin with `!` (YAML tags are not used here); allowed: the value in quotes",
    ),
    _Rule(
        r"incompatible YAML|directive|digit",
        "a line that begins with `%` is not used here; allowed: omit it",
    ),
    _Rule(r"but found '?<stream end>", "the file ends in the middle of something"),
    _Rule(
        r"expected the node content|expected '<document start>'",
        "this is not allowed here; allowed: `key: value` lines; a value with special characters in quotes",
    ),
)


def explain(error: YAMLError, text: str) -> Problem:
    """Explain the parser's error in plain words, with its place."""
    if isinstance(error, ReaderError):
        return Problem(
            place_of_offset(text, error.position),
            f"the character U+{ord(text[error.position]):04X} is not allowed in a YAML file; allowed: printable text",
        )
    if not isinstance(error, MarkedYAMLError):
        return Problem(Place(1, 1), f"not readable as YAML: {error}")
    complaint = " ".join(_words(error, text))
    for rule in _RULES:
        if match := re.search(rule.complaint, complaint):
            mark = error.context_mark if rule.at_beginning and error.context_mark else error.problem_mark
            return Problem(place_of(mark), rule.words.format(*match.groups()))
    return Problem(place_of(error.problem_mark or error.context_mark), f"not readable as YAML: {complaint}")


def place_of(mark: StringMark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def place_of_offset(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _words(error: MarkedYAMLError, text: str) -> Iterator[str]:
    if error.context:
        yield str(error.context)
    yield str(error.problem)
    index = error.problem_mark.index if error.problem_mark else 0
    if index and text[index - 1 : index + 1] == "${":
        yield "after $"

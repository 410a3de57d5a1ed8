"""Sanitize external text: remove what would control a terminal, mislead a reader, or be refused by a vendor.

Customers paste logs with colours into tickets, and anybody can turn the direction of a file's name. What comes from a vendor passes
here before it is known, and what goes to one before it is sent.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from escalation_bridge.domain.tickets.tickets import RichText

T = TypeVar("T")

_SEQUENCE = re.compile(
    "\x1b(?:"
    r"\[[0-?]{0,64}[ -/]{0,8}[@-~]"  # colours, the cursor, clearing the screen
    "|\\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\\\)"  # the window's title, links, the clipboard
    "|[P^_X][^\x1b]{0,2000}\x1b\\\\"
    "|[ -/]{1,3}[0-~]"
    ")?"
)
"""What terminals take for commands; of an unfinished one only the escape character goes."""
_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff]")
_IN_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def _from_windows(code: int) -> str | None:
    """The character that a mail of Windows meant whose encoding was declared wrongly, as browsers read it."""
    return bytes([code]).decode("cp1252", "ignore") or None


_LINES: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), 0x7F), None),
    **dict.fromkeys((0x0B, 0x0C, *range(0x1C, 0x20)), " "),
    **{code: _from_windows(code) for code in range(0x80, 0xA0)},
    **dict.fromkeys((0x0D, 0x2028, 0x2029), "\n"),
    **dict.fromkeys((0x202D, 0x202E), None),
}
del _LINES[0x09], _LINES[0x0A]
_ONE_LINE: dict[int, str | None] = {
    **_LINES,
    **dict.fromkeys((0x09, 0x0A, 0x0D, 0x2028, 0x2029), " "),
    # Embeddings and isolates, too: in a name they hide its end; in running text people write with them.
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), None),
}


def lines(text: str) -> str:
    """Running text: line ends and tabs stay."""
    return text if _IN_LINES.search(text) is None else _without_commands(text).translate(_LINES)


def one_line(text: str) -> str:
    """A name, a subject, a link: no line ends, and nothing that turns its direction."""
    return text if _IN_ONE_LINE.search(text) is None else _without_commands(text).translate(_ONE_LINE)


def whole_characters(text: str) -> str:
    """Halves of surrogate pairs joined; a replacement character for one that is alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _without_commands(text: str) -> str:
    return _SEQUENCE.sub("", whole_characters(text).replace("\r\n", "\n"))


def cleaned(value: T) -> T:
    """A value of the domain with all its texts clean; the value itself where they are."""
    return _cleaned(value, one_line)  # type: ignore[no-any-return]


def _cleaned(value: Any, clean: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, RichText):
        return _with_changes(value, lines)
    if isinstance(value, Mapping):  # fields: some hold running text
        found = {key: _cleaned(item, lines) for key, item in value.items()}
        return found if any(found[key] is not value[key] for key in found) else value
    if isinstance(value, tuple | list):
        items = [_cleaned(item, clean) for item in value]
        is_same = all(one is other for one, other in zip(items, value, strict=True))
        return value if is_same else type(value)(items)
    if is_dataclass(value) and not isinstance(value, type):
        return _with_changes(value, clean)
    return value


def _with_changes(value: Any, clean: Any) -> Any:
    changes = {}
    for each in fields(value):
        before = getattr(value, each.name)
        after = _cleaned(before, clean)
        if after is not before:
            changes[each.name] = after
    return replace(value, **changes) if changes else value

"""The parts of keys: how each is written into a key's text, and read from it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import TicketRef

_ESCAPED = re.compile(r"%(25|3A|23)")


@dataclass(frozen=True, slots=True)
class Part:
    """How a part of a key is written and parsed, with its separator.

    Attributes:
        read: The ways to read it from the beginning of a text, each with what is left of the text then.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Iterator[tuple[Any, str]]]


def fixed(pattern: str, value: Callable[[str], Any], write: Callable[[Any], str] = "{0}".format) -> Part:
    """A part with a fixed format, which ends at the next colon."""
    form = re.compile(f":({pattern})(?![^:])")

    def read(text: str) -> Iterator[tuple[Any, str]]:
        if found := form.match(text):
            yield value(found[1]), text[found.end() :]

    return Part(lambda given: f":{write(given)}", read)


def escape(text: str, marks: str = ":") -> str:
    if not any(mark in text for mark in f"%{marks}"):
        return text
    return re.sub(rf"%(?=25|3A|23)|[{marks}]", lambda found: f"%{ord(found[0]):02X}", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _read_comment(text: str) -> Iterator[tuple[str, str]]:
    if found := re.match(":([^:#]*)", text):
        yield _unescape(found[1]), text[found.end() :]


def _read_number_after(text: str) -> Iterator[tuple[int, str]]:
    found = re.match(r"#(\d+)(?![^:])", text)
    yield (int(found[1]), text[found.end() :]) if found else (1, text)


def _read_rest(text: str) -> Iterator[tuple[str, str]]:
    ends = [found.start() for found in re.finditer(":", text)] + [len(text)]
    yield from ((text[1:end], text[end:]) for end in ends[1:] if text.startswith(":"))


def _ticket(text: str) -> TicketRef:
    connection, number = text.split(":")
    return TicketRef(_unescape(connection), _unescape(number))


def maybe(part: Part) -> Part:
    """An optional part, None if absent."""

    def read(text: str) -> Iterator[tuple[Any, str]]:
        yield from part.read(text)
        yield None, text

    return Part(lambda value: "" if value is None else part.write(value), read)


def _version(end: str) -> Part:
    return fixed(
        rf"\d+|{end}",
        lambda text: None if text == end else int(text),
        lambda value: end if value is None else str(value),
    )


_WORD = fixed("[^:]*", _unescape, escape)
_NUMBER = fixed(r"\d+", int)

Word = Annotated[str, _WORD]
MaybeWord = Annotated[str | None, maybe(_WORD)]
Number = Annotated[int, _NUMBER]
MaybeNumber = Annotated[int | None, maybe(_NUMBER)]
OnSide = Annotated[Side, fixed("origin|linked", Side)]
At = Annotated[
    TicketRef, fixed("[^:]*:[^:]*", _ticket, lambda ref: f"{escape(ref.connection)}:{escape(ref.id)}")
]
CommentId = Annotated[str, Part(lambda name: f":{escape(name, ':#')}", _read_comment)]
Attempt = Annotated[int, Part(lambda number: "" if number == 1 else f"#{number}", _read_number_after)]
Place = Annotated[
    str | None,
    fixed(
        "description|comment:[^:]*",
        lambda text: None if text == "description" else _unescape(text.removeprefix("comment:")),
        lambda comment: "description" if comment is None else f"comment:{escape(comment)}",
    ),
]
REST = Part(":{0}".format, _read_rest)
Rest = Annotated[str, REST]
Orphan = Annotated[int | None, _version("orphan")]
End = Annotated[int | None, _version("end")]
Over = Annotated[int | None, _version("over")]

"""The keys of writes, holds and links. Only this module builds and parses them.

A key is a value. Its text is what the store has: a word that says what it is for, and its parts, with colons between them. A link's
id is a key too, for the most part that of the write that created the linked ticket; so keys stand inside keys.

A text is read from left to right: the word says which parts follow, and how many, so that it can be read in one way only. A colon
within a part is written as `%3A`. Texts that are stored never change: a write in a vendor's system is found again by its key's hash.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self, get_type_hints

from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Comment as Said
from escalation_bridge.domain.tickets.tickets import TicketRef

_ESCAPED = re.compile(r"%(25|3A|23)")
_BY_HAND = re.compile(r"(?:^|:)by-hand:(\d+)(?![^:])")


# --- the parts of keys --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """How a part of a key is written and parsed, with its separator.

    Attributes:
        read: The ways to read it from the beginning of a text, each with what is left of the text then.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Iterator[tuple[Any, str]]]


def _fixed(pattern: str, value: Callable[[str], Any], write: Callable[[Any], str] = "{0}".format) -> _Part:
    """A part with a fixed format, which ends at the next colon."""
    form = re.compile(f":({pattern})(?![^:])")

    def read(text: str) -> Iterator[tuple[Any, str]]:
        if found := form.match(text):
            yield value(found[1]), text[found.end() :]

    return _Part(lambda given: f":{write(given)}", read)


def _escape(text: str, marks: str = ":") -> str:
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


def _read_inner(text: str) -> Iterator[tuple[str, str]]:
    if text.startswith(":"):
        yield from ((key.text, rest) for key, rest in _readings(text[1:]))


def _ticket(text: str) -> TicketRef:
    connection, number = text.split(":")
    return TicketRef(_unescape(connection), _unescape(number))


def _maybe(part: _Part) -> _Part:
    """An optional part, None if absent."""

    def read(text: str) -> Iterator[tuple[Any, str]]:
        yield from part.read(text)
        yield None, text

    return _Part(lambda value: "" if value is None else part.write(value), read)


def _version(end: str) -> _Part:
    return _fixed(
        rf"\d+|{end}",
        lambda text: None if text == end else int(text),
        lambda value: end if value is None else str(value),
    )


_WORD = _fixed("[^:]*", _unescape, _escape)
_NUMBER = _fixed(r"\d+", int)

Word = Annotated[str, _WORD]
MaybeWord = Annotated[str | None, _maybe(_WORD)]
Number = Annotated[int, _NUMBER]
MaybeNumber = Annotated[int | None, _maybe(_NUMBER)]
OnSide = Annotated[Side, _fixed("origin|linked", Side)]
At = Annotated[
    TicketRef, _fixed("[^:]*:[^:]*", _ticket, lambda ref: f"{_escape(ref.connection)}:{_escape(ref.id)}")
]
CommentId = Annotated[str, _Part(lambda name: f":{_escape(name, ':#')}", _read_comment)]
Attempt = Annotated[int, _Part(lambda number: "" if number == 1 else f"#{number}", _read_number_after)]
Place = Annotated[
    str | None,
    _fixed(
        "description|comment:[^:]*",
        lambda text: None if text == "description" else _unescape(text.removeprefix("comment:")),
        lambda comment: "description" if comment is None else f"comment:{_escape(comment)}",
    ),
]
Inner = Annotated[str, _Part(":{0}".format, _read_inner)]
Rest = Annotated[str, _Part(":{0}".format, _read_rest)]
Orphan = Annotated[int | None, _version("orphan")]
End = Annotated[int | None, _version("end")]
Over = Annotated[int | None, _version("over")]


# --- what all keys have in common ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """The unique identity of a write, a hold or a link within its case.

    Attributes:
        word: The first word of its text.
    """

    word: ClassVar[str]

    @property
    def text(self) -> str:
        """The stored text; no other key has it."""
        return self.word + "".join(part.write(getattr(self, name)) for name, part in _PARTS[type(self)])

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Parse a text as a key of this kind; None if it is another one."""
        key = parse(text) if text.startswith(f"{cls.word}:") else None
        return key if isinstance(key, cls) else None

    def is_about(self, link: str) -> bool:
        """Whether it belongs to a link, or to a write of that link."""
        inner = getattr(self, "link", None)
        if inner is None and isinstance(self, OfWrite):
            of = parse(self.of)
            return of is not None and of.is_about(link)
        return bool(inner == link)


class OfWrite(Key):
    """The key of a follow-up of another write, `of`."""

    __slots__ = ()
    of: str


class OfNote(Key):
    """A version of a note that is edited in place; the closing one is None."""

    __slots__ = ()
    version: int | None

    @property
    def note(self) -> str:
        """The common prefix of the keys of all versions of the note."""
        return self.text.rpartition(":")[0] + ":"


class OfMatter(OfNote):
    """A version of a note about a lasting matter. Each recurrence is another episode."""

    __slots__ = ()
    episode: int


def _readings(text: str) -> Iterator[tuple[Key, str]]:
    """The keys that a text may begin with, each with the remaining text."""
    for kind in _KINDS.get(text.partition(":")[0], ()):
        if text.startswith(kind.word):
            yield from (
                (kind(*values), rest) for values, rest in _read_parts(text[len(kind.word) :], _PARTS[kind])
            )


def _read_parts(text: str, parts: tuple[tuple[str, _Part], ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if not parts:
        yield (), text
        return
    for value, rest in parts[0][1].read(text):
        yield from (((value, *more), left) for more, left in _read_parts(rest, parts[1:]))


@lru_cache(maxsize=1 << 14)
def parse(text: str) -> Key | None:
    """Parse a text as a key; None if it is none."""
    return next((key for key, rest in _readings(text) if not rest), None)


def is_version(text: str, note: str) -> bool:
    """Whether a write is a version of a note, as `OfNote.note` names it."""
    key = parse(text) if text.startswith(note) else None
    return isinstance(key, OfNote) and key.note == note


def of_case(case_id: int, text: str) -> str:
    """A key among those of other cases."""
    return f"{case_id}:{text}"


# --- links, and the writes that create linked tickets -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepName:
    """What a step is called where it is dealt with.

    Attributes:
        step: Its id in the policy.
        repetition: Of one that repeats, from the second time on.
        moved_to: Of one that fires again: the target in seconds that made it, or the instant in seconds since 1970.
    """

    step: str
    repetition: int | None = None
    moved_to: int | None = None

    @property
    def text(self) -> str:
        """As it is stored: `remind#2`, `warn@7200`."""
        moved = "" if self.moved_to is None else f"@{self.moved_to}"
        return self.point + moved

    @property
    def point(self) -> str:
        """The point on the ladder, whatever made it fire again."""
        return self.step if self.repetition is None else f"{self.step}#{self.repetition}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The name that a text is."""
        point, _, moved = text.partition("@")
        step, _, number = point.partition("#")
        return cls(step, int(number) if number else None, int(moved) if moved else None)


@dataclass(frozen=True, slots=True)
class Step(Key):
    """A write of a ladder step.

    Attributes:
        started: When the clock's cycle began, in seconds since 1970.
        policy: Whose ladder it is of; None: the key was made when that was no part of it.
        step: The text of the step's `StepName`.
        position: Of the action in the step.
    """

    word = "step"
    metric: Word
    started: Number
    policy: MaybeWord
    step: Word
    position: Number

    @classmethod
    def of(cls, metric: str, started_at: datetime, policy: str, step: str, position: int) -> Self:
        """What a step of a policy's ladder does in the cycle that began at `started_at`."""
        return cls(metric, int(started_at.timestamp()), policy, step, position)


@dataclass(frozen=True, slots=True)
class Again(Key):
    """Another linked ticket in the place of a link's one."""

    word = "again"
    link: Inner
    edges: Number


@dataclass(frozen=True, slots=True)
class ByHand(Key):
    """A link between tickets that were there already."""

    word = "by-hand"
    number: Number

    @classmethod
    def next(cls, texts: Iterable[str]) -> Self:
        """One that is in none of these keys, nor in what they are about."""
        taken = [int(number) for text in texts for number in _BY_HAND.findall(text)]
        return cls(max(taken, default=0) + 1)


@dataclass(frozen=True, slots=True)
class Moved(Key):
    """A link in the place of one whose ticket went elsewhere."""

    word = "moved"
    name: Word


# --- notes about links, and writes for them -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Show(Key):
    """What a side shows of the other ticket; the first time has no number."""

    word = "show"
    link: Inner
    side: OnSide
    edges: MaybeNumber = None


@dataclass(frozen=True, slots=True)
class Tell(Key):
    """The customer's notification of the escalation."""

    word = "tell"
    link: Inner


@dataclass(frozen=True, slots=True)
class HandOn(Key):
    """The origin's status after the hand-over."""

    word = "hand_on"
    link: Inner


@dataclass(frozen=True, slots=True)
class Describe(Key):
    """The description of a linked ticket that could not have one."""

    word = "describe"
    link: Inner


@dataclass(frozen=True, slots=True)
class LeftOut(Key):
    """A note about what a linked ticket was created without."""

    word = "left_out"
    link: Inner
    ticket: At


@dataclass(frozen=True, slots=True)
class LegOver(Key):
    """That a link's team is over its target."""

    word = "leg"
    link: Inner
    over: Annotated[str, _fixed("over", str)] = "over"


@dataclass(frozen=True, slots=True)
class Closed(Key):
    """That a side's ticket is closed for good."""

    word = "closed"
    link: Inner
    side: OnSide


@dataclass(frozen=True, slots=True)
class Unlinked(Key):
    """A note that a link was removed."""

    word = "unlinked"
    link: Inner
    side: OnSide


@dataclass(frozen=True, slots=True)
class OnHold(Key):
    """A note about why a link is on hold."""

    word = "hold"
    link: Inner
    edges: Number
    ticket: At


@dataclass(frozen=True, slots=True)
class FieldOnHold(Key):
    """A note about why a link's field is on hold. `field` is the key of the field's rule."""

    word = "field_hold"
    link: Inner
    edges: Number
    field: Rest
    ticket: At


@dataclass(frozen=True, slots=True)
class Waiting(OfNote):
    """Who waits for a linked ticket."""

    word = "waiting"
    link: Inner
    version: End


@dataclass(frozen=True, slots=True)
class Raise(Key):
    """A priority to which a linked ticket is raised."""

    word = "raise"
    link: Inner
    priority: Word


@dataclass(frozen=True, slots=True)
class Draft(Key):
    """What to answer the customer."""

    word = "draft"
    link: Inner
    edges: Number


@dataclass(frozen=True, slots=True)
class Move(Key):
    """A link's way to another ticket."""

    word = "move"
    link: Inner
    to: At


@dataclass(frozen=True, slots=True)
class TakeOver(Key):
    """The links of an earlier ticket."""

    word = "take_over"
    earlier: At


@dataclass(frozen=True, slots=True)
class FirstWords(Key):
    """What a follow-up begins with, in a linked ticket."""

    word = "first_words"
    ticket: At


# --- statuses and fields ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Status(Key):
    """A copied status."""

    word = "status"
    link: Inner
    edges: Number


@dataclass(frozen=True, slots=True)
class Ask(Key):
    """A status that is reported to the other side's agents instead of copied."""

    word = "ask"
    link: Inner
    side: OnSide
    edges: Number


@dataclass(frozen=True, slots=True)
class Late(Key):
    """That a side was reopened too late."""

    word = "late"
    link: Inner
    side: OnSide
    edges: Number


@dataclass(frozen=True, slots=True)
class Fields(Key):
    """Copied fields of a side; `field` is the rule's key of a field that is copied alone."""

    word = "fields"
    link: Inner
    edges: Number
    side: OnSide
    field: Annotated[str | None, _maybe(_Part(":{0}".format, _read_rest))] = None


# --- comments and files -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comment(Key):
    """A copied comment; `number` counts if an earlier copy was deleted."""

    word = "comment"
    link: Inner
    ticket: At
    comment: CommentId
    number: Attempt = 1

    @classmethod
    def of(cls, link: str, said: Said, number: int = 1) -> Self:
        """The key of a comment's copy over a link."""
        return cls(link, said.ticket, said.id, number)


@dataclass(frozen=True, slots=True)
class Edit(OfWrite):
    """An edit of a copied comment."""

    word = "edit"
    of: Inner
    number: Number


@dataclass(frozen=True, slots=True)
class Unsay(OfWrite):
    """The deletion of a copied comment; None counts one whose link no longer exists."""

    word = "unsay"
    of: Inner
    number: Orphan


@dataclass(frozen=True, slots=True)
class Edited(OfWrite):
    """A note about an edit that could not be applied in place."""

    word = "edited"
    of: Inner
    number: Number


@dataclass(frozen=True, slots=True)
class Gone(OfWrite):
    """A note that a comment was deleted."""

    word = "gone"
    of: Inner


@dataclass(frozen=True, slots=True)
class NotChanged(OfWrite):
    """A note that a comment could not be edited or deleted."""

    word = "note"
    of: Inner

    @property
    def matter(self) -> tuple[str, str] | None:
        """What could not be done, and with which comment, however often it was tried."""
        tried = parse(self.of)
        return (tried.word, tried.of) if isinstance(tried, Edit | Unsay) else None


@dataclass(frozen=True, slots=True)
class QuoteExposed(OfWrite):
    """A note that a description shows what was made private."""

    word = "note:quote"
    of: Inner


@dataclass(frozen=True, slots=True)
class FilesExposed(Key):
    """A note that a ticket shows files of a comment that was made private."""

    word = "note:files"
    source: At
    comment: Word
    ticket: At


@dataclass(frozen=True, slots=True)
class File(Key):
    """A file that goes along with a comment, or with the description (None)."""

    word = "file"
    link: Inner
    side: OnSide
    source: At
    comment: Place
    attachment: Rest


@dataclass(frozen=True, slots=True)
class Refused(OfWrite):
    """A note that a file or a command was refused."""

    word = "refused"
    of: Inner


@dataclass(frozen=True, slots=True)
class Command(Key):
    """What is done about a command, or answered."""

    word = "command"
    ticket: At
    comment: Word


# --- what could not be done ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing(OfMatter):
    """Which comments of a ticket did not get to another one."""

    word = "missing"
    source: At
    target: At
    episode: Number
    version: Over


@dataclass(frozen=True, slots=True)
class Failures(OfMatter):
    """What could not be written at a connection."""

    word = "failures"
    connection: Word
    episode: Number
    version: Over


@dataclass(frozen=True, slots=True)
class CredentialsRefused(OfMatter):
    """A note that a connection's credentials are refused."""

    word = "refused"
    connection: Word
    ticket: At
    episode: Number
    version: Over

    @classmethod
    def beginning(cls, connection: str) -> str:
        """What the texts of all these keys of a connection begin with; others may, too."""
        return f"{cls.word}:{_escape(connection)}:"


KINDS: tuple[type[Key], ...] = tuple(
    each
    for each in tuple(globals().values())
    if isinstance(each, type) and issubclass(each, Key) and hasattr(each, "word")
)
"""All that there are. Of those with the same word the first one that fits a text is meant; no text fits two."""

_KINDS: dict[str, tuple[type[Key], ...]] = {
    begin: tuple(kind for kind in KINDS if kind.word.partition(":")[0] == begin)
    for begin in {kind.word.partition(":")[0] for kind in KINDS}
}

_PARTS: dict[type[Key], tuple[tuple[str, _Part], ...]] = {
    kind: tuple(
        (each.name, get_type_hints(kind, include_extras=True)[each.name].__metadata__[0])
        for each in fields(kind)
    )
    for kind in KINDS
}

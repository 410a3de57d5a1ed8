"""What all keys have in common, the table of their kinds, and how a text is parsed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform, get_type_hints

from escalation_bridge.domain.case.keys.parts import Part


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


class OfLastingNote(OfNote):
    """A version of a note about a lasting matter. Each recurrence is another episode."""

    __slots__ = ()
    episode: int


def _readings(text: str) -> Iterator[tuple[Key, str]]:
    """The keys that a text may begin with, each with the remaining text."""
    for kind in _BY_WORD.get(text.partition(":")[0], ()):
        if text.startswith(kind.word):
            yield from (
                (kind(*values), rest) for values, rest in _read_parts(text[len(kind.word) :], _PARTS[kind])
            )


def _read_parts(text: str, parts: tuple[tuple[str, Part], ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
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


def _read_inner(text: str) -> Iterator[tuple[str, str]]:
    if text.startswith(":"):
        yield from ((key.text, rest) for key, rest in _readings(text[1:]))


Inner = Annotated[str, Part(":{0}".format, _read_inner)]
"""The text of another key."""

_PARTS: dict[type[Key], tuple[tuple[str, Part], ...]] = {}
_BY_WORD: dict[str, list[type[Key]]] = {}
_K = TypeVar("_K", bound=Key)


@dataclass_transform(frozen_default=True)
def key(word: str) -> Callable[[type[_K]], type[_K]]:
    """Make a class a kind of key: a frozen dataclass whose texts begin with `word`, in the table of kinds."""

    def register(declared: type[_K]) -> type[_K]:
        declared.word = word
        kind = dataclass(frozen=True, slots=True)(declared)
        hints = get_type_hints(kind, include_extras=True)
        _PARTS[kind] = tuple((each.name, hints[each.name].__metadata__[0]) for each in fields(kind))
        _BY_WORD.setdefault(word.partition(":")[0], []).append(kind)
        return kind

    return register


def kinds() -> tuple[type[Key], ...]:
    """The kinds of key that were declared."""
    return tuple(_PARTS)

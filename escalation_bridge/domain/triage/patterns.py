"""Patterns of words, and finding them in a text in one pass.

| written | matches |
|---|---|
| `smoke` | this word |
| `~bakar` | a word derived from this root |
| `bater*` | a word that begins so |
| `@device` | a word of a list |
| `a|b` | one or the other |
| `[the]` | this word or none |
| `...` | up to three words of the same sentence |
| `#` or `#20` | a number, or one of at least 20 |
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from escalation_bridge.domain.triage.affixes import related, roots
from escalation_bridge.domain.triage.reading import Word
from escalation_bridge.domain.triage.rules import RuleError

GAP = 3
"""Words that `...` may skip."""
_ALLOWED = re.compile(r"^(?:#\d*|@[a-z0-9_-]+|~?[\w?+.']+\*?)$")
_SHORTEST_TYPO, _CACHED, _VOWELS = 7, 50_000, "aeiou"


@dataclass(frozen=True, slots=True)
class Element:
    """A place in a pattern: which of the known choices fit, and whether it may be absent. A gap has no choices."""

    choices: frozenset[str]
    optional: bool = False

    @property
    def is_gap(self) -> bool:
        return not self.choices


Pattern = tuple[Element, ...]


def parse_pattern(
    text: str, lists: Mapping[str, Iterable[str]], slang: Mapping[str, str], place: str
) -> Pattern:
    """Read a pattern. Slang in it is written out as in a text.

    Raises:
        RuleError: It is empty, begins or ends with a gap, or names an unknown list.
    """
    elements = tuple(_element(piece, lists, slang, place) for piece in text.lower().split())
    if not elements:
        raise RuleError(place, "a pattern needs at least one word")
    if elements[0].is_gap or elements[-1].is_gap:
        raise RuleError(place, f"`{text}` begins or ends with `...`, which skips words between others")
    if elements[0].optional or elements[-1].optional:
        raise RuleError(
            place, f"`{text}` begins or ends with a word in brackets, which changes nothing there"
        )
    return elements


def _element(piece: str, lists: Mapping[str, Iterable[str]], slang: Mapping[str, str], place: str) -> Element:
    if piece == "...":
        return Element(frozenset())
    optional = piece.startswith("[") and piece.endswith("]")
    choices = set[str]()
    for choice in (piece[1:-1] if optional else piece).split("|"):
        if not _ALLOWED.match(choice):
            raise RuleError(
                place, f"`{piece}` is no word, `~root`, `begin*`, `@list`, `a|b`, `[word]`, `#20` or `...`"
            )
        if choice.startswith("@"):
            if choice[1:] not in lists:
                raise RuleError(place, f"there is no list `{choice}`; known: {', '.join(sorted(lists))}")
            choices.update(slang.get(one, one) for one in lists[choice[1:]])
        else:
            choices.add(slang.get(choice, choice))
    return Element(frozenset(choices), optional)


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern in a text: the signal, and its first word and the one behind its last."""

    signal: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    signal: str
    language: str
    pattern: Pattern


class Finder:
    """Finds all patterns of all signals. Its work grows with the length of the text, not with the number of patterns."""

    def __init__(self, patterns: Iterable[tuple[str, str, Pattern]]) -> None:
        entries = [_Entry(signal, language, pattern) for signal, language, pattern in patterns]
        self._choices = {
            choice for entry in entries for element in entry.pattern for choice in element.choices
        }
        self._starts: dict[str, list[_Entry]] = {}
        for entry in entries:
            for choice in entry.pattern[0].choices:
                self._starts.setdefault(choice, []).append(entry)
        self._prefixes = {choice[:-1] for choice in self._choices if choice.endswith("*")}
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._numbers = sorted(int(choice[1:] or 0) for choice in self._choices if choice.startswith("#"))
        self._dropped = {
            word[:n] + word[n + 1 :]: word
            for word in self._choices
            if len(word) >= _SHORTEST_TYPO and word.isalpha()
            for n in range(1, len(word) - 1)
            if word[n] in _VOWELS or word[n] == word[n - 1]
        }
        self._known: dict[str, frozenset[str]] = {}

    def find(self, words: Sequence[Word], languages: frozenset[str]) -> Iterator[Found]:
        """All places of all signals, by their first word; of overlapping places of one signal, all."""
        fitting = [self._fitting(word) for word in words]
        seen = set[tuple[str, int, int]]()
        for start, choices in enumerate(fitting):
            for choice in choices:
                for entry in self._starts.get(choice, ()):
                    if entry.language and entry.language not in languages:
                        continue
                    end = _match(entry.pattern, words, fitting, start)
                    if end and (entry.signal, start, end) not in seen:
                        seen.add((entry.signal, start, end))
                        yield Found(entry.signal, start, end)

    def knows(self, word: str) -> bool:
        """Whether any pattern fits a single word."""
        return bool(self._fitting(Word(word, 0, 0)))

    def _fitting(self, word: Word) -> frozenset[str]:
        if word.value is not None:
            numbers = {f"#{least or ''}" for least in self._numbers if word.value >= least}
            return self._of(word.text) | numbers
        return self._of(word.text)

    def _of(self, text: str) -> frozenset[str]:
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            known = self._known[text] = (
                self._look_up(text) or self._look_up_related(text) or self._look_up_typo(text)
            )
        return known

    def _look_up(self, text: str) -> frozenset[str]:
        found = {f"~{root}" for root in roots(text)} & self._choices
        if text in self._choices:
            found.add(text)
        for length in self._prefix_lengths:
            if length > len(text):
                break
            if text[:length] in self._prefixes:
                found.add(text[:length] + "*")
        return frozenset(found)

    def _look_up_related(self, text: str) -> frozenset[str]:
        """What fits another form of a word that no pattern has itself."""
        return next((found for form in related(text) if (found := self._look_up(form))), frozenset())

    def _look_up_typo(self, text: str) -> frozenset[str]:
        """A long word with a letter twice, without a vowel, or with two letters in the wrong order. Any other difference would often be
        another word: *terbakar* is burnt, *terbayar* is paid.
        """
        if len(text) < _SHORTEST_TYPO - 1 or not text.isalpha():
            return frozenset()
        if text in self._dropped:
            return self._look_up(self._dropped[text])
        if len(text) < _SHORTEST_TYPO:
            return frozenset()
        for n in range(1, len(text)):
            shorter = text[:n] + text[n + 1 :]
            if text[n] == text[n - 1] and len(shorter) >= _SHORTEST_TYPO and shorter in self._choices:
                return self._look_up(shorter)
            swapped = text[: n - 1] + text[n] + text[n - 1] + text[n + 1 :]
            if n > 1 and swapped in self._choices:
                return self._look_up(swapped)
        return frozenset()


def _match(
    pattern: Pattern, words: Sequence[Word], fitting: Sequence[frozenset[str]], start: int
) -> int | None:
    """Where the pattern ends that begins at a word; the shortest way. None: it does not fit."""
    sentence = words[start].sentence
    places = {start + 1}
    skip = 0
    for element in pattern[1:]:
        if element.is_gap:
            skip = GAP
            continue
        reached = set[int]()
        for place in places:
            for at in range(place, min(place + skip + 1, len(words))):
                if words[at].sentence != sentence:
                    break
                if not element.choices.isdisjoint(fitting[at]):
                    reached.add(at + 1)
        if element.optional:
            reached |= places
        if not reached:
            return None
        places, skip = reached, 0
    return min(places)

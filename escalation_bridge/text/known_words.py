"""Find out whether a text is already known, whatever a mail program did to its line ends, punctuation and order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from escalation_bridge.text import mail_lines

_WORD = re.compile(r"\w++")
_RUN = 4
"""Length of the compared runs of words: short enough for short lines, long enough to avoid chance matches."""
_MOST_WORDS = 300_000
"""The maximum number of compared words of a case; a quote of later text stays."""


def words_of(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return _WORD.findall(text.casefold())


class KnownWords:
    """The texts of a case. Parsed on first use.

    Args:
        texts: Plain texts.
        names: The authors; a quote's line such as "Budi (Support)" is no remark.
    """

    def __init__(self, texts: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self._texts = tuple(texts)
        self._names = tuple(names)

    def has_all(self, lines: Sequence[str]) -> bool:
        """Whether the case has the whole quote: every run of its words, also across line ends."""
        segments = list(self._segments(lines))
        return bool(segments) and all(self._has(segment) for segment in segments)

    def has_most(self, lines: Sequence[str]) -> bool:
        """Whether a quote that is marked line by line comes from the case: some line is known, and no long one is
        unknown.
        """
        found = False
        for line in lines:
            words = words_of(line)
            if len(words) < _RUN:
                found |= tuple(words) in self._lines
            elif not self._is_mails_own(line):
                runs = list(_runs(words))
                if sum(run in self._known for run in runs) * 2 < len(runs):
                    return False
                found = True
        return found

    def _has(self, segment: list[list[str]]) -> bool:
        words = [word for line in segment for word in line]
        if len(words) < _RUN:
            return all(tuple(line) in self._lines for line in segment)
        return all(run in self._known for run in _runs(words))

    def _segments(self, lines: Iterable[str]) -> Iterator[list[list[str]]]:
        """Yield the words, line by line, between the lines that mail programs and helpdesks put around a message."""
        segment: list[list[str]] = []
        for line in lines:
            if not self._is_mails_own(line):
                segment.append(words_of(line))
            elif segment:
                yield segment
                segment = []
        if segment:
            yield segment

    def _is_mails_own(self, line: str) -> bool:
        if mail_lines.is_mails_own(line):
            return True
        words = words_of(line)
        return len(words) <= 5 and any(set(name) <= set(words) for name in self._authors)

    @cached_property
    def _authors(self) -> list[list[str]]:
        return [words for name in self._names if (words := words_of(name))]

    @cached_property
    def _lines(self) -> set[tuple[str, ...]]:
        return {tuple(words_of(line)) for text in self._within_bounds for line in text.splitlines()} - {()}

    @cached_property
    def _known(self) -> set[tuple[str, ...]]:
        return {run for text in self._within_bounds for run in _runs(words_of(text))}

    @cached_property
    def _within_bounds(self) -> tuple[str, ...]:
        kept: list[str] = []
        room = _MOST_WORDS
        for text in self._texts:
            room -= len(text) // 2 + 1
            if room < 0:
                break
            kept.append(text)
        return tuple(kept)


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[offset:] for offset in range(_RUN)), strict=False)

"""A text as words that rules can be compared with: split, in lower case, slang and contractions written out."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_PIECE = re.compile(
    r"(?P<link>(?:https?://|www\.)[^\s]{1,2000})"
    r"|(?P<person>[@][\w.]{1,64})"
    r"|(?P<number>\d[\d.,]{0,20}\d|\d)(?P<unit>rban|ribuan|jtan|rb|ribu|an|k|jt|juta|%|x|th|st|nd|rd)?(?![^\W\d_])"
    r"|(?P<word>[^\W_][\w]*(?:['\u2019`\u00b4-][^\W\d_][\w]*)*\+?)"
    r"|(?P<stop>[.!?…\n]+)"
    r"|(?P<pause>[,;:()\[\]|/\u2013\u2014-]+)"
)
_UNITS = {
    "rb": 1000,
    "rban": 1000,
    "ribu": 1000,
    "ribuan": 1000,
    "jtan": 1_000_000,
    "k": 1000,
    "jt": 1_000_000,
    "juta": 1_000_000,
}
_JOINED = frozenset("se ke di ter ber nge non re e anti pre co k".split())
"""Before a hyphen, these belong to the word: `se-kota` is `sekota`."""
_STRETCHED = re.compile(r"(.)\1{2,}")
_TWICE = re.compile(r"^([a-z]{2,})(?:2|²)(nya|an|in)?$")
_LETTERS = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
_APOSTROPHES = str.maketrans("\u2019`\u00b4", "'''")
_LONGEST_WORD = 40
_BEGINNING = 20_000
"""Characters in which the language is looked for."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes:
        text: In lower case, written out.
        sentence: The number of its sentence.
        clause: The number of its clause, in the whole text.
        value: The number that it is.
        raw: As it is written.
    """

    text: str
    sentence: int
    clause: int
    value: int | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How words are written out.

    Attributes:
        slang: By language, what is written instead of an abbreviation or a colloquial form: words, or nothing.
        contrasts: Words that begin a clause: negations and vetoes before them do not reach over them.
        numbers: Words that are numbers.
        function_words: By language, the words by which it is recognised.
    """

    slang: Mapping[str, Mapping[str, str]]
    contrasts: frozenset[str]
    numbers: Mapping[str, int]
    function_words: Mapping[str, frozenset[str]]


def read(text: str, spelling: Spelling, written_in: Collection[str]) -> tuple[Word, ...]:
    """Split a text into words, with the slang of its languages. Links and mentions of accounts are left out."""
    text = unicodedata.normalize("NFKC", text)
    slang = {
        short: long
        for language in sorted(written_in)  # of two languages, the later one has the word
        for short, long in spelling.slang.get(language, {}).items()
    }
    shouting = sum(c.isupper() for c in text[:400]) > sum(c.islower() for c in text[:400])
    words: list[Word] = []
    sentence = clause = 0
    asked = False
    for piece in _PIECE.finditer(text):
        kind = piece.lastgroup
        if kind == "stop":
            asked = "?" in piece.group()
            sentence, clause = sentence + 1, clause + 1
            if asked:
                words.append(Word("?", sentence - 1, clause - 1, raw="?"))
        elif kind == "pause":
            clause += 1
        elif kind in ("link", "person"):
            continue
        elif piece["number"]:
            value = _value(piece["number"]) * _UNITS.get(piece["unit"] or "", 1)
            words.append(Word(piece.group().lower(), sentence, clause, value, piece.group()))
        else:
            for one in _written_out(piece.group(), slang, shouting=shouting):
                if one in spelling.contrasts:
                    clause += 1
                words.append(Word(one, sentence, clause, spelling.numbers.get(one), piece.group()))
    return tuple(words)


def languages(text: str, spelling: Spelling) -> frozenset[str]:
    """The languages of a text, by its beginning. Texts mix them: one is left out only if its words are rare in it."""
    words = _LETTERS.findall(text[:_BEGINNING].lower())
    counts = {name: sum(word in known for word in words) for name, known in spelling.function_words.items()}
    most = max(counts.values(), default=0)
    # Indonesian borrows English words all the time; an English text has no reason for an Indonesian one.
    return frozenset(name for name, n in counts.items() if not most or name == "en" or n * 6 >= most)


def _value(digits: str) -> int:
    parts = re.split(r"[.,]", digits)
    if len(parts) > 1 and all(len(part) == 3 for part in parts[1:]):
        return int("".join(parts)[:15])
    return int(parts[0][:15] or 0)


def _written_out(raw: str, slang: Mapping[str, str], *, shouting: bool) -> list[str]:
    if raw == "API" and not shouting:
        return ["interface"]  # in Indonesian, *api* is fire
    word = raw.lower()[:_LONGEST_WORD].translate(_APOSTROPHES)
    word = _STRETCHED.sub(r"\1", word) if not word.isdigit() else word
    known = slang.get(word)
    if known is not None:
        return known.split()
    if "-" in word:
        first, _, rest = word.partition("-")
        if first in _JOINED:
            return _written_out(first + rest, slang, shouting=True)
        return [one for part in word.split("-") if part for one in _written_out(part, slang, shouting=True)][
            :8
        ]
    if "'" in word:
        head, _, tail = word.partition("'")
        if tail == "t" and head.endswith("n"):
            return [*_written_out(head[:-1], slang, shouting=True), "not"] if len(head) > 2 else ["not"]
        return _written_out(head, slang, shouting=True) if head else []
    twice = _TWICE.match(word)
    if twice:
        return _written_out(twice[1], slang, shouting=True)
    return [word]

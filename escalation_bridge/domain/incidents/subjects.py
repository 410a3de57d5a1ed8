"""What a ticket speaks of: concepts, places, names, codes and remaining words, the same for both languages where they mean the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from zlib import crc32

from rapidfuzz import fuzz, process
from snowballstemmer import stemmer

from escalation_bridge.domain.incidents.tables.concepts import CONCEPTS, Kind
from escalation_bridge.domain.incidents.tables.ordinary import NAMES, ORDINARY
from escalation_bridge.domain.incidents.tables.places import AMBIGUOUS, BEFORE, CITY_OF, WITHIN
from escalation_bridge.domain.incidents.tables.topics import CONCEPTS_OF, TOPICS_OF, USUAL_OF_TOPICS
from escalation_bridge.domain.incidents.words import LONGEST_TEXT, Word, addresses_in, words_in

CONCEPT, TOPIC, PLACE, DISTRICT = "concept", "topic", "place", "district"
BRAND, CODE, ADDRESS, WORD = "brand", "code", "address", "word"
"""Kinds of subjects. A subject is `kind:what`, such as `place:depok`."""

BY_NAME = {concept.name: concept for concept in CONCEPTS}
_WITHIN_TOPIC = {
    f"{TOPIC}:{topic}": frozenset(f"{CONCEPT}:{name}" for name in names)
    for topic, names in CONCEPTS_OF.items()
}

_LONGEST_PHRASE = 4
_SHORTEST_GUESS = 6
"""Letters. Shorter words are too close to each other to guess what was meant by a misspelt one."""
_CLOSE = 88
"""Of 100, by rapidfuzz: *indihom* is *indihome*, and *payment* is not *pavement*."""
_ENGLISH = frozenset(
    "the is are my and to for it you was not have has can with this that of your on please since".split()
)
_INDONESIAN = frozenset(
    "yang di ke dari saya sudah tidak bisa ini itu kok ya min dan untuk belum dengan ada kenapa mau tolong mohon apa sejak juga kami".split()
)
_NOT_ENGLISH = frozenset({"air", "ban", "los", "bis", "tol", "rob", "kos", "ac"})
"""Indonesian words with a meaning that they do not have in an English text."""
_PREFIXES = ("ke", "di", "ter", "nge", "ng", "ber", "se", "me", "mem", "men", "meng", "pe", "per", "peng")
_SUFFIXES = ("nya", "ku", "mu", "kah", "lah", "pun", "kan", "in", "an", "i", "s")
_BEHIND_A_NUMBER = frozenset(
    "error eror kode code err errcode respon response status batch lot versi version v ver http rc seri model tipe type".split()
)
_CODE = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]{3,14}|v?\d+(?:\.\d+){1,3}|[a-z]{1,6}-\d{1,6}")
_AMOUNT = re.compile(
    r"(?:rp|idr|usd|\$)?\d+(?:[.,]\d+)*(?:rb|ribu|jt|juta|k|m|gb|mb|kg|gr|g|ml|x|th|st|nd|rd|pm|am|wib|wit|wita|jam|menit|hari|hr|min|mnt|jutaan|ribuan|an|cm|mm|km|pcs|tahun|thn|bulan|bln|minggu|days?|hours?|hrs?|h|s|mins?)?"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a ticket.

    Attributes:
        subjects: What it speaks of.
        names: Of its words, those that are written as names; wherever they stand, they say more than other words.
        words: Which words it consists of, as checksums: what shows that two tickets are nearly the same.
        written: How it says so: a subject, and the word of the ticket.
    """

    subjects: frozenset[str]
    names: frozenset[str] = frozenset()
    words: frozenset[int] = frozenset()
    written: Mapping[str, str] = field(default_factory=dict)


class Subjects:
    """Reads texts. It keeps what it learned of single words, and no text."""

    def __init__(self) -> None:
        self._stem = {"id": stemmer("indonesian"), "en": stemmer("english")}
        self._lock = Lock()  # snowball's stemmers keep the word in themselves
        self._of_word: dict[str, frozenset[str]] = {}
        self._of_phrase: dict[tuple[str, ...], set[str]] = {}
        single: dict[str, set[str]] = {}
        for concept in CONCEPTS:
            for written in concept.words:
                for parts in self._phrases(written):
                    if len(parts) == 1:
                        single.setdefault(parts[0], set()).add(concept.name)
                    else:
                        self._of_phrase.setdefault(parts, set()).add(concept.name)
                        self._of_phrase.setdefault(_without_endings(parts), set()).add(concept.name)
        stems: dict[str, set[str]] = {}
        for word, names in single.items():
            for language in ("id", "en"):
                root = self._root(word, language)
                if len(root) >= 4 and root not in single and root not in ORDINARY:
                    stems.setdefault(root, set()).update(names)
        self._single = {word: frozenset(names) for word, names in (stems | single).items()}
        self._ordinary = ORDINARY | {
            self._root(word, language) for word in ORDINARY for language in ("id", "en")
        }
        self._known = [
            word
            for word in sorted({*single, *CITY_OF, *NAMES} - AMBIGUOUS)
            if len(word) >= _SHORTEST_GUESS and " " not in word
        ]
        self._guessed = lru_cache(maxsize=20_000)(self._guess)
        self._looked_up = lru_cache(maxsize=20_000)(self._look_up)

    def of(self, text: str) -> Reading:
        """What a text speaks of."""
        domains, rest = addresses_in(text[:LONGEST_TEXT])
        words = words_in(rest)
        language = language_of(words)
        written = {f"{ADDRESS}:{domain}": domain for domain in domains}
        taken: set[int] = set()
        for at, places in self._places(words):
            written.update((place, place.partition(":")[2]) for place in places)
            taken.update(at)
        for start in range(len(words)):
            for length in range(2, _LONGEST_PHRASE + 1):
                phrase = tuple(word.text for word in words[start : start + length])
                if len(phrase) < length:
                    break
                known = self._of_phrase.get(phrase) or self._of_phrase.get(_without_endings(phrase))
                for name in known or ():
                    written.setdefault(f"{CONCEPT}:{name}", " ".join(phrase))
        names = set()
        for position, word in enumerate(words):
            if position in taken:
                continue
            for subject in self._of(word, words[position - 1].text if position else "", language):
                written.setdefault(subject, word.text)
                if word.is_name and subject.startswith(WORD):
                    names.add(subject)
        for subject in list(written):
            kind, _, what = subject.partition(":")
            for topic in TOPICS_OF.get(what, ()) if kind == CONCEPT else ():
                written.setdefault(f"{TOPIC}:{topic}", written[subject])
        checksums = (
            crc32(word.text.encode("utf-8", "replace"))
            for position, word in enumerate(words)
            if position not in taken and word.text.isalpha()
        )
        return Reading(frozenset(written), frozenset(names), frozenset(checksums), written)

    def _of(self, word: Word, before: str, language: str) -> Iterator[str]:
        text = word.text
        if any(character.isdigit() for character in text) and text not in self._single:
            yield from _code(text, before)
            return
        names = self._looked_up(text)
        if names and language == "en" and text in _NOT_ENGLISH:
            return
        if text == "api":
            names = frozenset({"fire"} if language == "id" else {"api"})
        if names:
            yield from (f"{CONCEPT}:{name}" for name in names)
            if text in NAMES:
                yield f"{BRAND}:{text}"
            return
        if text in NAMES:
            yield f"{BRAND}:{text}"
            return
        if len(text) < 3 or text in ORDINARY or "'" in text.removesuffix("'s"):
            return
        root = self._root(text, language)
        if root in self._ordinary or _without_ending(text) in self._ordinary:
            return
        guess = None if word.is_name else self._guessed(text)
        if guess in CITY_OF:
            yield from _place(guess)
            return
        if guess is not None and guess != text:
            yield from self._of(Word(guess), before, language)
            return
        yield f"{WORD}:{_stub(text)}"

    def _look_up(self, text: str) -> frozenset[str]:
        """The concepts of a word, also where it has an ending, or a beginning as people speak."""
        if text in self._single:
            return self._single[text]
        if text in ORDINARY:
            return frozenset()
        for bare in _bare(text):
            if bare in self._single:
                return self._single[bare]
        for language in ("id", "en"):
            root = self._root(text, language)
            if len(root) >= 4 and root in self._single and root not in ORDINARY:
                return self._single[root]
        return frozenset()

    def _guess(self, text: str) -> str | None:
        if len(text) < _SHORTEST_GUESS:
            return None
        found = process.extractOne(text, self._known, scorer=fuzz.ratio, score_cutoff=_CLOSE)
        return None if found is None else str(found[0])

    def _root(self, text: str, language: str) -> str:
        with self._lock:
            return str(self._stem[language].stemWord(text))

    def _places(self, words: Sequence[Word]) -> Iterator[tuple[range, list[str]]]:
        position = 0
        while position < len(words):
            for length in (3, 2, 1):
                name = " ".join(word.text for word in words[position : position + length])
                bare = name if name in CITY_OF else name.removesuffix("nya")
                if len(words) - position < length or bare not in CITY_OF:
                    continue
                before = words[position - 1].text if position else ""
                if bare in AMBIGUOUS and not (before in BEFORE or words[position].is_name):
                    continue
                yield range(position, position + length), _place(bare)
                position += length - 1
                break
            position += 1

    @staticmethod
    def _phrases(written: str) -> Iterator[tuple[str, ...]]:
        yield tuple(word.text for word in words_in(written))


def language_of(words: Sequence[Word]) -> str:
    """`en` or `id`, by the small words; Indonesian where nothing tells."""
    english = sum(word.text in _ENGLISH for word in words)
    return "en" if english > sum(word.text in _INDONESIAN for word in words) else "id"


def usual_share(subject: str) -> float:
    """Of everyday tickets, the share that speaks of it, as a first estimate."""
    kind, _, what = subject.partition(":")
    if kind == CONCEPT:
        return BY_NAME[what].usual
    if kind == TOPIC:
        return USUAL_OF_TOPICS[what]
    if kind == PLACE:
        return 0.03 if what == "jakarta" else 0.012
    return {BRAND: 0.004, DISTRICT: 0.002, CODE: 0.001, ADDRESS: 0.0005}.get(kind, 0.006)


def is_trouble(subject: str) -> bool:
    """Whether it is something that went wrong."""
    kind, _, what = subject.partition(":")
    return kind == CONCEPT and BY_NAME[what].kind in {Kind.TROUBLE, Kind.CAUSE}


def concepts_of(topic: str) -> frozenset[str]:
    """The subjects that belong to a topic; none where the subject is no topic."""
    return _WITHIN_TOPIC.get(topic, frozenset())


def _place(name: str) -> list[str]:
    city = CITY_OF[name]
    found = [f"{PLACE}:{city}"]
    if name != city and name not in {
        "jkt",
        "smg",
        "sby",
        "bdg",
        "mlg",
        "mdn",
        "jogja",
        "jogjakarta",
        "yogya",
        "plg",
        "bks",
        "tng",
        "nyc",
    }:
        found.append(f"{DISTRICT}:{name}")
    if city in WITHIN:
        found.append(f"{PLACE}:{WITHIN[city]}")
    return found


def _code(text: str, before: str) -> Iterator[str]:
    if text in {"2x", "4g", "5g", "2fa"}:
        yield f"{CONCEPT}:" + {"2x": "twice", "4g": "signal", "5g": "signal", "2fa": "otp"}[text]
    elif (
        text.isdigit()
        and (before in _BEHIND_A_NUMBER or text in {"404", "500", "502", "503", "504"})
        and len(text) <= 6
    ):
        yield f"{CODE}:{text}"
        if text in {"404", "500", "502", "503", "504"}:
            yield f"{CONCEPT}:website"
    elif _AMOUNT.fullmatch(text) and not (before in _BEHIND_A_NUMBER and "." in text):
        return
    elif _CODE.fullmatch(text) and not (text[:2].isalpha() and text[2:].isdigit() and len(text) > 9):
        yield f"{CODE}:{text.removeprefix('v')}"


def _bare(text: str) -> Iterator[str]:
    """The word without endings and beginnings that people add when they speak."""
    for suffix in _SUFFIXES:
        if text.endswith(suffix) and len(text) - len(suffix) >= 3:
            yield text.removesuffix(suffix)
    for prefix in _PREFIXES:
        if text.startswith(prefix) and len(text) - len(prefix) >= 4:
            rest = text.removeprefix(prefix)
            yield rest
            for suffix in _SUFFIXES:
                if rest.endswith(suffix) and len(rest) - len(suffix) >= 4:
                    yield rest.removesuffix(suffix)


def _without_ending(text: str) -> str:
    bare = text.removesuffix("nya").removesuffix("'s")
    return bare.removesuffix("s") if len(bare) > 4 and not bare.endswith("ss") else bare


def _without_endings(phrase: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_without_ending, phrase))


_STUB = 6
_BEGINNINGS = ("meng", "men", "mem", "peng", "pen", "pem", "ber", "ter", "di", "nge")


def _stub(text: str) -> str:
    """The beginning of a word, behind what Indonesian puts before it: *proctor*, *proctored* and *proctoring* are one."""
    bare = _without_ending(text)
    for beginning in _BEGINNINGS:
        if bare.startswith(beginning) and len(bare) - len(beginning) >= _STUB - 1:
            bare = bare.removeprefix(beginning)
            break
    return bare[:_STUB]

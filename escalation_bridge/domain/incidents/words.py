"""The words of a text as they are meant: chat spellings resolved, addresses and numbers apart."""

import re
import unicodedata
from dataclasses import dataclass

from escalation_bridge.domain.incidents.tables.spellings import MEANT

LONGEST_TEXT = 4_000
"""Characters of a text that are looked at. What a customer complains of stands at the beginning; logs follow."""

_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)
_EMAIL = re.compile(r"\S+@\S+")
_WORD = re.compile(r"[^\W_]+(?:[.'&/-][^\W_]+)*", re.UNICODE)
_SENTENCE_END = '.!?\n:;"“'
_KNOWN_ENDINGS = frozenset(
    "com net org id co io app cc xyz info biz me shop site online link top club vip my sg uk".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes:
        text: In small letters, as it is meant.
        is_name: It is written with a capital letter within a sentence.
    """

    text: str
    is_name: bool = False


def addresses_in(text: str) -> tuple[list[str], str]:
    """The domains that a text names, and the text without addresses. People name the domain of an attack, and not its path."""
    found = []

    def domain(match: re.Match[str]) -> str:
        name = match[1].casefold()
        if name.rpartition(".")[2] not in _KNOWN_ENDINGS:
            return match[0]
        found.append(name)
        return " "

    return found, _DOMAIN.sub(domain, _EMAIL.sub(" ", text))


def words_in(text: str) -> list[Word]:
    """The words of a text, in its order."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    found: list[Word] = []
    capitals = sum(letter.isupper() for letter in plain)
    shouting = capitals * 2 > sum(letter.isalpha() for letter in plain)
    for match in _WORD.finditer(plain):
        written = match[0]
        before = plain[: match.start()].rstrip(" \t*_~(")[-1:]
        is_name = written[0].isupper() and not shouting and before not in _SENTENCE_END and bool(before)
        word = _squeezed(written.casefold())
        found += [Word(each, is_name) for each in MEANT.get(word, (word,))]
    return found


_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED = re.compile(r"^([^\W\d_]{3,})(?:2|-\1)(?=$|nya$)")


def _squeezed(word: str) -> str:
    """*lamaaaa* is *lama*, and *putus2* is *putus*."""
    short = _DRAWN_OUT.sub(r"\1", word)
    return _REPEATED.sub(r"\1", short)

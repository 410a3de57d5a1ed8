"""Text search: words, without regard to case, as an index finds them."""

import re

WORD = re.compile(r"\w+", re.UNICODE)
PHRASE = re.compile(r'"([^"]+)"')


def words_of(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def text_matches(text: str, wanted: str) -> bool:
    """Whether all wanted words are in the text. A quoted phrase is found as a whole, `serv*` by its beginning."""
    words = words_of(text)
    rest = PHRASE.sub(" ", wanted)
    return all(_has_phrase(words, words_of(phrase)) for phrase in PHRASE.findall(wanted)) and all(
        _has_word(words, each) for each in re.findall(r"\w+\*?", rest, re.UNICODE)
    )


def _has_phrase(words: list[str], phrase: list[str]) -> bool:
    length = len(phrase)
    return any(words[at : at + length] == phrase for at in range(len(words) - length + 1))


def _has_word(words: list[str], wanted: str) -> bool:
    wanted = wanted.lower()
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in words)
    return wanted in words

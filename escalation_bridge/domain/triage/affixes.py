"""The roots from which a word may be derived, in Indonesian and in English.

A light stemmer: it answers with all candidates and asks no dictionary. A rule that names a root, `~bakar`, finds it in any of
its forms: *terbakar*, *kebakaran*, *ngebakar*. A candidate that is no word harms nobody, because no rule names it.
"""

_SHORTEST = 3
"""Letters. A shorter candidate is no root."""

# A prefix, and the letters that may have melted into it: *menyetrum* is *setrum*, *nabrak* is *tabrak*.
_PREFIXES = (
    ("meng", ("", "k")), ("peng", ("", "k")), ("meny", ("s",)), ("peny", ("s",)), ("menge", ("",)),
    ("mem", ("", "p")), ("pem", ("", "p")), ("men", ("", "t")), ("pen", ("", "t")), ("nge", ("",)),
    ("ng", ("", "k")), ("ny", ("s",)), ("me", ("",)), ("pe", ("",)), ("di", ("",)), ("ter", ("",)),
    ("te", ("",)), ("ber", ("",)), ("be", ("",)), ("ke", ("",)), ("per", ("",)), ("se", ("",)), ("n", ("t",)),
    ("m", ("p",)),
)  # fmt: skip
_ENCLITICS = ("nya", "lah", "kah", "pun", "ku", "mu")
_SUFFIXES = ("nya", "kan", "lah", "kah", "pun", "an", "in", "ku", "mu", "i")


def roots(word: str) -> frozenset[str]:
    """The word and all roots that it may have, in lower case."""
    return frozenset({word, *_indonesian(word), *_english(word)})


def _indonesian(word: str) -> set[str]:
    ends = _without_suffix(word)
    ends |= {shorter for end in ends for shorter in _without_suffix(end)}
    ends.add(word)
    once = {root for end in ends for root in _without_prefix(end)}
    return ends | once | {root for end in once for root in _without_prefix(end)}


def _without_suffix(word: str) -> set[str]:
    return {
        word[: -len(suffix)]
        for suffix in _SUFFIXES
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST
    }


def _without_prefix(word: str) -> set[str]:
    return {
        melted + word[len(prefix) :]
        for prefix, letters in _PREFIXES
        if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST
        for melted in letters
    }


def _english(word: str) -> set[str]:
    found = set[str]()
    for suffix in ("s", "es", "ed", "ing", "ings", "d"):
        stem = word.removesuffix(suffix)
        if stem == word or len(stem) < _SHORTEST:
            continue
        found.add(stem)
        if suffix in ("ed", "ing", "ings"):
            found.add(stem + "e")
            if stem[-1] == stem[-2]:
                found.add(stem[:-1])
        if suffix in ("es", "ed") and stem.endswith("i"):
            found.add(stem[:-1] + "y")
    return found


def related(word: str) -> list[str]:
    """Forms of a word that mean the same, the nearest first: without an ending such as *-nya*, with *ter-* for the colloquial *ke-*, and
    in English without *-s*, *-ed* or *-ing*.
    """
    found = [
        word[: -len(end)] for end in _ENCLITICS if word.endswith(end) and len(word) - len(end) >= _SHORTEST
    ]
    for form in (word, *found):
        for colloquial, standard in (("ke", "ter"), ("ter", "ke"), ("ng", "meng"), ("ny", "meny")):
            if form.startswith(colloquial) and len(form) - len(colloquial) > _SHORTEST:
                found.append(standard + form.removeprefix(colloquial))
    found += sorted((stem for stem in _english(word) if len(stem) > _SHORTEST), key=len, reverse=True)
    return found

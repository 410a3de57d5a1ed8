"""Whether two texts say the same, although a vendor stored or showed one of them in its own manner."""

import re
import unicodedata

_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# Each reading returns newly signed addresses of files: that is no edit.
_ADDRESS = re.compile(r"https?://[^\s)]++", re.IGNORECASE)
_SIGNED = ("x-amz-", "signature=", "expires=", "token=", "sig=")


def _without_signature(address: re.Match[str]) -> str:
    path, _, query = address[0].partition("?")
    return path if any(sign in query.casefold() for sign in _SIGNED) else address[0]


def essence(text: str) -> str:
    """A plain text without what vendors change by themselves: spaces, line ends, invisible characters, signatures of addresses."""
    plain = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    return " ".join(_ADDRESS.sub(_without_signature, plain).split())


def same_words(one: str, other: str) -> bool:
    """Whether two plain texts say the same."""
    return one == other or essence(one) == essence(other)

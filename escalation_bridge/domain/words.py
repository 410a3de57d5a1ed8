"""Whether two texts say the same, although a vendor stored or showed one of them in its own manner."""

import re
import unicodedata

_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# Addresses of files are signed anew at every reading; nobody has edited anything then.
_SIGNED = re.compile(
    r"(https?://[^\s?)]+)\?[^\s)]*(?:X-Amz-|Signature=|Expires=|token=|sig=)[^\s)]*", re.IGNORECASE
)


def essence(text: str) -> str:
    """A plain text without what vendors change by themselves: spaces, line ends, invisible characters, signatures of addresses."""
    plain = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    return " ".join(_SIGNED.sub(r"\1", plain).split())


def same_words(one: str, other: str) -> bool:
    """Whether two plain texts say the same."""
    return one == other or essence(one) == essence(other)

"""Texts that are longer than Freshdesk takes: cut where they are shown, and whole in a file. Pure.

No limit is documented. That bodies end at 64 KiB is believed, as in other products that keep them in a database's text column.
"""

import hashlib
from io import BytesIO

from escalation_bridge.plugin import (
    FileDraft,
    RichText,
    Visibility,
    from_text,
)

WHOLE_TEXT = "full-text.txt"
_MARKUP_AND_MARK = 400
"""Bytes that are left for what the bridge puts around a text."""


def fitted(body: RichText, longest: int) -> RichText | None:
    """The text cut to so many bytes of HTML, with the name of the file that has all of it; None where it fits as it is.

    Cut text loses its formatting: HTML cannot be cut in the middle.
    """
    room = longest - _MARKUP_AND_MARK
    if len(body.html.encode()) <= room:
        return None
    words = body.text[:room]
    while len((cut := from_text(f"{words.rstrip()} [… {WHOLE_TEXT}]")).html.encode()) > room:
        words = words[: len(words) * 9 // 10]
    return cut


def whole(body: RichText, visibility: Visibility) -> FileDraft:
    """All of a text as a file, as visible as the text."""
    content = (body.text or body.html).encode()
    digest = hashlib.sha256(content).hexdigest()
    return FileDraft(WHOLE_TEXT, "text/plain", len(content), digest, visibility, lambda: BytesIO(content))

"""Texts that exceed a vendor's limit: cut in the ticket, with the whole text in an attached file."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from typing import TypeVar

import structlog

from escalation_bridge.domain.tickets.tickets import RichText, Visibility
from escalation_bridge.errors import FileRefused
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.text.rich_text import from_text

T = TypeVar("T")

WHOLE_TEXT = "full-text.txt"
"""The name of the file with all of a text."""

_log = structlog.get_logger(__name__)


def is_too_long(body: RichText, longest: int) -> bool:
    """Whether a text has more than so many bytes of HTML."""
    return len(body.html.encode()) > longest


def shortened(body: RichText, longest: int) -> RichText:
    """A text cut to so many bytes of HTML, with the name of the file that has all of it; as it is where it fits.

    Cut text loses its formatting: HTML cannot be cut in the middle.
    """
    if not body.html:
        body = from_text(body.text)
    if not is_too_long(body, longest):
        return body
    words = body.text[:longest]
    while is_too_long(cut := from_text(f"{words.rstrip()} [… {WHOLE_TEXT}]"), longest):
        words = words[: len(words) * 9 // 10]
    return cut


def whole_text(body: RichText, visibility: Visibility, name: str = WHOLE_TEXT) -> FileDraft:
    """All of a text as a file, as visible as the text."""
    content = (body.text or body.html).encode()
    digest = hashlib.sha256(content).hexdigest()
    kind = "text/plain; charset=utf-8"
    return FileDraft(name, kind, len(content), digest, visibility, lambda: BytesIO(content))


def write_whole(
    body: RichText, longest: int, visibility: Visibility, write: Callable[[RichText, FileDraft | None], T]
) -> T:
    """Write a text; one that is too long is cut, and goes with a file of all of it if the vendor takes that.

    Args:
        body: The text.
        longest: Bytes of HTML that the vendor takes.
        visibility: Who sees the text, and the file.
        write: Sends a text, and the file with it where there is one.
    """
    if not is_too_long(body, longest):
        return write(body, None)
    short = shortened(body, longest)
    try:
        return write(short, whole_text(body, visibility))
    except FileRefused as refusal:
        # What fits is worth more than nothing.
        _log.warning(
            "plugin.rest_of_a_text_left_out",
            connection=refusal.at.connection,
            operation=refusal.at.operation,
            said=refusal.message,
        )
    return write(short, None)

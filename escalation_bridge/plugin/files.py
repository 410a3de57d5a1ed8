"""Files on their way from one helpdesk to another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from escalation_bridge.domain.tickets.tickets import Visibility


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A downloaded file.

    Attributes:
        size: Bytes.
        sha256: Of the bytes, in hexadecimal.
        content_type: As reported by the server, otherwise by the ticket.
    """

    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A file to attach to a ticket.

    Attributes:
        size: Bytes.
        sha256: Of the bytes, in hexadecimal.
        visibility: Who sees it; never unknown.
        open: Opens the content at its beginning; the caller closes it. A retry calls it again.
    """

    name: str
    content_type: str
    size: int
    sha256: str
    visibility: Visibility
    open: Callable[[], BinaryIO]

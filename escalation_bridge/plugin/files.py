"""What is known of a file on its way from one helpdesk to another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from escalation_bridge.domain.tickets.tickets import Visibility


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """What was fetched.

    Attributes:
        size: Bytes.
        sha256: Of the bytes, in hexadecimal.
        content_type: As the server says; as the ticket says where the server does not.
    """

    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A file to be put at a ticket.

    Attributes:
        size: Bytes.
        sha256: Of the bytes, in hexadecimal.
        visibility: Who sees it; never unknown.
        open: Opens the content at its beginning; the caller closes it. It may be called again for another attempt.
    """

    name: str
    content_type: str
    size: int
    sha256: str
    visibility: Visibility
    open: Callable[[], BinaryIO]

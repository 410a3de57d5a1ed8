"""The files of a helpdesk in memory, at addresses that expire."""

import itertools
from dataclasses import replace
from typing import BinaryIO

from escalation_bridge.domain.tickets.tickets import Attachment
from escalation_bridge.plugin.files import FetchedFile
from escalation_bridge.plugin.http.downloads import FileTooLarge, keep

_CHUNK = 64 * 1024


class Shelf:
    """Files by their ids.

    Attributes:
        contents: The bytes of each.
    """

    def __init__(self, name: str) -> None:
        self.contents: dict[str, bytes] = {}
        self._name = name
        self._ids = itertools.count(1)
        self._age = 0

    def put(self, name: str, content_type: str, content: bytes) -> Attachment:
        """Store a file."""
        identifier = f"f{next(self._ids)}"
        self.contents[identifier] = content
        return self.fresh(Attachment(identifier, name, content_type, len(content), ""))

    def expire(self) -> None:
        """Expire all addresses that were issued so far."""
        self._age += 1

    def fresh(self, file: Attachment) -> Attachment:
        """A file with its current address."""
        return replace(file, url=f"https://{self._name}.example/files/{file.id}?age={self._age}")

    def leads_nowhere(self, file: Attachment) -> bool:
        """Whether a file's address has expired, or its id is unknown."""
        return file.id not in self.contents or file.url != self.fresh(file).url

    def read(self, file: Attachment, into: BinaryIO, limit: int) -> FetchedFile | None:
        """Write a file's content; None if it exceeds the limit."""
        content = self.contents[file.id]
        chunks = (content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))
        try:
            return keep(chunks, into, limit, file.content_type)
        except FileTooLarge:
            return None

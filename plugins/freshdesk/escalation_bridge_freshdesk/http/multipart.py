"""A multipart form with one file, sent while it is read: only the fields and one piece of the file are in memory."""

import re
import secrets
from collections.abc import Iterable, Iterator

from escalation_bridge.plugin import (
    FileDraft,
)

_FILE_FIELD = "attachments[]"
_CHUNK = 64 * 1024
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}(?=\s*(?:;|\Z))")


class MultipartBody:
    """A request's body: of known length, and read from the beginning at every attempt."""

    def __init__(self, fields: Iterable[tuple[str, str]], file: FileDraft, name: str) -> None:
        boundary = secrets.token_hex(24)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._file = file
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields
        ]
        parts.append(
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="{_FILE_FIELD}"; filename="{_quoted(name)}"\r\n'
            f"Content-Type: {_header(file.content_type)}\r\n\r\n"
        )
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self._file.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._file.open() as content:
            while chunk := content.read(_CHUNK):
                yield chunk
        yield self._tail


def plain_name(given: str) -> str:
    """A file's name without a path and without what no name has; its ending is kept."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip()
    stem, dot, ending = name.rpartition(".")
    if len(name) > 200:
        name = f"{stem[:180]}{dot}{ending[:19]}" if stem else name[:200]
    return name or "attachment"


def _quoted(name: str) -> str:
    """As browsers write a file's name into a form."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _header(content_type: str) -> str:
    """The type alone: what comes after it (a charset, a name) is of no use here and may be anything."""
    found = _TYPE.match(content_type)
    return found[0] if found else "application/octet-stream"

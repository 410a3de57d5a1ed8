"""A file as the body of an upload: one multipart field, streamed, of known length, read from the beginning at every attempt."""

import re
import secrets
from collections.abc import Iterator

from escalation_bridge.plugin import (
    FileDraft,
)

_CHUNK = 64 * 1024
_LONGEST_NAME = 200
_NOT_IN_NAMES = re.compile(r'[\\/"%:$?*<>|]')
"""What Jira is reported to refuse in a file's name, and what would end the field's own name."""
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)


def clean_name(given: str) -> str:
    """A file's name without a path and without what no name may have; its ending is kept."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = _NOT_IN_NAMES.sub("_", "".join(char for char in name if char.isprintable())).strip()
    if len(name) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}"[:20] if dot else ""
        name = f"{(stem or name)[: _LONGEST_NAME - len(ending)]}{ending}"
    return name.strip(". ") or "file"


class Upload:
    """The body and the headers of a request that uploads a file.

    Jira takes uploads only in a multipart field named `file`, and with a header that no form on a web page can send.
    """

    def __init__(self, name: str, file: FileDraft) -> None:
        self._file = file
        boundary = secrets.token_hex(16)
        kind = file.content_type if _TYPE.fullmatch(file.content_type) else "application/octet-stream"
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Atlassian-Token": "no-check",
        }

    def __len__(self) -> int:
        return len(self._head) + self._file.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._file.open() as content:
            while chunk := content.read(_CHUNK):
                yield chunk
        yield self._tail

"""Files on their way to a vendor: streamed, of known length, and read from the beginning at every attempt.

docs/adr/0025-multipart-by-urllib3.md says why the form is urllib3's and the streaming is not.
"""

import re
from collections.abc import Iterable, Iterator

from urllib3.filepost import encode_multipart_formdata

from escalation_bridge.plugin.files import FileDraft

_CHUNK = 64 * 1024
_LONGEST_NAME = 200
_LONGEST_ENDING = 20
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)


class FileBody:
    """A file as a request's body."""

    def __init__(self, file: FileDraft) -> None:
        self._file = file

    def __len__(self) -> int:
        """Bytes that are sent."""
        return self._file.size

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, from the first one on: only one piece of the file is in memory."""
        with self._file.open() as content:
            while chunk := content.read(_CHUNK):
                yield chunk


class FormBody(FileBody):
    """A multipart form with one file at its end.

    Attributes:
        content_type: For the request's header of that name.
    """

    def __init__(
        self, field: str, name: str, file: FileDraft, others: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Prepare the form; nothing is read.

        Args:
            field: The form's name for the file.
            name: The file's.
            file: What is sent; what is no type of a file goes as bytes of any kind.
            others: The fields before it, in their order.
        """
        super().__init__(file)
        kind = file.content_type if _TYPE.fullmatch(file.content_type) else "application/octet-stream"
        empty, self.content_type = encode_multipart_formdata([*others, (field, (name, b"", kind))])
        end = empty.rindex(b"\r\n--")
        self._head, self._tail = empty[:end], empty[end:]

    def __len__(self) -> int:
        """Bytes that are sent."""
        return len(self._head) + super().__len__() + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, from the first one on."""
        yield self._head
        yield from super().__iter__()
        yield self._tail


def file_name(given: str) -> str:
    """A file's name without a path and without what no name has, 200 characters at the most; its ending is kept."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip()
    if len(name) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}"[:_LONGEST_ENDING] if stem else ""
        name = f"{(stem or name)[: _LONGEST_NAME - len(ending)]}{ending}"
    return name or "attachment"

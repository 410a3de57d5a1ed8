"""Uploads: bytes on their way into a comment. They belong to no ticket until an update names their token."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BytesIO
from typing import BinaryIO, cast
from urllib.parse import quote

from escalation_bridge.plugin import (
    FileRefused,
    NotApplied,
    OutcomeUnknown,
    RichText,
    UnreadableAnswer,
    VendorError,
)
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.http.refusals import explain
from escalation_bridge_zendesk.translation.shapes import member, text

LARGEST_FILE = 50 * 1024 * 1024
"""Bytes; Zendesk's limit for every account. The account's own, where it tells one, goes before."""
_WHOLE_TEXT = "full-text.txt"
_REFUSALS = frozenset({400, 413, 415, 422})
_CHUNK = 64 * 1024


class Uploads:
    """Sends files in a stream, and takes back those that nobody will see."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    @contextmanager
    def held(
        self,
        operation: str,
        name: str,
        content_type: str,
        size: int,
        open_: Callable[[], BinaryIO],
        *,
        limit: int,
    ) -> Iterator[str]:
        """Upload a file and hand out its token; it is taken back if the update that should name it surely fails.

        Raises:
            FileRefused: It has more bytes than `limit`, or Zendesk does not take it.
            NotApplied: Zendesk stored another number of bytes.
        """
        about = f"{name!r} ({content_type}, {size} bytes; the limit is {limit})"
        if size > limit:
            self._client.refuse(FileRefused, operation, f"too large: {about}")
        token = self._put(operation, name, content_type, size, open_, about)
        try:
            yield token
        except OutcomeUnknown:
            raise  # the update may have named it
        except VendorError:
            self._forget(operation, token)
            raise

    def held_whole(self, operation: str, body: RichText) -> AbstractContextManager[str]:
        """Upload all of a text that is cut where it is shown, as `held` does."""
        content = (body.text or body.html).encode()
        kind = "text/plain; charset=utf-8"
        return self.held(
            operation, _WHOLE_TEXT, kind, len(content), lambda: BytesIO(content), limit=LARGEST_FILE
        )

    def _put(
        self,
        operation: str,
        name: str,
        content_type: str,
        size: int,
        open_: Callable[[], BinaryIO],
        about: str,
    ) -> str:
        content = cast(BinaryIO, _Content(size, open_))  # what is sent is iterated, never read
        response = self._client.upload(operation, name, content_type, content, accept=_REFUSALS)
        if response.status_code in _REFUSALS:
            self._client.refuse(
                FileRefused, operation, f"Zendesk does not take {about}: {explain(response)}", response
            )
        upload = member(self._client.parsed(operation, response), "upload")
        token = text(upload, "token")
        if token is None:
            self._client.refuse(UnreadableAnswer, operation, "Zendesk names no upload", response)
        stored = member(upload, "attachment").get("size")
        if isinstance(stored, int) and stored != size:
            self._forget(operation, token)
            self._client.refuse(
                NotApplied, operation, f"Zendesk stored {stored} of the file's {size} bytes", response
            )
        return token

    def _forget(self, operation: str, token: str) -> None:
        """Take back an upload; if that fails, Zendesk drops it by itself some time later."""
        with suppress(VendorError):
            self._client.write(operation, "DELETE", f"/uploads/{quote(token, safe='')}")


class _Content:
    """Bytes as a request's body: of known length, and read from the beginning at every attempt."""

    def __init__(self, size: int, open_: Callable[[], BinaryIO]) -> None:
        self._size = size
        self._open = open_

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        with self._open() as content:
            while chunk := content.read(_CHUNK):
                yield chunk

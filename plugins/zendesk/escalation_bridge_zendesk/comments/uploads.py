"""Uploads: files that belong to no ticket until an update names their token."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast
from urllib.parse import quote

from escalation_bridge.plugin import (
    FileBody,
    FileDraft,
    FileRefused,
    NotApplied,
    OutcomeUnknown,
    UnreadableAnswer,
    VendorError,
)
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.http.refusals import explain

LARGEST_FILE = 50 * 1024 * 1024
"""Bytes; Zendesk's limit for every account. The account's own limit, if known, has priority."""
_REFUSALS = frozenset({400, 413, 415, 422})


class Uploads:
    """Uploads files as streams, and deletes unused ones."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    @contextmanager
    def held(self, operation: str, file: FileDraft, *, limit: int = LARGEST_FILE) -> Iterator[str]:
        """Upload a file and yield its token. The upload is deleted if the update that names it definitely fails.

        Raises:
            FileRefused: It has more bytes than `limit`, or Zendesk does not accept it.
            NotApplied: Zendesk stored another number of bytes.
        """
        about = f"{file.name!r} ({file.content_type}, {file.size} bytes; the limit is {limit})"
        if file.size > limit:
            self._client.refuse(FileRefused, operation, f"too large: {about}")
        token = self._put(operation, file, about)
        try:
            yield token
        except OutcomeUnknown:
            raise  # the update may have named it
        except VendorError:
            self._forget(operation, token)
            raise

    def _put(self, operation: str, file: FileDraft, about: str) -> str:
        content = cast(BinaryIO, FileBody(file))  # what is sent is iterated, never read
        kind = file.content_type or "application/octet-stream"
        response = self._client.upload(operation, file.name, kind, content, accept=_REFUSALS)
        if response.status_code in _REFUSALS:
            self._client.refuse(
                FileRefused, operation, f"Zendesk does not take {about}: {explain(response)}", response
            )
        upload = self._client.parsed(operation, response) / "upload"
        token = (upload / "token").maybe_text()
        if token is None:
            self._client.refuse(UnreadableAnswer, operation, "Zendesk names no upload", response)
        stored = (upload / "attachment" / "size").value
        if isinstance(stored, int) and stored != file.size:
            self._forget(operation, token)
            self._client.refuse(
                NotApplied, operation, f"Zendesk stored {stored} of the file's {file.size} bytes", response
            )
        return token

    def _forget(self, operation: str, token: str) -> None:
        """Delete an upload. If that fails, Zendesk deletes it later by itself."""
        with suppress(VendorError):
            self._client.write(operation, "DELETE", f"/uploads/{quote(token, safe='')}")

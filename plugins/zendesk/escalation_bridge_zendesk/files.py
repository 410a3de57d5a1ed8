"""Files at a ticket: uploaded in a stream, and shown by a comment with exactly the visibility asked for."""

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, cast
from urllib.parse import quote

import requests

from escalation_bridge.accounts import WriteReceipt
from escalation_bridge.domain.tickets import Comment
from escalation_bridge.errors import FileRefused, NotApplied, OutcomeUnknown, UnreadableAnswer, VendorError
from escalation_bridge.files import FileDraft
from escalation_bridge_zendesk.account import Account
from escalation_bridge_zendesk.client import ZendeskClient
from escalation_bridge_zendesk.comments import Comments
from escalation_bridge_zendesk.drafts import file_members
from escalation_bridge_zendesk.mapping import MARK
from escalation_bridge_zendesk.refusals import explain
from escalation_bridge_zendesk.shapes import member, text

_OPERATION = "add_attachment"
_LARGEST = 50 * 1024 * 1024
"""Bytes; Zendesk's limit for every account. The account's own, where it tells one, goes before."""
_REFUSALS = frozenset({400, 413, 415, 422})
_CHUNK = 64 * 1024
_LONGEST_NAME = 200


class Files:
    """Puts files at tickets."""

    def __init__(self, client: ZendeskClient, account: Account, comments: Comments) -> None:
        self._client = client
        self._account = account
        self._comments = comments

    def add(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        """Put a file at a ticket once.

        Zendesk has files only at comments, and comments only as part of an update: the file is uploaded first, and the
        update names the token of the upload.
        """
        name = _name(file.name)
        there = self._comments.with_key(_OPERATION, ticket_id, key, file.visibility)
        if there is not None:
            return self._receipt(there, name)
        limit = self._account.largest_file() or _LARGEST
        if file.size > limit:
            self._client.refuse(
                FileRefused,
                _OPERATION,
                f"{name!r} has {file.size} bytes; this account takes {limit} at the most",
            )
        token = self._upload(name, file, limit)
        members = file_members(name, token, file.visibility, {MARK: key})
        try:
            written = self._comments.write(_OPERATION, ticket_id, members, file.visibility, key)
        except OutcomeUnknown:
            raise  # the update may name the upload, so it has to stay
        except VendorError:
            self._forget(token)
            raise
        return self._receipt(written, name)

    def _upload(self, name: str, file: FileDraft, limit: int) -> str:
        content = cast(BinaryIO, _Content(file))  # what is sent is iterated, never read
        response = self._client.upload(
            _OPERATION, name, file.content_type or "application/octet-stream", content, accept=_REFUSALS
        )
        if response.status_code in _REFUSALS:
            self._client.refuse(FileRefused, _OPERATION, self._why(name, file, limit, response), response)
        upload = member(self._client.parsed(_OPERATION, response), "upload")
        token = text(upload, "token")
        if token is None:
            self._client.refuse(UnreadableAnswer, _OPERATION, "Zendesk names no upload", response)
        stored = member(upload, "attachment").get("size")
        if isinstance(stored, int) and stored != file.size:
            self._forget(token)
            self._client.refuse(
                NotApplied, _OPERATION, f"Zendesk stored {stored} of the file's {file.size} bytes", response
            )
        return token

    def _why(self, name: str, file: FileDraft, limit: int, response: requests.Response) -> str:
        about = f"{name!r} ({file.content_type}, {file.size} bytes; the limit is {limit})"
        return f"Zendesk does not take {about}: {explain(response)}"

    def _forget(self, token: str) -> None:
        """Take back an upload that no comment will show; if that fails, Zendesk drops it by itself some time later."""
        with suppress(VendorError):
            self._client.write(_OPERATION, "DELETE", f"/uploads/{quote(token, safe='')}")

    def _receipt(self, comment: Comment, name: str) -> WriteReceipt:
        if not comment.attachments:
            self._client.refuse(NotApplied, _OPERATION, "Zendesk wrote the comment without the file")
        shown = f"{name}: {comment.visibility.value} comment {comment.id}"
        return WriteReceipt(comment.attachments[0].id, shown)


class _Content:
    """A file's bytes as a request's body: of known length, and read from the beginning at every attempt."""

    def __init__(self, file: FileDraft) -> None:
        self._file = file

    def __len__(self) -> int:
        return self._file.size

    def __iter__(self) -> Iterator[bytes]:
        with self._file.open() as content:
            while chunk := content.read(_CHUNK):
                yield chunk


def _name(given: str) -> str:
    """A file's name without a path and without what no name has; the ending tells agents' browsers what it is."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip()
    if len(name) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: _LONGEST_NAME - 20]}{dot}{ending[:19]}" if dot else name[:_LONGEST_NAME]
    return name or "attachment"

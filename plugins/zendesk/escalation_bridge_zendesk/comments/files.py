"""Attach files to a ticket: streamed uploads, each shown by a comment with the requested visibility."""

from dataclasses import replace

from escalation_bridge.plugin import (
    Comment,
    FileDraft,
    NotApplied,
    Visibility,
    WriteReceipt,
    file_name,
    from_text,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.comments.comments import Comments
from escalation_bridge_zendesk.comments.uploads import LARGEST_FILE, Uploads
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.translation.drafts import comment_members
from escalation_bridge_zendesk.translation.mapping import MARK

_OPERATION = "add_attachment"


class Files:
    """Attaches files to tickets."""

    def __init__(self, client: ZendeskClient, account: Account, comments: Comments, uploads: Uploads) -> None:
        self._client = client
        self._account = account
        self._comments = comments
        self._uploads = uploads

    def add(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        """Attach a file to a ticket once.

        Zendesk has files only at comments, and comments only as part of an update: the file is uploaded first, and the
        update names the token of the upload. The comment's text is the file's name.
        """
        file = replace(file, name=file_name(file.name))
        there = self._comments.with_key(_OPERATION, ticket_id, key, file.visibility)
        if there is not None:
            return self._receipt(there, file.name)
        if file.visibility is Visibility.PUBLIC:
            self._comments.refuse_where_nobody_reads(_OPERATION, ticket_id)
        limit = self._account.largest_file() or LARGEST_FILE
        with self._uploads.held(_OPERATION, file, limit=limit) as token:
            members = comment_members(from_text(file.name), file.visibility, {MARK: key}, (token,))
            written = self._comments.write(_OPERATION, ticket_id, members, file.visibility, key).comment
            return self._receipt(written, file.name)

    def _receipt(self, comment: Comment, name: str) -> WriteReceipt:
        if not comment.attachments:
            self._client.refuse(NotApplied, _OPERATION, "Zendesk wrote the comment without the file")
        shown = f"{name}: {comment.visibility.value} comment {comment.id}"
        return WriteReceipt(comment.attachments[0].id, shown)

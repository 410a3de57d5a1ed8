"""Edit and delete the bridge's own conversations: notes are edited in place; a reply was mailed and cannot be edited."""

from escalation_bridge.plugin import (
    CommentDraft,
    CommentNotFound,
    Rejected,
    TicketNotFound,
    Visibility,
    WriteReceipt,
    is_too_long,
)
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.comments.comments import ensure_seen_by
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import ConversationShape
from escalation_bridge_freshdesk.translation import mapping, marks

_EDIT, _DELETE = "edit_comment", "delete_comment"
_NOTE = 2


class Rewording:
    """Edits and deletes the bridge's own conversations."""

    def __init__(self, client: FreshdeskClient, account: Account, longest: int) -> None:
        self._client = client
        self._account = account
        self._longest = longest

    def edit(
        self, ticket_id: str, comment_id: str, comment: CommentDraft, key: str
    ) -> tuple[ConversationShape, str]:
        """Replace the text of a note. Its mark is part of the text, so it is written again.

        Returns:
            The stored note, and its key.

        Raises:
            Rejected: It is a reply ("Only public & private notes can be edited"), or not the bridge's.
            CommentNotFound: It no longer exists.
            PrivacyBreach: It is public now and was not before.
        """
        found = self._own(ticket_id, comment_id, _EDIT)
        if found is None:
            self._client.transport.refuse(CommentNotFound, _EDIT, f"conversation {comment_id} is not there")
        if found.source != _NOTE:
            self._client.transport.refuse(
                Rejected, _EDIT, f"conversation {comment_id} is no note, and Freshdesk edits nothing else"
            )
        if not comment.body:
            self._client.transport.refuse(Rejected, _EDIT, "body: a comment must not be empty")
        if is_too_long(comment.body, self._longest):
            # A further comment can bring a file with all of the text; the file of this one would be the old text.
            self._client.transport.refuse(
                Rejected, _EDIT, "body: too long to be shown in place of the old one"
            )
        carried = marks.mark_of(found) or key
        markup = marks.marked_note(comment.body.html, carried)
        if marks.mark_of(found) is not None and marks.shows_the_same(found, markup):
            return found, carried
        try:
            stored = self._client.edit_note(found.id, markup)
        except TicketNotFound:  # a conversation's 404
            self._client.transport.refuse(CommentNotFound, _EDIT, f"conversation {comment_id} is not there")
        if mapping.visibility(found) is Visibility.PRIVATE:
            ensure_seen_by(self._client, stored, Visibility.PRIVATE, _EDIT)
        return stored, carried

    def delete(self, ticket_id: str, comment_id: str) -> WriteReceipt:
        """Delete a note or a reply from the ticket. A mail that was sent is not recalled.

        Raises:
            Rejected: It is not the bridge's.
        """
        found = self._own(ticket_id, comment_id, _DELETE)
        if found is None:
            return WriteReceipt(comment_id, f"conversation {comment_id}: not there any more")
        try:
            self._client.delete_conversation(found.id)
        except TicketNotFound:  # somebody was faster
            return WriteReceipt(comment_id, f"conversation {comment_id}: not there any more")
        kind = "reply (its mail stays where it is)" if found.source != _NOTE else "note"
        return WriteReceipt(comment_id, f"{kind} {comment_id} deleted")

    def _own(self, ticket_id: str, comment_id: str, operation: str) -> ConversationShape | None:
        """The conversation, if it exists and is the bridge's own. The agent is checked too: somebody may have removed the mark."""
        listed = self._client.list_conversations(ticket_id)
        found = next((one for one in listed if str(one.id) == comment_id), None)
        if found is None:
            return None
        if found.incoming or (marks.mark_of(found) is None and found.user_id != self._account.me().id):
            self._client.transport.refuse(
                Rejected, operation, f"conversation {comment_id} is not one of the bridge's"
            )
        return found

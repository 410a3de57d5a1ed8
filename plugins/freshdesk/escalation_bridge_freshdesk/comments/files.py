"""Attach files to a ticket: Freshdesk has them at conversations, so each comes with a private note or a public reply."""

from datetime import timedelta

from escalation_bridge.plugin import (
    Connection,
    FileDraft,
    FileRefused,
    NotApplied,
    Visibility,
    WriteReceipt,
    file_name,
    from_text,
)
from escalation_bridge_freshdesk.account import MIB, Account
from escalation_bridge_freshdesk.comments.comments import Comments, ensure_seen_by
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import ConversationShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.translation import marks

_OPERATION = "add_attachment"

Conversations = tuple[ConversationShape, ...]


class Files:
    """Attaches files to one account's tickets."""

    def __init__(
        self,
        connection: Connection[FreshdeskSettings],
        client: FreshdeskClient,
        account: Account,
        comments: Comments,
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account
        self._comments = comments

    def add(self, ticket_id: str, file: FileDraft, key: str) -> WriteReceipt:
        """Attach a file to a ticket once. The conversation's text is the file's name."""
        name = file_name(file.name)
        private = file.visibility is not Visibility.PUBLIC
        earlier = self._client.list_conversations(ticket_id)
        conversation = marks.find_marked(earlier, key)
        if conversation is None and not private:
            conversation = self._same_file(earlier, file, name)
        if conversation is None:
            self._refuse_if_too_large(earlier, file, name)
            words = from_text(name).html
            markup = marks.marked_note(words, key) if private else marks.marked_reply(words, key)
            copies = () if private else self._comments.on_copy(ticket_id)
            conversation = self._client.attach(ticket_id, markup, file, name, private=private, on_copy=copies)
        ensure_seen_by(self._client, conversation, file.visibility, _OPERATION)
        return self._receipt(ticket_id, conversation, file, name)

    def _refuse_if_too_large(self, earlier: Conversations, file: FileDraft, name: str) -> None:
        """Check the limit, which applies to all files of a ticket together; Freshdesk itself counts those of the description."""
        limit = self._settings.files_mb * MIB
        there = sum(one.size or 0 for conversation in earlier for one in conversation.attachments)
        if file.size + there > limit:
            besides = f", beside {there} that the ticket's conversations have already" if there else ""
            self._client.transport.refuse(
                FileRefused,
                _OPERATION,
                f"{name!r} has {file.size} bytes{besides}; all files of a ticket may have {limit} together",
            )

    def _same_file(self, earlier: Conversations, file: FileDraft, name: str) -> ConversationShape | None:
        """The reply with a lost answer and without its mark: with the same text and this file."""
        since = self._connection.now() - timedelta(minutes=self._settings.reply_repeat_minutes)
        carrying = tuple(
            conversation
            for conversation in earlier
            if any(one.size == file.size for one in conversation.attachments)
        )
        return marks.find_same_words(carrying, from_text(name), self._account.me().id, since)

    def _receipt(
        self, ticket_id: str, conversation: ConversationShape, file: FileDraft, name: str
    ) -> WriteReceipt:
        if not conversation.attachments:  # perhaps only the answer leaves them out
            listed = self._client.list_conversations(ticket_id)
            conversation = next((one for one in listed if one.id == conversation.id), conversation)
        if not conversation.attachments:
            self._refuse_result("Freshdesk wrote the conversation without the file")
        stored = conversation.attachments[0]
        if stored.size is not None and stored.size != file.size:
            self._refuse_result(f"Freshdesk stored {stored.size} of the file's {file.size} bytes")
        kind = "private note" if conversation.private else "public reply"
        return WriteReceipt(str(stored.id), f"{name}: {kind} {conversation.id}")

    def _refuse_result(self, message: str) -> None:
        self._client.transport.refuse(NotApplied, _OPERATION, message)

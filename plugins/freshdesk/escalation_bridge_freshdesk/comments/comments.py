"""Read and write a ticket's conversations."""

from datetime import UTC, timedelta
from functools import partial

from escalation_bridge.plugin import (
    Circumstances,
    Comment,
    CommentDraft,
    Connection,
    FileDraft,
    Rejected,
    RichText,
    TicketRef,
    Visibility,
    ensure_visibility,
    shortened,
    write_whole,
)
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.comments.listing import Listing
from escalation_bridge_freshdesk.http.client import MOST_EMBEDDED, FreshdeskClient, oldest_first
from escalation_bridge_freshdesk.http.shapes import ConversationShape, TicketShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.translation import audience, mapping, marks

_UNREACHABLE = "the requester has no e-mail address: a public reply would reach nobody"
_ANSWER_THERE = (
    "Answer the customer at Freshdesk by the channel of the ticket, or add an address to the contact."
)


class Comments:
    """The conversations of one account's tickets."""

    def __init__(
        self, connection: Connection[FreshdeskSettings], client: FreshdeskClient, account: Account
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account
        self._listing = Listing(client)

    def fetch(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        """All conversations after `after`."""
        return self._after(ticket_id, after, oldest_first(self._listing.from_(ticket_id, after)))

    def come_along(self, ticket_id: str) -> bool:
        """Whether to read a ticket together with its first conversations: a list of several pages is read anyway."""
        return not self._listing.is_long(ticket_id)

    def of(self, ticket: TicketShape, after: str | None) -> tuple[Comment, ...]:
        """The same for a ticket that was just read, possibly with its first conversations."""
        ticket_id, first = str(ticket.id), ticket.conversations
        if first is None or len(first) >= MOST_EMBEDDED:
            return self.fetch(ticket_id, after)
        return self._after(ticket_id, after, oldest_first(first))

    def _after(
        self, ticket_id: str, after: str | None, conversations: tuple[ConversationShape, ...]
    ) -> tuple[Comment, ...]:
        known = next((conversation for conversation in conversations if str(conversation.id) == after), None)
        return tuple(
            self.as_comment(ticket_id, conversation)
            for conversation in conversations
            if known is None or conversation.created_at > known.created_at or conversation.id > known.id
        )

    def add(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        if not comment.body:
            self._client.transport.refuse(Rejected, "add_comment", "body: a comment must not be empty")
        earlier = () if comment.first_attempt else self._client.list_conversations(ticket_id)
        found = marks.find_marked(earlier, key)
        private = comment.visibility is not Visibility.PUBLIC
        longest = self._settings.longest_shown
        if earlier and found is None and not private:
            found = self._same_words(earlier, shortened(comment.body, longest))
        write = partial(self._write, ticket_id, key, private)
        conversation = found or write_whole(comment.body, longest, comment.visibility, write)
        ensure_seen_by(self._client, conversation, comment.visibility, "add_comment")
        return self.as_comment(ticket_id, conversation, marker=key)

    # --- writing ---

    def _same_words(self, earlier: tuple[ConversationShape, ...], body: RichText) -> ConversationShape | None:
        since = self._connection.now() - timedelta(minutes=self._settings.reply_repeat_minutes)
        return marks.find_same_words(earlier, body, self._account.me().id, since)

    def _write(
        self, ticket_id: str, key: str, private: bool, body: RichText, file: FileDraft | None
    ) -> ConversationShape:
        markup = marks.marked_note(body.html, key) if private else marks.marked_reply(body.html, key)
        copies = () if private else self.on_copy(ticket_id)
        if file is not None:
            return self._client.attach(ticket_id, markup, file, file.name, private=private, on_copy=copies)
        if private:
            return self._client.write_note(ticket_id, markup)
        return self._client.send_reply(ticket_id, markup, copies)

    def on_copy(self, ticket_id: str) -> tuple[str, ...]:
        """The present CCs of a ticket: a person removed since the last read must not get the reply.

        Raises:
            Rejected: The requester has no email address: the customer would seem to have been notified.
        """
        ticket = self._client.fetch_ticket(ticket_id, include="requester")
        if audience.reaches_nobody(ticket):
            at = Circumstances(self._connection.name, "add_comment")
            raise Rejected(_UNREACHABLE, at, advice=_ANSWER_THERE)
        return audience.on_copy(ticket)

    # --- reading ---

    def as_comment(
        self, ticket_id: str, conversation: ConversationShape, marker: str | None = None
    ) -> Comment:
        """A conversation as the bridge's comment; `marker`: its known key, which the text may lack."""
        return Comment(
            ticket=TicketRef(self._connection.name, ticket_id),
            id=str(conversation.id),
            author=audience.speaker(conversation, self._account.author(conversation)),
            visibility=mapping.visibility(conversation),
            body=marks.without_mark(conversation, self._settings.url),
            created_at=conversation.created_at.astimezone(UTC),
            attachments=mapping.files(conversation.attachments, conversation.body, self._settings.url),
            marker=marker or marks.mark_of(conversation),
        )


def ensure_seen_by(
    client: FreshdeskClient, conversation: ConversationShape, asked: Visibility, operation: str
) -> None:
    """Ensure that a conversation has the requested visibility.

    Raises:
        PrivacyBreach: It was requested as private and is not; it was deleted.
        NotApplied: It was requested as public and is not.
    """
    take_back = partial(client.delete_conversation, conversation.id)
    ensure_visibility(
        client.transport, operation, f"conversation {conversation.id}", asked, conversation.private, take_back
    )

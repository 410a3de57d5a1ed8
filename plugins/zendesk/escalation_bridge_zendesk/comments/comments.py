"""Read comments, and write them with the requested visibility."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace

import structlog

from escalation_bridge.plugin import (
    Comment,
    CommentDraft,
    Connection,
    FileDraft,
    JsonPart,
    NotApplied,
    Rejected,
    RichText,
    Ticket,
    TicketRef,
    Visibility,
    WrittenComment,
    ensure_visibility,
    write_whole,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.account.people import People
from escalation_bridge_zendesk.account.standing import Standing
from escalation_bridge_zendesk.comments.conversations import Conversations, requester_has_address
from escalation_bridge_zendesk.comments.uploads import Uploads
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path
from escalation_bridge_zendesk.settings import ZendeskSettings
from escalation_bridge_zendesk.translation import mapping
from escalation_bridge_zendesk.translation.answered import people_of, ticket_of
from escalation_bridge_zendesk.translation.drafts import LONGEST_COMMENT, comment_members
from escalation_bridge_zendesk.translation.mapping import MARK
from escalation_bridge_zendesk.translation.messages import as_comments, is_conversational

_log = structlog.get_logger(__name__)

_UNREACHABLE = (
    "the customer writes in a conversation and has no e-mail address: a public comment would reach nobody"
)
_ANSWER_THERE = (
    "Answer the customer in the conversation, in Zendesk's Agent Workspace; its API for tickets cannot."
)
_MOST_LISTED = 10_000
_NEWEST_FIRST = {"sort": "-created_at", "include": "users", "include_inline_images": "true"}


class Listed:
    """The list of a ticket's comments, newest first. Each page is read on demand, and once.

    Args:
        pages: Zendesk's answers, one after the other.
    """

    def __init__(self, pages: Iterator[JsonPart]) -> None:
        self._unread = pages
        self._read: list[JsonPart] = []

    def __iter__(self) -> Iterator[JsonPart]:
        """All pages."""
        yield from self._read
        for page in self._unread:
            self._read.append(page)
            yield page

    def first(self) -> JsonPart | None:
        """The first comment, which is the description; None if it is not on the first page."""
        page = next(iter(self), None)
        if page is None or (page / "meta" / "has_more").value is not False:
            return None
        comments = (page / "comments").objects()
        return comments[-1] if comments else None


class Comments:
    """Comments of the account's tickets."""

    def __init__(
        self,
        connection: Connection[ZendeskSettings],
        client: ZendeskClient,
        account: Account,
        people: People,
        uploads: Uploads,
        standing: Standing,
        conversations: Conversations,
    ) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client
        self._account = account
        self._people = people
        self._uploads = uploads
        self._standing = standing
        self._conversations = conversations
        # Whether a ticket is a conversation, by the comments of it that this process has listed.
        self._listed: OrderedDict[str, bool] = OrderedDict()
        self._lock = threading.Lock()

    def listed(self, ticket_id: str) -> Listed:
        """The list of a ticket's comments. Sends no request yet."""
        return Listed(self._client.pages("fetch_comments", ticket_path(ticket_id, "comments"), _NEWEST_FIRST))

    def fetch(self, ticket_id: str, after: str | None, listed: Listed | None = None) -> tuple[Comment, ...]:
        """Read the comments after the description and after the known comment, oldest first.

        Most messages of a conversation are not comments: they are read too, and sorted between the comments by time.

        Args:
            ticket_id: The ticket.
            after: The last known comment.
            listed: The list, if a part of it was read just now.
        """
        operation = "fetch_comments"
        listed = listed or self.listed(ticket_id)
        conversation = self._conversations.known(ticket_id)
        if conversation is None:
            return self._standing.judged(operation, ticket_id, self._comments_after(ticket_id, after, listed))
        messages = self._conversations.now(conversation, operation, ticket_id)
        ref = TicketRef(self._connection.name, ticket_id)
        comments = (
            *self._standing.judged(operation, ticket_id, self._comments_after(ticket_id, None, listed)),
            *as_comments(messages, conversation.created_at, ref),
        )
        in_order = sorted(comments, key=lambda comment: comment.created_at)
        known = next((comment.created_at for comment in in_order if comment.id == after), None)
        # What came in the second of the known one may have come after it.
        return tuple(comment for comment in in_order if known is None or comment.created_at >= known)

    def _comments_after(self, ticket_id: str, after: str | None, listed: Listed) -> tuple[Comment, ...]:
        newer: list[Comment] = []
        for page in self._pages(ticket_id, listed):
            ids = [comment.id for comment in page]
            if after is not None and after in ids:
                newer += page[: ids.index(after)]
                return tuple(reversed(newer))
            newer += page
        # The list was read to its end, and there stands the description.
        return tuple(reversed(newer[:-1]))

    def add(self, ticket_id: str, draft: CommentDraft, key: str) -> WrittenComment:
        """Write a comment once. A text that is too long is cut, and attached as a file."""
        operation = "add_comment"
        if not draft.first_attempt or not self._knows_who_reads(ticket_id, draft.visibility):
            there = self.with_key(operation, ticket_id, key, draft.visibility)
            if there is not None:
                return WrittenComment(there)
        if draft.visibility is Visibility.PUBLIC:
            self.refuse_where_nobody_reads(operation, ticket_id)

        def write(body: RichText, whole: FileDraft | None) -> WrittenComment:
            with self._uploads.held(operation, whole) if whole else nullcontext() as token:
                uploads = (token,) if token else ()
                members = comment_members(body, draft.visibility, {MARK: key}, uploads)
                return self.write(operation, ticket_id, members, draft.visibility, key, draft.known)

        return write_whole(draft.body, LONGEST_COMMENT, draft.visibility, write)

    def with_key(self, operation: str, ticket_id: str, key: str, asked: Visibility) -> Comment | None:
        """The comment that an earlier call with this key wrote; None if there is none.

        Raises:
            PrivacyBreach: It was requested as private and is public.
        """
        there = self._among_the_newest(operation, ticket_id, key)
        return None if there is None else self._as_asked(operation, ticket_id, there, asked)

    def refuse_where_nobody_reads(self, operation: str, ticket_id: str) -> None:
        """Refuse a public comment in a conversation whose customer has no email address.

        A comment of the ticketing API never appears in the conversation; Zendesk mails it, if it can. The customer would seem to have been
        notified.

        Raises:
            Rejected: A comment does not reach the customer.
        """
        conversation = self._conversations.known(ticket_id)
        if conversation is None and self._listed.get(ticket_id):
            # Another process read the ticket.
            answer = self._client.read(operation, ticket_path(ticket_id), {"include": "users"})
            raw = answer / "ticket"
            conversation = self._conversations.look(raw, has_address=requester_has_address(answer, raw))
        if conversation is not None and not conversation.requester_has_address:
            self._client.refuse(Rejected, operation, _UNREACHABLE, advice=_ANSWER_THERE)

    def write(
        self,
        operation: str,
        ticket_id: str,
        members: Mapping[str, object],
        asked: Visibility,
        key: str,
        known: Ticket | None = None,
    ) -> WrittenComment:
        """Send an update that adds a comment, and check the comment in the answer.

        Args:
            operation: The hook.
            ticket_id: The ticket.
            members: The members of the update.
            asked: The requested visibility.
            key: The key of the write.
            known: The ticket as last known; with it, the answer's ticket is returned.

        Raises:
            PrivacyBreach: It was requested as private and is public.
            NotApplied: There is no comment, or it was requested as public and is private.
        """
        me = self._account.me()
        answer = self._client.write_and_read(operation, "PUT", ticket_path(ticket_id), {"ticket": members})
        audit = answer / "audit"
        if mapping.mark(audit, MARK) != key:
            _log.warning("zendesk.mark_not_kept", connection=self._connection.name, ticket=ticket_id)
        beside = mapping.Sideloads(users={me.id: me})
        written = self._written(audit, beside, ticket_id) or self._among_the_newest(operation, ticket_id, key)
        if written is None:
            self._client.refuse(NotApplied, operation, "Zendesk said yes and wrote no comment")
        checked = self._as_asked(operation, ticket_id, replace(written, marker=key), asked)
        return WrittenComment(checked, self._answered(answer, known))

    def _answered(self, answer: JsonPart, known: Ticket | None) -> Ticket | None:
        """The ticket in the answer."""
        if known is None:
            return None
        custom_status = (answer / "ticket" / "custom_status_id").maybe_identifier()
        return ticket_of(
            answer,
            known,
            people_of(known),
            account_url=self._connection.settings.url,
            statuses=self._account.statuses_with(custom_status),
        )

    def _knows_who_reads(self, ticket_id: str, visibility: Visibility) -> bool:
        """Whether a comment can be written without reading the existing ones: a public one has to reach somebody,
        see `refuse_where_nobody_reads`.
        """
        return visibility is Visibility.PRIVATE or ticket_id in self._listed

    def _note(self, ticket_id: str, *, is_conversation: bool) -> None:
        with self._lock:
            self._listed[ticket_id] = is_conversation or self._listed.get(ticket_id, False)
            self._listed.move_to_end(ticket_id)
            while len(self._listed) > _MOST_LISTED:
                self._listed.popitem(last=False)

    def _newest_first(self, ticket_id: str, operation: str) -> Iterator[list[Comment]]:
        pages = self._client.pages(operation, ticket_path(ticket_id, "comments"), _NEWEST_FIRST)
        return self._pages(ticket_id, pages)

    def _pages(self, ticket_id: str, pages: Iterable[JsonPart]) -> Iterator[list[Comment]]:
        ref = TicketRef(self._connection.name, ticket_id)
        for page in pages:
            raws = (page / "comments").as_list().objects()
            self._note(ticket_id, is_conversation=any(is_conversational(raw) for raw in raws))
            beside = self._people.complete(
                mapping.sideloads(page), [(raw / "author_id").value for raw in raws]
            )
            comments = [mapping.comment(raw, beside, ref) for raw in raws]
            yield comments

    def _among_the_newest(self, operation: str, ticket_id: str, key: str) -> Comment | None:
        newest = next(self._newest_first(ticket_id, operation), [])
        return next((comment for comment in newest if comment.marker == key), None)

    def _written(self, audit: JsonPart, beside: mapping.Sideloads, ticket_id: str) -> Comment | None:
        """The new comment in the events of the update's audit. A trigger may have added its own comment in the same update."""
        for event in (audit / "events").objects():
            by_trigger = (event / "via" / "channel").maybe_text() == "rule"
            if (event / "type").maybe_text() == "Comment" and not by_trigger:
                shown = {
                    **event.mapping(),
                    "author_id": (event / "author_id").value or (audit / "author_id").value,
                    "created_at": (audit / "created_at").value,
                }
                raw = JsonPart(shown, event.path, event.fail)
                return mapping.comment(raw, beside, TicketRef(self._connection.name, ticket_id))
        return None

    def _as_asked(self, operation: str, ticket_id: str, comment: Comment, asked: Visibility) -> Comment:
        """The comment, if it has the requested visibility. One that is public by mistake is made private: Zendesk deletes none."""
        path = ticket_path(ticket_id, "comments", comment.id, "make_private")
        ensure_visibility(
            self._client.transport,
            operation,
            f"comment {comment.id}",
            asked,
            comment.visibility is Visibility.PRIVATE,
            lambda: self._client.write(operation, "PUT", path),
            taken_back="made private",
        )
        return comment

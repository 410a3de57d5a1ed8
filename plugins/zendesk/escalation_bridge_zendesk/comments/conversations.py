"""Read messaging and chat conversations together with their tickets."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    Circumstances,
    JsonPart,
    NotSettled,
    PermissionDenied,
    TicketNotFound,
)
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path
from escalation_bridge_zendesk.translation import messages
from escalation_bridge_zendesk.translation.messages import Message

_MOST_KEPT = 2000
_NOTHING_BELIEVED_AFTER = timedelta(seconds=30)
"""A conversation that is empty after this time really is. Its first messages decide the first response."""
_ASKED_AGAIN = 5.0
_LOG = {"sort": "created_at"}


@dataclass(slots=True)
class Conversation:
    """The last read state of a ticket's conversation.

    Attributes:
        is_read: Whether the messages were ever read.
        is_fresh: Whether they were read with the ticket, and are not returned as comments yet: one read needs one request.
    """

    created_at: datetime
    requester_has_address: bool
    messages: tuple[Message, ...] = ()
    is_read: bool = False
    is_fresh: bool = False


class Conversations:
    """The conversations of one account. Thread-safe."""

    def __init__(self, client: ZendeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Conversation] = OrderedDict()

    def of(
        self, ticket: JsonPart, operation: str, *, has_address: bool, again: bool
    ) -> tuple[Message, ...] | None:
        """The conversation of a ticket; None if the ticket has none.

        Args:
            ticket: The ticket as it was answered.
            operation: The hook.
            has_address: Whether the requester has an email address.
            again: Whether to read it even if it is known.
        """
        ticket_id, created_at = (ticket / "id").maybe_identifier(), (ticket / "created_at").maybe_instant()
        if ticket_id is None or created_at is None or not messages.is_conversation(ticket):
            return None
        known = self.known(ticket_id)
        if known is not None and known.is_read and not again:
            return known.messages
        found = self._read(operation, ticket_id)
        age = self._now() - created_at
        if not found and age < _NOTHING_BELIEVED_AFTER:
            at = Circumstances(self._client.connection, operation, retry_after=_ASKED_AGAIN)
            raise NotSettled("the conversation of a new ticket is not in the log yet", at)
        self._keep(ticket_id, Conversation(created_at, has_address, found, is_read=True, is_fresh=True))
        return found

    def look(self, ticket: JsonPart, *, has_address: bool) -> "Conversation | None":
        """Store a ticket without reading its conversation."""
        ticket_id, created_at = (ticket / "id").maybe_identifier(), (ticket / "created_at").maybe_instant()
        if ticket_id is None or created_at is None or not messages.is_conversation(ticket):
            return None
        return self._keep(ticket_id, Conversation(created_at, has_address))

    def _keep(self, ticket_id: str, conversation: Conversation) -> Conversation:
        with self._lock:
            self._kept[ticket_id] = conversation
            self._kept.move_to_end(ticket_id)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return conversation

    def known(self, ticket_id: str) -> Conversation | None:
        """The conversation of a ticket that was read before; None if the ticket is not known to have one."""
        with self._lock:
            return self._kept.get(ticket_id)

    def now(self, conversation: Conversation, operation: str, ticket_id: str) -> tuple[Message, ...]:
        """The current messages. Those read with the ticket a moment ago are returned once."""
        with self._lock:
            fresh, conversation.is_fresh = conversation.is_fresh, False
        if not fresh:
            conversation.messages, conversation.is_read = self._read(operation, ticket_id), True
        return conversation.messages

    def _read(self, operation: str, ticket_id: str) -> tuple[Message, ...]:
        """The conversation log; if it has no messages, as for a chat from before messaging, the audits.

        Raises:
            VendorError: Neither can be read. It is not treated as empty: the comments would look deleted.
        """
        found: list[Message] = []
        refusal: PermissionDenied | TicketNotFound | None = None
        try:
            for page in self._client.pages(operation, ticket_path(ticket_id, "conversation_log"), _LOG):
                events = (page / "events").as_list().objects()
                found += messages.from_log(events)
        except (PermissionDenied, TicketNotFound) as refused:
            refusal = refused  # an account without messaging
        if not found:
            found = self._chat(operation, ticket_id, refusal)
        return tuple(sorted(found, key=lambda message: message.at))

    def _chat(
        self, operation: str, ticket_id: str, refusal: PermissionDenied | TicketNotFound | None
    ) -> list[Message]:
        found: list[Message] = []
        try:
            for page in self._client.pages(operation, ticket_path(ticket_id, "audits"), _LOG):
                audits = (page / "audits").as_list().objects()
                found += messages.from_audits(audits)
        except (PermissionDenied, TicketNotFound) as refused:
            raise refusal or refused from refused
        return found


def requester_has_address(answer: JsonPart, ticket: JsonPart) -> bool:
    """Whether the requester has an email address, by the sideloaded users."""
    wanted = (ticket / "requester_id").maybe_identifier()
    return any(
        (user / "id").maybe_identifier() == wanted and (user / "email").maybe_text() is not None
        for user in (answer / "users").objects()
    )

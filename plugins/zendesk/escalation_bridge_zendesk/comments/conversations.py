"""Reading conversations of messaging and chat beside the tickets that they belong to."""

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
"""A conversation that is still empty then really is. Its first words decide over the first response."""
_ASKED_AGAIN = 5.0
_LOG = {"sort": "created_at"}


@dataclass(slots=True)
class Conversation:
    """A ticket's conversation as it was last read.

    Attributes:
        is_read: Whether the messages were ever read.
        is_fresh: Whether they were read with the ticket, and its comments not asked for yet: one look needs one request.
    """

    created_at: datetime
    requester_has_address: bool
    messages: tuple[Message, ...] = ()
    is_read: bool = False
    is_fresh: bool = False


class Conversations:
    """The conversations of one account; safe to use from several threads."""

    def __init__(self, client: ZendeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Conversation] = OrderedDict()

    def of(
        self, ticket: JsonPart, operation: str, *, has_address: bool, again: bool
    ) -> tuple[Message, ...] | None:
        """What was said in a ticket's conversation; None where the ticket is none.

        Args:
            ticket: The ticket as it was answered.
            operation: For which hook.
            has_address: Whether the requester has an e-mail address.
            again: Whether to read it also where it is known already.
        """
        ticket_id, created_at = (ticket / "id").maybe_identifier(), (ticket / "created_at").maybe_instant()
        if ticket_id is None or created_at is None or not messages.is_conversation(ticket):
            return None
        known = self.known(ticket_id)
        if known is not None and known.is_read and not again:
            return known.messages
        said = self._read(operation, ticket_id)
        age = self._now() - created_at
        if not said and age < _NOTHING_BELIEVED_AFTER:
            at = Circumstances(self._client.connection, operation, retry_after=_ASKED_AGAIN)
            raise NotSettled("the conversation of a new ticket is not in the log yet", at)
        self._keep(ticket_id, Conversation(created_at, has_address, said, is_read=True, is_fresh=True))
        return said

    def look(self, ticket: JsonPart, *, has_address: bool) -> "Conversation | None":
        """Take note of a ticket without reading what was said in it."""
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
        """The conversation of a ticket that was read before; None where it is not known to have one."""
        with self._lock:
            return self._kept.get(ticket_id)

    def now(self, conversation: Conversation, operation: str, ticket_id: str) -> tuple[Message, ...]:
        """What was said until now. What was read with the ticket a moment ago is given out once."""
        with self._lock:
            fresh, conversation.is_fresh = conversation.is_fresh, False
        if not fresh:
            conversation.messages, conversation.is_read = self._read(operation, ticket_id), True
        return conversation.messages

    def _read(self, operation: str, ticket_id: str) -> tuple[Message, ...]:
        """The log; where it has no messages, as that of a chat from before messaging, the audits.

        Raises:
            VendorError: Neither can be read. That is no empty conversation: what was said would look deleted.
        """
        said: list[Message] = []
        refusal: PermissionDenied | TicketNotFound | None = None
        try:
            for page in self._client.pages(operation, ticket_path(ticket_id, "conversation_log"), _LOG):
                events = (page / "events").as_list().objects()
                said += messages.from_log(events)
        except (PermissionDenied, TicketNotFound) as refused:
            refusal = refused  # an account without messaging
        if not said:
            said = self._chat(operation, ticket_id, refusal)
        return tuple(sorted(said, key=lambda message: message.at))

    def _chat(
        self, operation: str, ticket_id: str, refusal: PermissionDenied | TicketNotFound | None
    ) -> list[Message]:
        said: list[Message] = []
        try:
            for page in self._client.pages(operation, ticket_path(ticket_id, "audits"), _LOG):
                audits = (page / "audits").as_list().objects()
                said += messages.from_audits(audits)
        except (PermissionDenied, TicketNotFound) as refused:
            raise refusal or refused from refused
        return said


def requester_has_address(answer: JsonPart, ticket: JsonPart) -> bool:
    """Whether the requester has an e-mail address, by the users beside a ticket."""
    wanted = (ticket / "requester_id").maybe_identifier()
    return any(
        (user / "id").maybe_identifier() == wanted and (user / "email").maybe_text() is not None
        for user in (answer / "users").objects()
    )

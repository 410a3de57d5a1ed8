"""Messages of messaging and chat conversations, in Zendesk's and in the bridge's form. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conversation-log-events-reference
"""

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from escalation_bridge.plugin import (
    Attachment,
    Comment,
    JsonPart,
    Person,
    RichText,
    Role,
    Ticket,
    TicketRef,
    Visibility,
    from_html,
    from_text,
)
from escalation_bridge_zendesk.translation import mapping

MESSAGE = "Messaging::ConversationMessage"
"""The log's type of a message; its other types are the ticket's own comments."""
_CHAT_STARTED = "ChatStartedEvent"

CONVERSATIONS = frozenset(
    {
        "chat",
        "chat_transcript",
        "native_messaging",
        "messaging",
        "whatsapp",
        "line",
        "telegram",
        "viber",
        "wechat",
        "kakaotalk",
        "apple_business_chat",
        "google_business_messages",
        "business_messaging_slack_connect",
        "facebook_messenger",
        "instagram_dm",
        "twitter_dm_messaging",
        "mobile_sdk_messaging",
        "sunshine_conversations_api",
        "sunshine_conversations_facebook_messenger",
        "sunshine_conversations_twitter_dm",
        "answer_bot_for_web_widget",
        "answer_bot_for_sdk",
    }
)
"""The values of `via.channel` whose tickets are conversations, if `from_messaging_channel` is missing."""

_ROLES: Mapping[str, Role] = {
    "user": Role.CUSTOMER,
    "end-user": Role.CUSTOMER,
    "visitor": Role.CUSTOMER,
    "agent": Role.AGENT,
    "bot": Role.BOT,
    "trigger": Role.BOT,
    "system": Role.SYSTEM,
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a conversation."""

    id: str
    author: Person
    body: RichText
    at: datetime
    attachments: tuple[Attachment, ...] = ()


def is_conversation(ticket: JsonPart) -> bool:
    """Whether a ticket's messages are in a conversation, not in comments."""
    return (ticket / "from_messaging_channel").value is True or is_conversational(ticket)


def is_conversational(raw: JsonPart) -> bool:
    """Whether the channel of a ticket or a comment has conversations."""
    return ((raw / "via" / "channel").maybe_text() or "").lower() in CONVERSATIONS


def from_log(events: Iterable[JsonPart]) -> Iterator[Message]:
    """The messages of the conversation log, without those hidden from the customer.

    Raises:
        UnreadableAnswer: A message has no id or no time.
    """
    for event in events:
        if (event / "type").maybe_text() != MESSAGE or (event / "metadata" / "public").value is False:
            continue
        body, files = _text(event / "content"), (event / "attachments").objects()
        attachments = tuple(mapping.attachment(file) for file in files if (file / "id").maybe_identifier())
        if not body and attachments:
            body = from_text(", ".join(file.name for file in attachments))
        author = event / "author"
        user = (
            (author / "zen:support:user_id").maybe_identifier()
            or (author / "zen:sunco:user_id").maybe_text()
            or ""
        )
        role = _ROLES.get(((author / "type").maybe_text() or "").lower(), Role.UNKNOWN)
        person = Person(user, (author / "display_name").maybe_text() or "", role=role)
        yield Message((event / "id").text(), person, body, (event / "created_at").instant(), attachments)


def from_audits(audits: Iterable[JsonPart]) -> Iterator[Message]:
    """The messages of a chat from before messaging, which its audits contain.

    Raises:
        UnreadableAnswer: A message has no time.
    """
    for audit in audits:
        for event in (audit / "events").objects():
            if (event / "type").maybe_text() != _CHAT_STARTED:
                continue
            event_id = (event / "id").maybe_identifier() or "0"
            for index, entry in enumerate((event / "value" / "history").objects()):
                words = (entry / "message").maybe_text()
                if (entry / "type").maybe_text() != "ChatMessage" or words is None:
                    continue
                role = _ROLES.get(((entry / "actor_type").maybe_text() or "").lower(), Role.UNKNOWN)
                person = Person(
                    (entry / "actor_id").maybe_identifier() or "",
                    (entry / "actor_name").maybe_text() or "",
                    role=role,
                )
                at = _milliseconds(entry / "timestamp")
                yield Message(f"chat-{event_id}-{index:04}", person, from_text(words), at)


def opening(messages: Iterable[Message], created_at: datetime) -> tuple[Message, ...]:
    """The beginning of a conversation, which serves as description: the messages before the ticket was created and before an agent
    wrote, and at least the customer's first message.

    Later reads return the same opening: a message that moved into it would be lost as a comment.
    """
    entry: list[Message] = []
    for message in messages:
        has_words = any(each.author.role is Role.CUSTOMER for each in entry)
        if (
            message.author.role is Role.AGENT
            or message.at > created_at
            or (has_words and message.at == created_at)
        ):
            break
        entry.append(message)
    return tuple(entry) if any(message.author.role is Role.CUSTOMER for message in entry) else ()


def with_opening(ticket: Ticket, messages: tuple[Message, ...]) -> Ticket:
    """The ticket with the opening as its description instead of "Conversation with ..."."""
    entry = opening(messages, ticket.created_at)
    if not entry:
        return ticket
    files = tuple(file for message in entry for file in message.attachments)
    return replace(
        ticket,
        description=_transcript(entry),
        description_visibility=Visibility.PUBLIC,
        attachments=(*ticket.attachments, *files),
    )


def as_comments(messages: tuple[Message, ...], created_at: datetime, ref: TicketRef) -> tuple[Comment, ...]:
    """The messages after the opening, each as a public comment.

    Messages from before the ticket get its creation time: a chat may have ended by then.
    """
    opened = {message.id for message in opening(messages, created_at)}
    return tuple(
        Comment(
            ticket=ref,
            id=message.id,
            author=message.author,
            visibility=Visibility.PUBLIC,
            body=message.body,
            created_at=max(message.at, created_at),
            attachments=message.attachments,
        )
        for message in messages
        if message.id not in opened
    )


def _transcript(messages: tuple[Message, ...]) -> RichText:
    if len(messages) == 1:
        return messages[0].body
    lines = (
        f"<p><strong>{html.escape(each.author.name or each.author.id)}:</strong></p>{each.body.html}"
        for each in messages
    )
    return from_html("".join(lines))


def _text(content: JsonPart) -> RichText:
    """The words of a message: a text, HTML, a form's answers, what a bot offers, or where a picture is."""
    words, markup = (content / "text").maybe_text(), (content / "body").maybe_text()
    if words is not None:
        return from_text(words)
    if markup is not None:
        return from_html(markup)
    answers = [
        f"{(field / 'label').maybe_text() or (field / 'name').maybe_text() or ''}: {_answer(field)}"
        for field in (content / "fields").objects()
    ]
    offers = [
        (action / "reply" / "text").maybe_text() or (action / "text").maybe_text() or ""
        for action in (content / "actions").objects()
    ]
    parts = [
        *answers,
        ", ".join(filter(None, offers)),
        (content / "altText").maybe_text() or "",
        (content / "mediaUrl").maybe_text() or "",
    ]
    return from_text("\n".join(filter(None, parts)))


def _answer(field: JsonPart) -> str:
    chosen = [(option / "label").maybe_text() or "" for option in (field / "select").objects()]
    return (field / "text").maybe_text() or (field / "email").maybe_text() or ", ".join(filter(None, chosen))


def _milliseconds(at: JsonPart) -> datetime:
    """Chats store times in milliseconds since 1970, older ones as text."""
    try:
        return datetime.fromtimestamp(float(str(at.value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return at.instant()

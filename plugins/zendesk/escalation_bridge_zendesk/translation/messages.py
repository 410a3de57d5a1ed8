"""What is said in a conversation of messaging or chat, in Zendesk's shapes and in the bridge's. Pure.

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
"""The log's type of what was said in the conversation; its other types are the ticket's own comments."""
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
"""The words of `via.channel` whose tickets are conversations, where `from_messaging_channel` does not say so."""

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
    """Something said in a conversation."""

    id: str
    author: Person
    body: RichText
    at: datetime
    attachments: tuple[Attachment, ...] = ()


def is_conversation(ticket: JsonPart) -> bool:
    """Whether what is said in a ticket stands in a conversation, and not in its comments."""
    return (ticket / "from_messaging_channel").value is True or is_conversational(ticket)


def is_conversational(raw: JsonPart) -> bool:
    """Whether a ticket or a comment came by a channel whose tickets are conversations."""
    return ((raw / "via" / "channel").maybe_text() or "").lower() in CONVERSATIONS


def from_log(events: Iterable[JsonPart]) -> Iterator[Message]:
    """The messages of the conversation log. What is hidden from the customer is none.

    Raises:
        UnreadableAnswer: A message has no id or no time.
    """
    for event in events:
        if (event / "type").maybe_text() != MESSAGE or (event / "metadata" / "public").value is False:
            continue
        body, files = _said(event / "content"), (event / "attachments").objects()
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
    """The messages of a chat from before messaging, which its audits keep.

    Raises:
        UnreadableAnswer: A message has no time.
    """
    for audit in audits:
        for event in (audit / "events").objects():
            if (event / "type").maybe_text() != _CHAT_STARTED:
                continue
            event_id = (event / "id").maybe_identifier() or "0"
            for index, said in enumerate((event / "value" / "history").objects()):
                words = (said / "message").maybe_text()
                if (said / "type").maybe_text() != "ChatMessage" or words is None:
                    continue
                role = _ROLES.get(((said / "actor_type").maybe_text() or "").lower(), Role.UNKNOWN)
                person = Person(
                    (said / "actor_id").maybe_identifier() or "",
                    (said / "actor_name").maybe_text() or "",
                    role=role,
                )
                at = _milliseconds(said / "timestamp")
                yield Message(f"chat-{event_id}-{index:04}", person, from_text(words), at)


def opening(messages: Iterable[Message], created_at: datetime) -> tuple[Message, ...]:
    """The beginning of a conversation, which stands for a description: what was said before the ticket was made and before any
    agent spoke, and at the least the customer's first words.

    Whatever is read later, it stays the same: a message that moved into it would not be heard as one.
    """
    said: list[Message] = []
    for message in messages:
        has_words = any(each.author.role is Role.CUSTOMER for each in said)
        if (
            message.author.role is Role.AGENT
            or message.at > created_at
            or (has_words and message.at == created_at)
        ):
            break
        said.append(message)
    return tuple(said) if any(message.author.role is Role.CUSTOMER for message in said) else ()


def with_opening(ticket: Ticket, messages: tuple[Message, ...]) -> Ticket:
    """The ticket, described by how the conversation began instead of by "Conversation with ..."."""
    said = opening(messages, ticket.created_at)
    if not said:
        return ticket
    files = tuple(file for message in said for file in message.attachments)
    return replace(
        ticket,
        description=_transcript(said),
        description_visibility=Visibility.PUBLIC,
        attachments=(*ticket.attachments, *files),
    )


def as_comments(messages: tuple[Message, ...], created_at: datetime, ref: TicketRef) -> tuple[Comment, ...]:
    """The messages after the opening, each as a public comment.

    What was said before there was a ticket counts as said at its beginning: a chat may have been over by then.
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


def _said(content: JsonPart) -> RichText:
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
    told = [
        *answers,
        ", ".join(filter(None, offers)),
        (content / "altText").maybe_text() or "",
        (content / "mediaUrl").maybe_text() or "",
    ]
    return from_text("\n".join(filter(None, told)))


def _answer(field: JsonPart) -> str:
    chosen = [(option / "label").maybe_text() or "" for option in (field / "select").objects()]
    return (field / "text").maybe_text() or (field / "email").maybe_text() or ", ".join(filter(None, chosen))


def _milliseconds(at: JsonPart) -> datetime:
    """Chats keep their times in milliseconds since 1970, older ones as text."""
    try:
        return datetime.fromtimestamp(float(str(at.value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return at.instant()

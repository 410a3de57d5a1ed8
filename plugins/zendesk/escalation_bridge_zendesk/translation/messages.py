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
from escalation_bridge_zendesk.translation.shapes import (
    Json,
    MissingMember,
    entries,
    identifier,
    instant,
    member,
    text,
)

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


def is_conversation(ticket: Json) -> bool:
    """Whether what is said in a ticket stands in a conversation, and not in its comments."""
    return ticket.get("from_messaging_channel") is True or is_conversational(ticket)


def is_conversational(raw: Json) -> bool:
    """Whether a ticket or a comment came by a channel whose tickets are conversations."""
    return (text(member(raw, "via"), "channel") or "").lower() in CONVERSATIONS


def from_log(events: Iterable[Json]) -> Iterator[Message]:
    """The messages of the conversation log. What is hidden from the customer is none.

    Raises:
        MissingMember: A message has no id or no time.
    """
    for event in events:
        if text(event, "type") != MESSAGE or member(event, "metadata").get("public") is False:
            continue
        body, files = _said(member(event, "content")), entries(event, "attachments")
        attachments = tuple(mapping.attachment(file) for file in files if identifier(file.get("id")))
        if not body and attachments:
            body = from_text(", ".join(file.name for file in attachments))
        author = member(event, "author")
        user = identifier(author.get("zen:support:user_id")) or text(author, "zen:sunco:user_id") or ""
        role = _ROLES.get((text(author, "type") or "").lower(), Role.UNKNOWN)
        person = Person(user, text(author, "display_name") or "", role=role)
        yield Message(_id(event, "events[]"), person, body, _instant(event.get("created_at")), attachments)


def from_audits(audits: Iterable[Json]) -> Iterator[Message]:
    """The messages of a chat from before messaging, which its audits keep.

    Raises:
        MissingMember: A message has no time.
    """
    for audit in audits:
        for event in entries(audit, "events"):
            if text(event, "type") != _CHAT_STARTED:
                continue
            event_id = identifier(event.get("id")) or "0"
            for index, said in enumerate(entries(member(event, "value"), "history")):
                words = text(said, "message")
                if text(said, "type") != "ChatMessage" or words is None:
                    continue
                role = _ROLES.get((text(said, "actor_type") or "").lower(), Role.UNKNOWN)
                person = Person(
                    identifier(said.get("actor_id")) or "", text(said, "actor_name") or "", role=role
                )
                at = _milliseconds(said.get("timestamp"))
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


def _said(content: Json) -> RichText:
    """The words of a message: a text, HTML, a form's answers, what a bot offers, or where a picture is."""
    words, markup = text(content, "text"), text(content, "body")
    if words is not None:
        return from_text(words)
    if markup is not None:
        return from_html(markup)
    answers = [
        f"{text(field, 'label') or text(field, 'name') or ''}: {_answer(field)}"
        for field in entries(content, "fields")
    ]
    offers = [
        text(member(action, "reply"), "text") or text(action, "text") or ""
        for action in entries(content, "actions")
    ]
    told = [
        *answers,
        ", ".join(filter(None, offers)),
        text(content, "altText") or "",
        text(content, "mediaUrl") or "",
    ]
    return from_text("\n".join(filter(None, told)))


def _answer(field: Json) -> str:
    chosen = [text(option, "label") or "" for option in entries(field, "select")]
    return text(field, "text") or text(field, "email") or ", ".join(filter(None, chosen))


def _id(event: Json, where: str) -> str:
    found = text(event, "id")
    if found is None:
        raise MissingMember(f"{where}.id")
    return found


def _instant(value: object) -> datetime:
    found = instant(value)
    if found is None:
        raise MissingMember("events[].created_at")
    return found


def _milliseconds(value: object) -> datetime:
    """Chats keep their times in milliseconds since 1970, older ones as text."""
    try:
        return datetime.fromtimestamp(float(str(value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return _instant(value)

"""Messaging and chat: what is said stands in the conversation, the ticket's comments say only that there is one.

The shapes follow Zendesk's page on the Conversation Log and its example; the history of a chat that of recorded audits. No operation
of the ticketing API writes into a conversation.
"""

import base64
from typing import Any

from escalation_bridge_sandbox.zendesk.state.records import Comment, Json, Message, Ticket, User
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets.present import attachment_json

MESSAGING = frozenset({"native_messaging", "whatsapp"})
CHAT = "chat"
AUTHORS = ("user", "agent", "bot")
_BOT = -1


def is_conversation(channel: str) -> bool:
    return channel in MESSAGING or channel == CHAT


def opening(customer: User) -> str:
    """All that the first comment of such a ticket says; it is private."""
    return f"Conversation with {customer.name}"


def message(
    state: State, author_type: str, author: User | None, text: str, at: Any, attachments: Any = ()
) -> Message:
    number = state.next_id()
    return Message(
        id=f"01{base64.b32encode(number.to_bytes(15, 'big')).decode()}",
        author_type=author_type,
        author_id=_BOT if author is None else author.id,
        author_name="Answer Bot" if author is None else author.name,
        text=text,
        created_at=at,
        attachments=list(attachments),
    )


def log_entries(ticket: Ticket) -> list[Message | Comment]:
    """Comments and messages. A chat from before messaging is not in the log, only in the audits."""
    messages = ticket.messages if ticket.channel in MESSAGING else []
    return [*ticket.comments, *messages]


def log_key(entry: Message | Comment) -> tuple[str, str]:
    return iso(entry.created_at), str(entry.id)


def log_json(entry: Message | Comment, state: State, base_url: str) -> Json:
    files = [attachment_json(each, base_url) for each in entry.attachments]
    if isinstance(entry, Message):
        return {
            "attachments": files,
            "author": {
                "avatar_url": "https://static.zdassets.com/web_widget/latest/default_avatar.png",
                "display_name": entry.author_name,
                "type": entry.author_type,
                "zen:sunco:user_id": f"{entry.author_id:x}"[:13],
                "zen:support:user_id": entry.author_id,
            },
            "content": {"text": entry.text, "type": "text"},
            "created_at": iso(entry.created_at),
            "id": entry.id,
            "metadata": {"custom": {}, "system": {}, "ticket_version": 0},
            "received_at": f"{iso(entry.created_at)[:-1]}.001Z",
            "reference": f"zen:sunco:conversation_message:{entry.id.lower()}",
            "source": {"type": "zd:agentWorkspace" if entry.author_type == "agent" else "web"},
            "type": "Messaging::ConversationMessage",
        }
    author = state.users.get(entry.author_id)
    return {
        "attachments": files,
        "author": {
            "display_name": author.name if author else "Zendesk",
            "type": "agent" if author and author.is_staff else "user",
            "zen:support:user_id": entry.author_id,
        },
        "content": {"body": entry.html_body, "type": "html"},
        "created_at": iso(entry.created_at),
        "id": f"01COMMENT{entry.id}",
        "metadata": {**entry.metadata, "public": entry.public, "ticket_version": 0},
        "reference": f"zen:ticket_event:{entry.id}",
        "type": "Comment",
    }


def chat_started(ticket: Ticket, event_id: int) -> Json:
    """The audit event that holds a chat."""
    history = [
        {
            "type": "ChatMessage",
            "message": each.text,
            "actor_type": {"user": "end-user", "agent": "agent"}.get(each.author_type, "trigger"),
            "actor_id": str(each.author_id),
            "actor_name": each.author_name,
            "timestamp": int(each.created_at.timestamp() * 1000),
            "chat_index": index,
        }
        for index, each in enumerate(ticket.messages)
    ]
    joined = {
        "type": "ChatJoin",
        "actor_type": "end-user",
        "timestamp": int(ticket.created_at.timestamp() * 1000),
    }
    return {
        "id": event_id,
        "type": "ChatStartedEvent",
        "value": {"chat_id": f"chat-{ticket.id}", "visitor_id": "v-1", "history": [joined, *history]},
    }

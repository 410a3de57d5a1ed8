"""How the bridge's own conversations are recognised, though Freshdesk keeps no data beside a conversation's body. Pure.

A note ends with its key in brackets: plain text outlives every clean-up of HTML, and only agents see it. A public reply
is mailed to a customer and must not show one; it carries the key in an attribute, which is believed to survive, and is
recognised by its words where it does not.
"""

import html
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from escalation_bridge import richtext
from escalation_bridge.domain.tickets import RichText, Visibility
from escalation_bridge_freshdesk import mapping
from escalation_bridge_freshdesk.shapes import ConversationShape

_KEY = r"eb-[0-9a-f]{20}"
_ATTRIBUTE = "data-escalation-bridge"
_TRAILING = re.compile(rf"\[(?:link )?({_KEY})\](?=(?:</[a-z0-9]+>|\s)*\Z)")
# In an element before any text: a person's reply that quotes one of the bridge's has words of its own first.
_LEADING = re.compile(rf"(?:\s*<[^<>]*>)*?\s*<[^<>]*\s{_ATTRIBUTE}=[\"']?({_KEY})\b")
_CLOCKS_APART = timedelta(minutes=2)


def marked_note(markup: str, key: str, *, link: bool = False) -> str:
    return f'{markup}<p style="color:#9aa5ad;font-size:11px">[{"link " if link else ""}{key}]</p>'


def marked_reply(markup: str, key: str) -> str:
    return f'<div {_ATTRIBUTE}="{key}">{markup}</div>'


def mark_of(conversation: ConversationShape) -> str | None:
    """The key in a conversation of the bridge; None in other people's. Nothing that came from outside carries one."""
    if conversation.incoming or not conversation.body:
        return None
    found = _LEADING.match(conversation.body) or _TRAILING.search(richtext.sanitise(conversation.body))
    return found[1] if found else None


def without_mark(conversation: ConversationShape) -> RichText:
    """What was said, without a note's mark and with everything else."""
    body = mapping.conversation_text(conversation)
    if mark_of(conversation) is None:
        return body
    return richtext.from_html(_TRAILING.sub("", body.html))


def find_marked(conversations: Iterable[ConversationShape], key: str) -> ConversationShape | None:
    return next((found for found in conversations if mark_of(found) == key), None)


def find_same_words(
    conversations: Iterable[ConversationShape], body: RichText, author: int, since: datetime
) -> ConversationShape | None:
    """A recent public reply by the bridge's agent that says the same and whose mark did not survive."""
    wanted = _words(body)
    return next(
        (
            found
            for found in conversations
            if found.user_id == author
            and not found.incoming
            and mapping.visibility(found) is Visibility.PUBLIC
            and found.created_at >= since - _CLOCKS_APART
            and mark_of(found) is None
            and _words(mapping.conversation_text(found)) == wanted
        ),
        None,
    )


def is_link_note(conversation: ConversationShape, url: str) -> bool:
    """Whether this is the note that shows the ticket at `url`."""
    body = richtext.sanitise(conversation.body or "")
    shown = re.search(r'<a href="([^"]*)"', body)
    mark = _TRAILING.search(body)
    return (
        mapping.visibility(conversation) is Visibility.PRIVATE
        and not conversation.incoming
        and mark is not None
        and mark[0].startswith("[link ")
        and shown is not None
        and html.unescape(shown[1]) == url
    )


def _words(body: RichText) -> tuple[str, ...]:
    return tuple(body.text.split())

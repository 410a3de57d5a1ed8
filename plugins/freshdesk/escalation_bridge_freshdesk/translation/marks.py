"""Recognize the bridge's own conversations, although Freshdesk stores no data beside a conversation's body. Pure.

A note ends with its key in brackets: plain text survives every clean-up of HTML, and only agents see it. A public reply
is mailed to a customer and must not show a key; it has the key in an attribute, which probably survives, and is
otherwise recognized by its text.
"""

import html
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    RichText,
    TicketRef,
    Visibility,
    rich_text,
)
from escalation_bridge_freshdesk.http.shapes import ConversationShape
from escalation_bridge_freshdesk.translation import mapping

_KEY = r"eb-[0-9a-f]{20}"
_ATTRIBUTE = "data-escalation-bridge"
_TRAILING = re.compile(rf"\[(?:link )?({_KEY})\](?=(?:</[a-z0-9]+>|\s)*\Z)")
# In an element before any text: a person's reply that quotes one of the bridge's has words of its own first.
_LEADING = re.compile(rf"(?:\s*<[^<>]*>)*?\s*<[^<>]*\s{_ATTRIBUTE}=[\"']?({_KEY})\b")
_LINKED = "data-escalation-bridge-ticket"
_LINKED_REF = re.compile(rf'\s{_LINKED}="([^"]*)"')
_LINK = re.compile(r'<a href="([^"]*)"[^<>]*>([^<]*)</a>')
_CLOCKS_APART = timedelta(minutes=2)


def marked_note(markup: str, key: str, *, link: TicketRef | None = None) -> str:
    """A note with its mark; `link`: the ticket that it shows."""
    style = 'style="color:#9aa5ad;font-size:11px"'
    if link is None:
        return f"{markup}<p {style}>[{key}]</p>"
    return f'{markup}<p {style} {_LINKED}="{html.escape(str(link))}">[link {key}]</p>'


def marked_reply(markup: str, key: str) -> str:
    return f'<div {_ATTRIBUTE}="{key}">{markup}</div>'


def mark_of(conversation: ConversationShape) -> str | None:
    """The key in a conversation of the bridge; None in other people's. Incoming messages never carry one."""
    if conversation.incoming or not conversation.body:
        return None
    found = _LEADING.match(conversation.body) or _TRAILING.search(rich_text.sanitise(conversation.body))
    return found[1] if found else None


def without_mark(conversation: ConversationShape, site: str = "") -> RichText:
    """The text without a note's mark; pictures pasted at `site` are replaced by their names."""
    body = mapping.conversation_text(conversation, site)
    if mark_of(conversation) is None:
        return body
    return rich_text.from_html(_TRAILING.sub("", body.html))


def find_marked(conversations: Iterable[ConversationShape], key: str) -> ConversationShape | None:
    return next((found for found in conversations if mark_of(found) == key), None)


def find_same_words(
    conversations: Iterable[ConversationShape], body: RichText, author: int, since: datetime
) -> ConversationShape | None:
    """A recent public reply by the bridge's agent with the same text and without a mark."""
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


def is_link_note(conversation: ConversationShape, ref: TicketRef, url: str) -> bool:
    """Whether this note shows the ticket: by its reference if it survived, otherwise by its address.

    The address of a Jira issue changes when the issue is moved.
    """
    body = rich_text.sanitise(conversation.body or "")
    mark = _TRAILING.search(body)
    if (
        mapping.visibility(conversation) is not Visibility.PRIVATE
        or conversation.incoming
        or mark is None
        or not mark[0].startswith("[link ")
    ):
        return False
    linked = _LINKED_REF.search(conversation.body or "")
    if linked is not None:
        return html.unescape(linked[1]) == str(ref)
    shown = _LINK.search(body)
    return shown is not None and html.unescape(shown[1]) == url


def linked_key(conversation: ConversationShape) -> str | None:
    """The key in a link note."""
    shown = _LINK.search(rich_text.sanitise(conversation.body or ""))
    return html.unescape(shown[2]) if shown else None


def shows_the_same(conversation: ConversationShape, markup: str) -> bool:
    """Whether a note of the bridge has this text, apart from marks."""
    return _unmarked(conversation.body or "") == _unmarked(markup)


def _unmarked(markup: str) -> str:
    return _TRAILING.sub("", rich_text.from_html(markup).html)


def _words(body: RichText) -> tuple[str, ...]:
    return tuple(body.text.split())

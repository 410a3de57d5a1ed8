"""Automatic comments for which Zendesk shows a person as author. Pure."""

from dataclasses import replace

from escalation_bridge.plugin import (
    JsonPart,
    Person,
    Role,
)

_AUTOMATIC = 4
"""The comment flag "The comment was automatically generated": out-of-office replies, `Auto-Submitted` and bulk mails.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags
"""


def speaker(raw: JsonPart, author: Person) -> Person:
    """The author of a comment, with the role BOT if the comment is automatic or a trigger wrote it.

    Automatic comments start, answer and end no clock.
    """
    flags = (raw / "metadata" / "flags").value
    is_automatic = isinstance(flags, list) and _AUTOMATIC in flags
    is_rule = (raw / "via" / "channel").maybe_text() == "rule"
    if author.role is not Role.SYSTEM and (is_automatic or is_rule):
        return replace(author, role=Role.BOT)
    return author

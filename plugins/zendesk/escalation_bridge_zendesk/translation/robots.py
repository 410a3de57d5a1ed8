"""Comments that no person wrote, although Zendesk shows a person as their author. Pure."""

from dataclasses import replace

from escalation_bridge.plugin import (
    Person,
    Role,
)
from escalation_bridge_zendesk.translation.shapes import Json, member, text

_AUTOMATIC = 4
"""The comment flag "The comment was automatically generated": out-of-office replies, `Auto-Submitted` and bulk mails.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags
"""


def speaker(raw: Json, author: Person) -> Person:
    """The author of a comment with the role BOT where Zendesk says that the comment is automatic, or a trigger wrote it.

    What a robot says starts, answers and ends no clock.
    """
    flags = member(raw, "metadata").get("flags")
    is_automatic = isinstance(flags, list) and _AUTOMATIC in flags
    is_rule = text(member(raw, "via"), "channel") == "rule"
    if author.role is not Role.SYSTEM and (is_automatic or is_rule):
        return replace(author, role=Role.BOT)
    return author

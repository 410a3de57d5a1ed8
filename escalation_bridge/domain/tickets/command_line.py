"""Whether a comment is a command for the bridge: a private note with a line that begins with `/bridge`."""

import re

from escalation_bridge.domain.tickets.tickets import Comment, Role, Visibility

COMMAND_LINE = re.compile(r"/bridge(?:(?:[^\S\n]|:)+(?P<words>[^\n]*))?$", re.IGNORECASE | re.MULTILINE)


_PEOPLE = (Role.AGENT, Role.UNKNOWN)


def is_command(comment: Comment) -> bool:
    """Whether a comment is for the bridge, and not carried over."""
    return (
        comment.visibility is Visibility.PRIVATE
        and comment.author.role in _PEOPLE
        and COMMAND_LINE.match(comment.body.text.strip()) is not None
    )

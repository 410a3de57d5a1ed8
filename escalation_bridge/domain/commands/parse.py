"""Parse commands in private notes: a line that begins with `/bridge`.

A note counts once: the answer to it is an intent under the note's own key. What customers write, and what is public, never counts.

On a linked ticket that several customers wait for, all their cases hear the same note. What was asked for before a ticket was linked
is not for its link. What is done and answered is in `verbs`.
"""

from collections.abc import Iterator
from datetime import timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.commands.command import Command
from escalation_bridge.domain.tickets.command_line import COMMAND_LINE, is_command
from escalation_bridge.domain.tickets.tickets import Comment

# Editors replace double spaces with non-breaking ones.
_CLOCKS_DIFFER = timedelta(minutes=1)
"""The maximum clock difference between a vendor and the bridge."""


def open_commands(view: CaseView) -> Iterator[Command]:
    """The commands without an answer, in order."""
    for comment in view.comments:
        seen = (comment.ticket, comment.id)
        key = keys.Command(comment.ticket, comment.id).text
        if (
            key in view.intents
            or seen in view.own_comments
            or seen in view.taken_back
            or not is_command(comment)
            or _is_for_others(view, comment)
        ):
            continue
        said = COMMAND_LINE.match(comment.body.text.strip())
        verb, *words = ((said["words"] if said else None) or "help").split() or ["help"]
        yield Command(verb.casefold(), tuple(words), comment.ticket, comment.id, key, comment.author.name)


def _is_for_others(view: CaseView, comment: Comment) -> bool:
    """Whether a note in a linked ticket is older than this case's links, or belongs to another case."""
    if comment.ticket == view.origin:
        return False
    near = [link for link in view.links if comment.ticket in (link.origin, link.linked)]
    return all(_is_not_for(link, comment) for link in near)


def _is_not_for(link: Link, comment: Comment) -> bool:
    left = link.told_linked if comment.ticket == link.linked else link.told
    return comment.id in left or (link.by_hand and comment.created_at < link.since - _CLOCKS_DIFFER)

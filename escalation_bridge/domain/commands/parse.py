"""What agents ask the bridge for in a private note: a line that begins with `/bridge`.

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

# Editors put spaces that do not break where somebody types two; they are as good as any.
_CLOCKS_DIFFER = timedelta(minutes=1)
"""So far a vendor's clock may lie behind the bridge's."""


def open_commands(view: CaseView) -> Iterator[Command]:
    """What has been asked for and not been answered yet, in the order in which it was said."""
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
    """Whether a note in a linked ticket was there before this case's links were, or was left to another case."""
    if comment.ticket == view.origin:
        return False
    near = [link for link in view.links if comment.ticket in (link.origin, link.linked)]
    return all(_is_not_for(link, comment) for link in near)


def _is_not_for(link: Link, comment: Comment) -> bool:
    left = link.told_linked if comment.ticket == link.linked else link.told
    return comment.id in left or (link.by_hand and comment.created_at < link.since - _CLOCKS_DIFFER)

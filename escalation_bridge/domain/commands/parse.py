"""Parse commands: in private notes lines that begin with `/bridge`; from the command line and from buttons its words.

A note counts once: the answer to its first command is an intent under the note's own key. What customers write, and what is public,
never counts. A command that is not at the beginning of a note is not carried out, but answered.

On a linked ticket that several customers wait for, all their cases get the same note. What was asked for before a ticket was linked
is not for its link. What is done and answered is in `verbs`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.commands.command import Command
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.command_line import CommandLine, command_lines, misplaced_line
from escalation_bridge.domain.tickets.tickets import Comment, TicketRef

_OLD = timedelta(days=1)
"""A command older than this when the bridge first reads the ticket is not carried out."""
_CLOCKS_DIFFER = timedelta(minutes=1)
"""The maximum clock difference between a vendor and the bridge."""


def open_commands(view: CaseView) -> Iterator[Command]:
    """The commands without an answer, in order."""
    for comment in view.comments:
        if not _was_handled(view, comment):
            for number, line in enumerate(command_lines(comment), start=1):
                yield _written(comment, line, number)
    yield from _from_elsewhere(view)


def misplaced_commands(view: CaseView, now: datetime) -> Iterator[Command]:
    """Commands of the last day that are not at the beginning of their note, without an answer."""
    for comment in view.comments:
        line = misplaced_line(comment)
        if line is not None and comment.created_at > now - _OLD and not _was_handled(view, comment):
            yield _written(comment, line, 1)


def _was_handled(view: CaseView, comment: Comment) -> bool:
    """Whether a note has its answer, or is for nobody here."""
    seen = (comment.ticket, comment.id)
    return (
        keys.Command(comment.ticket, comment.id).text in view.intents
        or seen in view.own_comments
        or seen in view.taken_back
        or comment.created_at < view.opened_at - _OLD
        or _is_for_others(view, comment)
    )


def _written(comment: Comment, line: CommandLine, number: int) -> Command:
    """A command of a note; the first one's answer has the note's own key."""
    name = comment.id if number == 1 else f"{comment.id}#{number}"
    key = keys.Command(comment.ticket, name).text
    verb, *words = line.words or ("help",)
    author = comment.author
    return Command(
        verb.casefold(), tuple(words), comment.ticket, comment.id, key, author.name, author, line.more
    )


def _from_elsewhere(view: CaseView) -> Iterator[Command]:
    """Commands from the command line, or by a signed link. They are answered in the customer's ticket, where the agents can see them."""
    for event in view.events:
        if event.kind is not EventKind.COMMANDED:
            continue
        key = keys.Command(view.origin, event.key).text
        if key not in view.intents:
            line, by, *member = event.choice
            yield replace(as_command(view.origin, event.key, line, by), member="".join(member))


def as_command(ticket: TicketRef, name: str, line: str, by: str, more: str = "") -> Command:
    """A command that no note asks for.

    Args:
        ticket: Where it is answered.
        name: What makes it unique in its ticket.
        line: Its words, without `/bridge`.
        by: Who asks, as people know them.
        more: The text below it.
    """
    verb, *words = line.split() or ["help"]
    key = keys.Command(ticket, name).text
    return Command(verb.casefold(), tuple(words), ticket, name, key, by, more=more)


def _is_for_others(view: CaseView, comment: Comment) -> bool:
    """Whether a note in a linked ticket is older than this case's links, or belongs to another case."""
    if comment.ticket == view.origin:
        return False
    near = [link for link in view.links if comment.ticket in (link.origin, link.linked)]
    return all(_is_not_for(link, comment) for link in near)


def _is_not_for(link: Link, comment: Comment) -> bool:
    left = link.excluded_linked if comment.ticket == link.linked else link.excluded
    return comment.id in left or (link.by_hand and comment.created_at < link.since - _CLOCKS_DIFFER)

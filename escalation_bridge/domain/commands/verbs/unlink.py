"""`/bridge unlink`: take a link back."""

from dataclasses import replace

from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.commands.command import Asked, Command, Verb
from escalation_bridge.domain.commands.replies import (
    answer,
    ignore_command,
    is_called,
    key_of,
    leave_to_another,
    near_links,
    other_end,
    others_at,
)
from escalation_bridge.domain.links.by_hand import unlink


def _obey(asked: Asked) -> Part:
    view, command, now = asked.view, asked.command, asked.now
    near, name = near_links(view, command), " ".join(command.words[:1])
    if not near:
        return answer(command, "command_no_link")
    ends = {link.id: other_end(link, command) for link in near}
    meant = [link for link in near if not name or is_called(ends[link.id], key_of(view, ends[link.id]), name)]
    others = [one for link in near for one in others_at(view, link, command)]
    if not meant and any(is_called(one.origin, one.key, name) for one in others):
        return ignore_command(near, command)
    if len(meant) != 1 or (not name and others):
        return leave_to_another(view, command) or _ask_which(view, near, name, command)
    part = unlink(view, meant[0], command.by, now)
    # The note about the removal in this ticket is the answer.
    answered = tuple(
        replace(keyed, key=command.key)
        if isinstance(keyed.intent, WriteComment) and keyed.intent.ticket == command.ticket
        else keyed
        for keyed in part.intents
    )
    return replace(part, intents=answered)


def _ask_which(view: CaseView, near: list[Link], name: str, command: Command) -> Part:
    keys = [key_of(view, other_end(link, command)) for link in near]
    keys += [one.key for link in near for one in others_at(view, link, command)]
    return answer(command, "command_unlink_which", words=name, keys=", ".join(dict.fromkeys(keys)))


UNLINK = Verb(("unlink", "lepas"), _obey)

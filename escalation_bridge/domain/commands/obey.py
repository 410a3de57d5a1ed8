"""Carry out commands and answer them."""

from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from escalation_bridge.domain.case.cases import CaseView, Link, Rules
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.rule import with_part
from escalation_bridge.domain.commands.buttons import press_buttons, pressed
from escalation_bridge.domain.commands.command import Asked, Command
from escalation_bridge.domain.commands.parse import misplaced_commands, open_commands
from escalation_bridge.domain.commands.permission import refusal
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.commands.verbs import VERBS
from escalation_bridge.domain.commands.verbs.choose import chosen_by
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.events import EventKind
from escalation_bridge.domain.tickets.tickets import Ticket

_HELP = ("help", "bantuan")


def obey(view: CaseView, rules: Rules, origin: Ticket, now: datetime) -> Part:
    """Carry out the open commands, and answer.

    The part contains what changes of the case; the rest of the decision uses it.
    """
    part = _asked_from_outside(view) + press_buttons(view, rules.directory, origin, now)
    view = with_part(view, part)
    for command in (*open_commands(view), *pressed(view, rules.directory, origin)):
        asked = Asked(view, rules, command, now, origin, part.intents)
        verb = VERBS.get(command.verb)
        if verb is None:
            done = leave_to_another(view, command) or _not_understood(command)
        else:
            done = refusal(asked, verb) or verb.obey(asked)
        part += done
        view = with_part(view, done)
    for command in misplaced_commands(view, now):
        if command.verb in VERBS:
            words = " ".join((command.verb, *command.words))
            part += leave_to_another(view, command) or answer(command, "command_misplaced", words=words)
    return part


def _not_understood(command: Command) -> Part:
    """The command that was probably meant, as it has to be written; else all commands."""
    if command.verb in _HELP:
        return answer(command, "command_unknown", word="", near="")
    near = _nearest(command.verb)
    line = " ".join((near, *command.words)) if near else ""
    return answer(command, "command_unknown", word=command.verb, near=line)


def _nearest(word: str) -> str:
    """The command that a word was probably meant to be; empty: none is near."""
    return next(iter(get_close_matches(word, VERBS, n=1)), "")


def _asked_from_outside(view: CaseView) -> Part:
    """Apply `escalation-bridge retry` to links that were on hold at that time."""
    changed = (_as_asked_from_outside(view, link) for link in view.links)
    return Part(links=tuple(after for link, after in zip(view.links, changed, strict=True) if after != link))


def _as_asked_from_outside(view: CaseView, link: Link) -> Link:
    for event in view.events:
        held_since = link.hold.since if link.hold is not None else None
        if event.kind is EventKind.RETRIED and held_since is not None and event.at > held_since:
            link = replace(link, calm_since=max(event.at, link.calm_since or event.at))
        if event.kind is EventKind.CHOSEN:
            side, *field = event.choice
            link = chosen_by(link, Side(side), field[0] if field else None, before=event.at)
    return link

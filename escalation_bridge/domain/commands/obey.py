"""Carry out commands and answer them."""

from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Link, Rules
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked
from escalation_bridge.domain.commands.parse import open_commands
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.commands.verbs import VERBS
from escalation_bridge.domain.commands.verbs.choose import chosen_by
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.events import EventKind


def obey(view: CaseView, rules: Rules, now: datetime) -> Part:
    """Carry out the open commands, and answer.

    The part contains changed links; the rest of the decision uses them.
    """
    part = _asked_from_outside(view)
    for command in open_commands(view):
        links = {link.id: link for link in (*view.links, *part.links)}
        view = replace(view, links=tuple(link for link in links.values() if link.ended is None))
        verb = VERBS.get(command.verb)
        if verb is not None:
            part += verb.obey(Asked(view, rules, command, now))
        else:
            part += leave_to_another(view, command) or answer(command, "command_unknown")
    return part


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

"""Buttons of the helpdesk: a macro, a scenario or an automation sets a tag or a field, and the bridge obeys.

A button counts once each time that its condition becomes true.
"""

from collections.abc import Iterator
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.commands.command import Command
from escalation_bridge.domain.commands.parse import as_command
from escalation_bridge.domain.sla.events import EventKind, TicketEvent, button
from escalation_bridge.domain.teams.directory import Directory, Trigger
from escalation_bridge.domain.tickets.tickets import Ticket, TicketChange


def press_buttons(view: CaseView, directory: Directory, origin: Ticket, now: datetime) -> Part:
    """Note the buttons that were pressed, or that are back as they were, since the last look."""
    part = NOTHING
    for trigger in directory.triggers:
        events = _events_of(view, trigger)
        was_on = bool(events) and events[-1].choice[1] == "on"
        is_on = trigger.match(origin, view.classification)
        if was_on is is_on or origin.ref in view.unread:
            continue
        event = button(trigger.name, pressed=is_on, earlier=len(events), at=now)
        part += Part(happened=(event,))
        present = {tag.casefold() for tag in origin.tags}
        tags = tuple(tag for tag in trigger.remove_tags if tag.casefold() in present)
        if is_on and tags:
            change = ChangeTicket(origin.ref, TicketChange(remove_tags=tags))
            part += Part(intents=(KeyedIntent(keys.Button(trigger.name, len(events)).text, change),))
    return part


def pressed(view: CaseView, directory: Directory, origin: Ticket) -> Iterator[Command]:
    """The commands of pressed buttons without an answer."""
    for trigger in directory.triggers:
        for event in _events_of(view, trigger):
            if event.choice[1] != "on" or keys.Command(view.origin, event.key).text in view.intents:
                continue
            yield as_command(view.origin, event.key, trigger.words, trigger.name, _summary(trigger, origin))


def _events_of(view: CaseView, trigger: Trigger) -> list[TicketEvent]:
    return [e for e in view.events if e.kind is EventKind.BUTTON and e.choice[0] == trigger.name]


def _summary(trigger: Trigger, origin: Ticket) -> str:
    written = origin.custom_fields.get(trigger.summary_field) if trigger.summary_field else None
    return written.strip() if isinstance(written, str) else ""

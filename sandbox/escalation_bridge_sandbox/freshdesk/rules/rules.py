"""Automation rules that call a webhook: what they listen to and what they send.

At the vendor an admin makes them by hand. Their JSON here is the stand-in's own (see `RULE_HELP`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from escalation_bridge_sandbox.freshdesk.state.events import Actor, FieldChange, NoteKind, TicketEvent
from escalation_bridge_sandbox.freshdesk.state.records import Ticket


class RunsOn(StrEnum):
    TICKET_CREATED = "ticket_created"
    TICKET_UPDATED = "ticket_updated"


@dataclass(frozen=True)
class FieldTrigger:
    """A field changes; `from` and `to` None are any value."""

    field: str
    before: object = None
    after: object = None

    def met_by(self, change: FieldChange) -> bool:
        return (
            change.field == self.field
            and self.before in (None, change.before)
            and self.after in (None, change.after)
        )


@dataclass(frozen=True)
class NoteTrigger:
    """A note of this kind is added; None is either."""

    kind: NoteKind | None = None


@dataclass(frozen=True)
class ReplyTrigger:
    """A reply is sent by an agent, or by the requester; None is either."""

    by: Actor | None = None


Trigger = FieldTrigger | NoteTrigger | ReplyTrigger


@dataclass(frozen=True)
class Condition:
    """What must hold for the ticket after the event."""

    field: str
    operator: Literal["in", "not_in"]
    values: tuple[object, ...]

    def holds_for(self, ticket: Ticket) -> bool:
        actual = getattr(ticket, self.field, None)
        if self.field in ticket.custom_fields:
            actual = ticket.custom_fields[self.field]
        if isinstance(actual, list):
            found = any(entry in self.values for entry in actual)
        else:
            found = actual in self.values
        return found if self.operator == "in" else not found


@dataclass(frozen=True)
class SimpleContent:
    """Fields picked from a list; ids were recorded both as strings and as numbers."""

    fields: tuple[str, ...]
    numeric_ids: bool = False


@dataclass(frozen=True)
class AdvancedContent:
    """A text with `{{ticket.id}}`-like placeholders."""

    text: str


@dataclass(frozen=True)
class WebhookAction:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    content: SimpleContent | AdvancedContent | None = None


@dataclass(frozen=True)
class Rule:
    id: int
    name: str
    on: RunsOn
    webhook: WebhookAction
    source: Mapping[str, Any] = field(repr=False)
    active: bool = True
    performed_by: frozenset[Actor] = frozenset(Actor)
    triggers: tuple[Trigger, ...] = ()
    conditions: tuple[Condition, ...] = ()
    match_any: bool = False

    def fires(self, ticket: Ticket, event: TicketEvent) -> bool:
        if not self.active or not self._conditions_hold(ticket):
            return False
        if self.on is RunsOn.TICKET_CREATED:
            return event.created
        return not event.created and event.actor in self.performed_by and bool(self.met(event))

    def met(self, event: TicketEvent) -> Sequence[str]:
        """What of the event made the rule fire, in the notation of `triggered_event`."""
        if event.created:
            return ["ticket_action:created"]
        found: list[str] = []
        for trigger in self.triggers:
            match trigger:
                case FieldTrigger():
                    found += [_field_text(change) for change in event.changes if trigger.met_by(change)]
                case NoteTrigger(kind) if event.note is not None and kind in (None, event.note):
                    found.append(f"note_type:{event.note}")
                case ReplyTrigger(by) if event.reply is not None and by in (None, event.reply):
                    found.append(_reply_text(event.reply))
                case _:
                    pass
        return list(dict.fromkeys(found))

    def _conditions_hold(self, ticket: Ticket) -> bool:
        if not self.conditions:
            return True
        outcome = [condition.holds_for(ticket) for condition in self.conditions]
        return any(outcome) if self.match_any else all(outcome)


def triggered_event(texts: Sequence[str]) -> str:
    """`{status:{from:2,to:4}}`: like JSON, but it is none. Several events in one (not verified) stand side by side."""
    return "{" + ",".join(texts) + "}"


def _field_text(change: FieldChange) -> str:
    return f"{change.field}:{{from:{_bare(change.before)},to:{_bare(change.after)}}}"


def _reply_text(by: Actor) -> str:
    # Not recorded anywhere that was found; a receiver must live with what it does not know.
    return "reply_sent:sent" if by is Actor.AGENT else "customer_reply:received"


def _bare(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(entry) for entry in value)
    return "" if value is None else str(value)

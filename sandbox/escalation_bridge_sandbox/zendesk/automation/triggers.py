"""Triggers: after each change of a ticket, from first to last."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from escalation_bridge_sandbox.zendesk.automation.conditions import Scene, conditions_hold
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket, Trigger
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.tickets.audits import change_events, snapshot
from escalation_bridge_sandbox.zendesk.tickets.desk import Change
from escalation_bridge_sandbox.zendesk.tickets.fields import PRIORITIES, TYPES
from escalation_bridge_sandbox.zendesk.tickets.people import set_assignment
from escalation_bridge_sandbox.zendesk.tickets.statuses import CATEGORIES, open_if_taken_up, set_status

WEBHOOK_ACTION = "notification_webhook"
LONGEST_WEBHOOK_BODY = 16_000

# Accepted and without effect here: they send e-mail.
MAIL_ACTIONS = frozenset({"notification_user", "notification_group"})


@dataclass(frozen=True)
class WebhookCall:
    """A webhook that a trigger wants to be called, and with what."""

    webhook_id: str
    content: Any


class TriggerEngine:
    """Runs the account's triggers on a change before it is stored."""

    def __init__(self, state: State) -> None:
        self._state = state

    def run(self, change: Change) -> list[WebhookCall]:
        """Apply what the triggers do to the ticket, and hand back the webhooks that they call.

        Each trigger acts once per change. A trigger that changes the ticket lets those look again that
        did not act yet, as Zendesk does.
        """
        waiting = sorted(
            (trigger for trigger in self._state.triggers.values() if trigger.active),
            key=lambda trigger: (trigger.position, trigger.id),
        )
        calls: list[WebhookCall] = []
        while (trigger := self._next(waiting, change)) is not None:
            waiting.remove(trigger)
            calls.extend(self._act(trigger, change))
        return calls

    def _next(self, waiting: list[Trigger], change: Change) -> Trigger | None:
        scene = Scene(self._state, change)
        return next((trigger for trigger in waiting if conditions_hold(trigger.conditions, scene)), None)

    def _act(self, trigger: Trigger, change: Change) -> list[WebhookCall]:
        before = snapshot(change.ticket)
        calls: list[WebhookCall] = []
        for action in trigger.actions:
            if action["field"] == WEBHOOK_ACTION:
                webhook_id, content = action["value"]
                calls.append(WebhookCall(webhook_id, content))
            elif action["field"] not in MAIL_ACTIONS:
                ACTIONS[action["field"]](self._state, change, action["value"])
        events = change_events(self._state, before, change.ticket)
        rule = {
            "channel": "rule",
            "source": {"from": {"id": trigger.id, "title": trigger.title}, "rel": "trigger"},
        }
        change.audit.events.extend({**event, "via": rule} for event in events)
        return calls


def action_problem(action: Any, state: State) -> str | None:
    """What is wrong with an action that somebody wants to store, or None."""
    if not isinstance(action, dict) or not isinstance(action.get("field"), str):
        return "Actions: must be objects with field and value"
    name, value = action["field"], action.get("value")
    if name == WEBHOOK_ACTION:
        return _webhook_action_problem(value, state)
    if name in MAIL_ACTIONS:
        return None
    if name not in ACTIONS:
        return f"Action {name!r} is not valid"
    choices: dict[str, tuple[str, ...]] = {
        "status": (*CATEGORIES, "closed"),
        "priority": PRIORITIES,
        "type": TYPES,
    }
    if name in choices and value not in choices[name]:
        return f"Value {value!r} is not valid for {name}"
    return None


def _webhook_action_problem(value: Any, state: State) -> str | None:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return "notification_webhook: must be the webhook id and the body"
    webhook = state.webhooks.get(value[0])
    if webhook is None:
        return f"Webhook {value[0]!r} does not exist"
    if webhook.subscriptions != ["conditional_ticket_events"]:
        return f"Webhook {value[0]!r} is not connected to triggers or automations"
    if len(str(value[1])) > LONGEST_WEBHOOK_BODY:
        return "notification_webhook: the body is too long (maximum is 16000 characters)"
    return None


def _set_status(state: State, change: Change, value: Any) -> None:
    set_status(state, change.ticket, value)


def _set_priority(_state: State, change: Change, value: Any) -> None:
    change.ticket.priority = value


def _set_type(_state: State, change: Change, value: Any) -> None:
    change.ticket.type = value


def _set_group(state: State, change: Change, value: Any) -> None:
    set_assignment(state, change.ticket, {"group_id": int(value) if value else None})


def _set_assignee(state: State, change: Change, value: Any) -> None:
    if value == "current_user":
        value = change.deed.actor.id if change.deed.actor.is_staff else None
    set_assignment(state, change.ticket, {"assignee_id": int(value) if value else None})
    open_if_taken_up(state, change.ticket, answered_by=None)


def _set_tags(ticket: Ticket, tags: set[str]) -> None:
    ticket.tags = sorted(tags)


def _words(value: Any) -> set[str]:
    return {word.lower() for word in str(value).split()}


ACTIONS: dict[str, Callable[[State, Change, Any], None]] = {
    "status": _set_status,
    "priority": _set_priority,
    "type": _set_type,
    "group_id": _set_group,
    "assignee_id": _set_assignee,
    "set_tags": lambda _, change, value: _set_tags(change.ticket, _words(value)),
    "current_tags": lambda _, change, value: _set_tags(change.ticket, {*change.ticket.tags, *_words(value)}),
    "remove_tags": lambda _, change, value: _set_tags(change.ticket, {*change.ticket.tags} - _words(value)),
}


def conditions_of(body: Json) -> Json | None:
    """A trigger's conditions come as `conditions`, or as `all` and `any` beside the title."""
    if "conditions" in body:
        given = body["conditions"]
        return (
            {"all": given.get("all") or [], "any": given.get("any") or []}
            if isinstance(given, dict)
            else None
        )
    if "all" in body or "any" in body:
        return {"all": body.get("all") or [], "any": body.get("any") or []}
    return None

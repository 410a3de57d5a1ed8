"""Maintain the bridge's own trigger, which calls its webhook if event subscriptions are not wanted."""

import json
from collections.abc import Mapping

from escalation_bridge.plugin import JsonPart
from escalation_bridge_zendesk.http.client import ZendeskClient

_OPERATION = "subscribe_webhooks"
_ACTION = "notification_webhook"
_BODY = json.dumps(
    {
        "event": "ticket changed",
        "ticket_id": "{{ticket.id}}",
        # Nothing that people write: a quotation mark would break the body. The time makes bodies differ.
        "updated_at": "{{ticket.updated_at_with_timestamp}}",
    }
)
_EVERY_CHANGE = {
    "all": [],
    "any": [
        {"field": "update_type", "operator": "is", "value": "Create"},
        {"field": "update_type", "operator": "is", "value": "Change"},
    ],
}


class Triggers:
    """The account's triggers with the bridge's title."""

    def __init__(self, client: ZendeskClient, title: str) -> None:
        self._client = client
        self._title = title

    def all(self, operation: str = _OPERATION) -> list[JsonPart]:
        """Every trigger of the account, including other people's."""
        return [
            raw
            for page in self._client.pages(operation, "/triggers")
            for raw in (page / "triggers").as_list().objects()
            if (raw / "id").maybe_identifier() is not None
        ]

    def see_to(self, webhook_id: str, others: set[str]) -> None:
        """Ensure exactly one trigger of the bridge that calls this webhook, active and with the right body.

        An admin may narrow its conditions to keep tickets from the bridge; they stay unchanged. A trigger
        whose webhook was deleted is changed to this one; one that calls another webhook of `others` stays.
        """
        others = others - {webhook_id}
        ours = [
            raw
            for raw in self.all()
            if (raw / "title").maybe_text() == self._title and not any(calls(raw, other) for other in others)
        ]
        if not ours:
            trigger = {
                "title": self._title,
                "description": "Tells Escalation Bridge which ticket to look at. Its conditions may be narrowed.",
                "active": True,
                "conditions": _EVERY_CHANGE,
                "actions": [_call(webhook_id)],
            }
            self._client.write(_OPERATION, "POST", "/triggers", {"trigger": trigger})
            return
        ours.sort(key=lambda raw: (not calls(raw, webhook_id), int(_id(raw))))
        kept, *doubles = ours
        for double in doubles:
            self._delete(double)
        changes: dict[str, object] = {}
        if (kept / "active").value is not True:
            changes["active"] = True
        if _calls_of(kept) != [[webhook_id, _BODY]]:
            further = [
                action.value
                for action in (kept / "actions").objects()
                if (action / "field").maybe_text() != _ACTION
            ]
            changes["actions"] = [*further, _call(webhook_id)]
        if changes:
            self._client.write(_OPERATION, "PUT", f"/triggers/{_id(kept)}", {"trigger": changes})

    def release(self, webhook_id: str) -> bool:
        """Delete the bridge's triggers that call this webhook. Returns False if other people's triggers call it, too."""
        calling = [raw for raw in self.all() if calls(raw, webhook_id)]
        if any((raw / "title").maybe_text() != self._title for raw in calling):
            return False
        for raw in calling:
            self._delete(raw)
        return True

    def _delete(self, raw: JsonPart) -> None:
        self._client.write(_OPERATION, "DELETE", f"/triggers/{_id(raw)}")


def calls(trigger: JsonPart, webhook_id: str) -> bool:
    """Whether a trigger calls a webhook."""
    return any(value[:1] == [webhook_id] for value in _calls_of(trigger))


def _calls_of(trigger: JsonPart) -> list[list[object]]:
    actions = [
        action for action in (trigger / "actions").objects() if (action / "field").maybe_text() == _ACTION
    ]
    return [value for action in actions if isinstance(value := (action / "value").value, list)]


def _call(webhook_id: str) -> Mapping[str, object]:
    return {"field": _ACTION, "value": [webhook_id, _BODY]}


def _id(raw: JsonPart) -> str:
    return (raw / "id").maybe_identifier() or ""

"""Maintain the two automation rules that call the bridge: through the API with an administrator's key, or by hand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from escalation_bridge.plugin import (
    Connection,
    NotApplied,
    PermissionDenied,
    Subscription,
)
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import RuleShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings

_CONTENT = {"ticket_id": "{{ticket.id}}", "triggered_event": "{{triggered_event}}"}
_ADVANCED = "2"
_AGENT_OR_REQUESTER = 3
_ANY = "--"
_BY_HAND = (
    "Give the bridge's agent the role Administrator while the rules are made, or enter them by hand: "
    "the plugin's README shows how."
)


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One of the two rules.

    Attributes:
        number: Freshdesk's number of the kind: 1 runs on created tickets, 4 on changed ones (3 runs every hour).
    """

    number: int
    tab: str
    name: str


_CREATED = RuleKind(1, "Ticket Creation", "Escalation Bridge: created")
_UPDATED = RuleKind(4, "Ticket Updates", "Escalation Bridge: updated")
_KINDS = (_CREATED, _UPDATED)


class Rules:
    """The bridge's automation rules in one account."""

    def __init__(self, connection: Connection[FreshdeskSettings], client: FreshdeskClient) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._client = client

    def setup(self, callback: str) -> tuple[str, ...]:
        """The steps for an admin. The secret is named by its place, and not shown."""
        name = self._connection.name
        content = json.dumps({"freshdesk_webhook": _CONTENT})
        return (
            (
                f"Have a secret: at least 16 characters, in connections.{name}.webhook_secrets of the configuration "
                "(an environment variable or a file). Where these steps say THE SECRET, enter its value."
            ),
            "In Freshdesk, as an administrator: Admin > Workflows > Automations.",
            f"Tab {_CREATED.tab} > New rule. Rule name: {_CREATED.name}",
            "Conditions: match ANY of these: 'Source is Email', 'Source is not Email' (there is no 'always').",
            "Actions: Trigger webhook. Request type: POST",
            f"URL: {callback}",
            f"Tick 'Add custom headers' and enter: {self._settings.webhook_header}: THE SECRET",
            "Encoding: JSON. Content: Advanced, and exactly this:",
            content,
            (
                "Preview and save. If other creation rules exist, let all matching rules be executed (the gear on that tab), "
                "or put this one first."
            ),
            f"Tab {_UPDATED.tab} > New rule. Rule name: {_UPDATED.name}",
            "When an action performed by: Agent or requester.",
            (
                "Involves any of these events: Status is changed, from any to any. Priority is changed, from any to any. "
                "Note is added, type any. Reply is sent. Agent is updated. Group is updated. Type is changed. Where the list has "
                "it: Ticket is updated, deleted, marked as spam."
            ),
            "On tickets with these properties: the same two conditions as in the first rule, match ANY.",
            "Actions: the same as in the first rule: POST, URL, custom header, JSON, Advanced, content. Preview and save.",
            "Change the priority of any ticket: the webhook should arrive within a minute.",
        )

    def subscribe(self, callback: str, secret: str) -> tuple[Subscription, ...]:
        """Create, repair and prune the bridge's two rules; those with other names or addresses stay unchanged.

        Each is written even if it looks right: Freshdesk need not show its secret.

        Raises:
            PermissionDenied: The key is not an administrator's.
            NotApplied: Freshdesk stored a rule that does not call the bridge.
        """
        return tuple(self._keep_one(kind, callback, secret) for kind in _KINDS)

    def registered(self) -> tuple[Subscription, ...]:
        """The rules that call a bridge: those with the bridge's names, and others whose address ends like this connection's."""
        path = f"/webhooks/{self._connection.name}"
        return tuple(
            _subscription(kind, rule, url)
            for kind in _KINDS
            for rule in self._all(kind)
            for url in rule.webhooks
            if rule.name == kind.name or urlsplit(url).path.rstrip("/").endswith(path)
        )

    def _keep_one(self, kind: RuleKind, callback: str, secret: str) -> Subscription:
        wanted = self._wanted(kind, callback, secret)
        ours = [rule for rule in self._all(kind) if rule.name == kind.name and callback in rule.webhooks]
        if ours:
            rule = self._client.update_rule(kind.number, ours[0].id, wanted)
        else:
            rule = self._client.create_rule(kind.number, wanted)
        if callback not in rule.webhooks or not rule.active:
            self._refuse(f"the rule {kind.name!r} ({rule.id}) was saved and does not call the bridge")
        for double in ours[1:]:
            self._client.delete_rule(kind.number, double.id)
        return _subscription(kind, rule, callback)

    def _all(self, kind: RuleKind) -> Iterator[RuleShape]:
        """The account's rules of a kind, each once, even if the list ignores pages and starts again."""
        known: set[int] = set()
        try:
            for rule in self._client.list_rules(kind.number):
                if rule.id in known:
                    return
                known.add(rule.id)
                yield rule
        except PermissionDenied as refusal:
            refusal.advice = f"{refusal.advice} {_BY_HAND}"
            raise

    def _wanted(self, kind: RuleKind, callback: str, secret: str) -> dict[str, object]:
        # Freshdesk was seen to answer 500 to a webhook that lacks one of these.
        action = {
            "field_name": "trigger_webhook",
            "request_type": "POST",
            "url": callback,
            "content_type": "JSON",
            "content_layout": _ADVANCED,
            "content": _CONTENT,
            "custom_headers": {self._settings.webhook_header: secret},
        }
        # A rule needs a condition, and every ticket has one of the four priorities.
        always = {
            "name": "condition_set_1",
            "match_type": "any",
            "properties": [
                {
                    "resource_type": "ticket",
                    "field_name": "priority",
                    "operator": "in",
                    "value": [1, 2, 3, 4],
                }
            ],
        }
        rule: dict[str, object] = {
            "name": kind.name,
            "active": True,
            "conditions": [always],
            "actions": [action],
        }
        if kind is _UPDATED:
            rule["performer"] = {"type": _AGENT_OR_REQUESTER}
            rule["events"] = [
                {"field_name": "status", "from": _ANY, "to": _ANY},
                {"field_name": "priority", "from": _ANY, "to": _ANY},
                {"field_name": "note_type", "value": "public"},
                {"field_name": "note_type", "value": "private"},
                {"field_name": "reply_sent"},
            ]
        return rule

    def _refuse(self, message: str) -> NoReturn:
        self._client.transport.refuse(NotApplied, "subscribe_webhooks", message)


def _subscription(kind: RuleKind, rule: RuleShape, url: str) -> Subscription:
    return Subscription(f"{kind.number}/{rule.id}", url, bool(rule.active))

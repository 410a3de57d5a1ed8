"""A stand-in Zendesk that sends webhooks, and what an admin and an agent do there."""

import json
from typing import Any

import requests

from escalation_bridge_sandbox.kernel.receiver import Delivery, Receiver
from escalation_bridge_sandbox.kernel.server import RunningVendor
from escalation_bridge_sandbox.zendesk.automation.webhooks import signature
from escalation_bridge_sandbox.zendesk.state import seed

Json = dict[str, Any]
BRIDGE = (f"{seed.BRIDGE.email}/token", seed.API_TOKEN)

TRIGGER_BODY = """{
  "ticket": {{ticket.id}},
  "subject": "{{ticket.title}}",
  "status": "{{ticket.status}}",
  "external_id": "{{ticket.external_id}}",
  "updated": "{{ticket.updated_at_with_timestamp}}",
  "by": "{{current_user.email}}",
  "nothing": "{{ticket.no_such_thing}}"
}"""


class Desk:
    def __init__(self, running: RunningVendor) -> None:
        self.running = running
        self.outbox = running.vendor.outbox

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(
            method, f"{self.running.url}/api/v2/{path}", auth=BRIDGE, timeout=5, **options
        )

    def webhook(self, endpoint: str, *subscriptions: str, **more: Any) -> Json:
        body = {
            "name": "Bridge",
            "status": "active",
            "endpoint": endpoint,
            "http_method": "POST",
            "request_format": "json",
            "subscriptions": list(subscriptions),
        } | more
        answer = self.call("POST", "webhooks", json={"webhook": body})
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()["webhook"]
        return made

    def trigger(self, webhook_id: str, body: object = TRIGGER_BODY, **more: Any) -> Json:
        trigger = {
            "title": "Tell the bridge",
            "conditions": {
                "all": [],
                "any": [{"field": "status", "operator": "not_value_previous", "value": "x"}],
            },
            "actions": [{"field": "notification_webhook", "value": [webhook_id, body]}],
        } | more
        answer = self.call("POST", "triggers", json={"trigger": trigger})
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()["trigger"]
        return made

    def create(self, **ticket: Any) -> int:
        body = {"ticket": {"subject": "Late", "comment": {"body": "Where?"}} | ticket}
        answer = self.call("POST", "tickets", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["ticket"]["id"])

    def update(self, ticket_id: int, **ticket: Any) -> None:
        answer = self.call("PUT", f"tickets/{ticket_id}", json={"ticket": ticket})
        assert answer.status_code == 200, answer.text

    def secret(self, webhook_id: str) -> str:
        shown = self.call("GET", f"webhooks/{webhook_id}/signing_secret").json()["signing_secret"]
        assert shown["algorithm"] == "SHA256"
        return str(shown["secret"])


def events(receiver: Receiver, count: int) -> list[Json]:
    return [json.loads(delivery.body) for delivery in receiver.wait_for(count)]


def is_signed(delivery: Delivery, secret: str) -> bool:
    timestamp = delivery.headers["x-zendesk-webhook-signature-timestamp"]
    return delivery.headers["x-zendesk-webhook-signature"] == signature(secret, timestamp, delivery.body)

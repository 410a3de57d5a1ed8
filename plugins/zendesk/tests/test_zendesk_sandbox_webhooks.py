"""Webhooks as the stand-in Zendesk really sends them: subscribed to, signed, verified and read."""

import json
import queue
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import CommentDraft, Visibility
from escalation_bridge.errors import WebhookRefused
from escalation_bridge.plugin.connection import Connection, utc_now
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings

RECOMMENDED_TRIGGER_BODY = json.dumps(
    {
        "event": "ticket updated",
        "ticket_id": "{{ticket.id}}",
        "updated_at": "{{ticket.updated_at_with_timestamp}}",
    }
)

Connect = Callable[..., ZendeskPlugin]


class Receiver:
    """Takes what is sent to it and answers 202."""

    def __init__(self) -> None:
        arrived: queue.Queue[WebhookRequest] = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                arrived.put(WebhookRequest.make(body, dict(self.headers), received_at=utc_now()))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/helpdesk"
        self.arrived = arrived

    def next(self) -> WebhookRequest:
        return self.arrived.get(timeout=10)

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def running() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox()) as server:
        yield server


@pytest.fixture
def connect(running: RunningVendor) -> Iterator[Connect]:
    made: list[ZendeskPlugin] = []

    def connect(*webhook_secrets: str | None, **more: object) -> ZendeskPlugin:
        settings = ZendeskSettings.model_validate(
            {
                **more,
                "plugin": "zendesk",
                "url": running.url,
                "sign_in": {"access_token": Resolved(seed.OAUTH_ACCESS_TOKEN)},
                "webhook_secrets": [Resolved(secret) for secret in webhook_secrets if secret],
            }
        )
        made.append(ZendeskPlugin(Connection("helpdesk", settings, utc_now)))
        return made[-1]

    yield connect
    for plugin in made:
        plugin.close()


def customer_writes(running: RunningVendor) -> str:
    message = {"email": seed.CUSTOMER_DEWI.email, "body": "My order is lost.", "channel": "email"}
    ticket = requests.post(f"{running.url}/_sandbox/inbound", json=message, timeout=5).json()["ticket"]
    return str(ticket["id"])


def test_one_subscription_is_enough_and_stays_one(
    running: RunningVendor, receiver: Receiver, connect: Connect
) -> None:
    first = connect().subscribe_webhooks(receiver.url, "")
    again = connect(first[0].secret).subscribe_webhooks(receiver.url, "")
    assert first == again
    assert [found.id for found in connect().list_subscriptions()] == [first[0].id]


def test_events_are_verified_and_lead_to_the_ticket(
    running: RunningVendor, receiver: Receiver, connect: Connect
) -> None:
    (subscription,) = connect().subscribe_webhooks(receiver.url, "")
    plugin = connect("an older secret", subscription.secret)
    ticket_id = customer_writes(running)
    seen = {}
    while not {"created", "comment_added"} <= seen.keys():
        request = receiver.next()
        verified = plugin.verify_webhook(request)
        assert verified.delivery_id == json.loads(request.body)["id"]
        (hint,) = plugin.parse_webhook(request).hints
        seen[hint.what] = hint.id
        with pytest.raises(WebhookRefused):
            connect("an older secret").verify_webhook(request)
    assert set(seen.values()) == {ticket_id}
    assert plugin.fetch_ticket(ticket_id).subject == "My order is lost."


def test_the_recommended_body_of_a_trigger_leads_to_the_ticket(
    running: RunningVendor, receiver: Receiver, connect: Connect
) -> None:
    def as_admin(method: str, path: str, body: object = None) -> dict[str, dict[str, str]]:
        response = requests.request(
            method,
            f"{running.url}/api/v2{path}",
            json=body,
            auth=(f"{seed.ADMIN.email}/token", seed.API_TOKEN),
            timeout=5,
        )
        assert response.ok, response.text
        parsed: dict[str, dict[str, str]] = response.json()
        return parsed

    webhook = {
        "name": "Escalation Bridge trigger",
        "status": "active",
        "endpoint": receiver.url,
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": ["conditional_ticket_events"],
    }
    webhook_id = as_admin("POST", "/webhooks", {"webhook": webhook})["webhook"]["id"]
    secret = as_admin("GET", f"/webhooks/{webhook_id}/signing_secret")["signing_secret"]["secret"]
    trigger = {
        "title": "Tell Escalation Bridge",
        "conditions": {"all": [{"field": "update_type", "operator": "is", "value": "Create"}], "any": []},
        "actions": [{"field": "notification_webhook", "value": [webhook_id, RECOMMENDED_TRIGGER_BODY]}],
    }
    as_admin("POST", "/triggers", {"trigger": trigger})
    plugin = connect(secret)
    ticket_id = customer_writes(running)
    request = receiver.next()
    assert plugin.verify_webhook(request).delivery_id == request.headers["x-zendesk-webhook-invocation-id"]
    (hint,) = plugin.parse_webhook(request).hints
    assert (hint.id, hint.what) == (ticket_id, "ticket updated")


def test_a_trigger_of_the_bridges_own_tells_of_new_and_changed_tickets(
    running: RunningVendor, receiver: Receiver, connect: Connect
) -> None:
    (subscription,) = connect(webhooks="trigger").subscribe_webhooks(receiver.url, "")
    assert connect(webhooks="trigger").subscribe_webhooks(receiver.url, "") == (subscription,)
    assert [found.active for found in connect().list_subscriptions()] == [True]
    plugin = connect(subscription.secret)
    ticket_id = customer_writes(running)
    plugin.add_comment(ticket_id, CommentDraft(from_text("Seen"), Visibility.PRIVATE), f"eb-{'0' * 20}")
    for _ in range(2):
        request = receiver.next()
        plugin.verify_webhook(request)
        (hint,) = plugin.parse_webhook(request).hints
        assert (hint.id, hint.what) == (ticket_id, "ticket changed")


def test_a_trigger_that_was_switched_off_or_lost_its_webhook_is_mended(
    running: RunningVendor, receiver: Receiver, connect: Connect
) -> None:
    assert isinstance(running.vendor, ZendeskSandbox)
    state = running.vendor.state
    (first,) = connect(webhooks="trigger").subscribe_webhooks(receiver.url, "")
    (trigger,) = state.triggers.values()
    trigger.active = False
    narrowed = {"all": [{"field": "priority", "operator": "is", "value": "urgent"}], "any": []}
    trigger.conditions = narrowed
    assert [found.active for found in connect().list_subscriptions()] == [False]
    connect(webhooks="trigger").subscribe_webhooks(receiver.url, "")
    assert [found.active for found in connect().list_subscriptions()] == [True]
    del state.webhooks[first.id]
    (second,) = connect(webhooks="trigger").subscribe_webhooks(receiver.url, "")
    (trigger,) = state.triggers.values()
    assert (trigger.actions[0]["value"][0], trigger.conditions) == (second.id, narrowed)


def test_going_from_events_to_a_trigger_leaves_one_webhook(
    running: RunningVendor, receiver: Receiver, connect: Connect
) -> None:
    connect().subscribe_webhooks(receiver.url, "")
    (kept,) = connect(webhooks="trigger").subscribe_webhooks(receiver.url, "")
    assert [found.id for found in connect().list_subscriptions()] == [kept.id]

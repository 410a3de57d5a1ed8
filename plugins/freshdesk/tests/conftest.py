"""A stand-in for Freshdesk, the plugin that speaks to it, and the people at it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import Ticket
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.freshdesk.state.records import Role
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.server import RunningVendor, start


@dataclass
class Desk:
    """A stand-in, the plugin that speaks to it, and the people at it."""

    sandbox: FreshdeskSandbox
    url: str
    opened: list[FreshdeskPlugin] = field(default_factory=list)
    held_back: int = 0

    @cached_property
    def plugin(self) -> FreshdeskPlugin:
        return self.open_plugin()

    def open_plugin(self, **more: object) -> FreshdeskPlugin:
        settings = FreshdeskSettings.model_validate(
            {
                "plugin": "freshdesk",
                "url": self.url,
                "api_key": Resolved(seed.BRIDGE.api_key),
                "webhook_secrets": [Resolved("a-secret-of-some-length")],
                "key_field": seed.FIELD_REFERENCE,
                "link_field": seed.FIELD_LINKED_ISSUE,
                "status_kinds": {seed.STATUS_WITH_ENGINEERING: "waiting_third_party"},
                "search_lag_seconds": 120,
                "timeouts": {"read": 0.5},
                **more,
            }
        )
        plugin = FreshdeskPlugin(Connection("support", settings))
        self.opened.append(plugin)
        return plugin

    def close(self) -> None:
        for plugin in self.opened:
            plugin.close()
        # An answer that is held back is written down late, and would be counted in the next test.
        deadline = time.monotonic() + 10
        while self.held_back > self._answered_late() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _answered_late(self) -> int:
        late = FaultKind.TIMEOUT_AFTER_WRITE.value
        return sum(entry.fault == late for entry in self.sandbox.journal.entries())

    def customer_writes(self, **message: Any) -> str:
        sender = {"email": seed.CUSTOMER_SARI.email}
        answer = requests.post(f"{self.url}/_sandbox/inbound", json={"from": sender, **message}, timeout=5)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket_id"])

    def agent(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(
            method,
            f"{self.url}/api/v2{path}",
            json=body,
            auth=(seed.AGENT_RINA.api_key, "X"),
            timeout=5,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def fault(self, kind: FaultKind, method: str, path: str, **more: Any) -> None:
        self.held_back += kind is FaultKind.TIMEOUT_AFTER_WRITE
        self.sandbox.faults.add(Fault(kind, method, path, **more))

    def promote(self) -> None:
        """Make the bridge's agent an administrator, as the README asks for while the rules are made."""
        agents = self.sandbox.helpdesk.desk.agents
        for agent in tuple(agents.values()):
            if agent.email == seed.BRIDGE.email:
                agents[agent.id] = replace(agent, role=Role.ADMINISTRATOR)

    def conversations(self, ticket_id: str) -> list[dict[str, Any]]:
        return list(self.agent("GET", f"/tickets/{ticket_id}/conversations"))

    def tickets(self) -> int:
        return len(self.sandbox.helpdesk.desk.tickets)

    def writes(self) -> int:
        return len(self.sandbox.journal.entries(writes=True, user=seed.BRIDGE.email))


@pytest.fixture(scope="session")
def running() -> Iterator[RunningVendor]:
    with start(FreshdeskSandbox(search_lag=60, required_for_closure=[seed.FIELD_ROOT_CAUSE])) as running:
        yield running


@pytest.fixture
def desk(running: RunningVendor) -> Iterator[Desk]:
    running.vendor.reset()
    assert isinstance(running.vendor, FreshdeskSandbox)
    desk = Desk(running.vendor, running.url)
    yield desk
    desk.close()


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    return desk.plugin.fetch_ticket(desk.customer_writes(subject="No receipt", body="I got none."))


@pytest.fixture
def arrived() -> Iterator["Queue[WebhookRequest]"]:
    """What comes in at `arrived.url`."""
    queue: Queue[WebhookRequest] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            queue.put(
                WebhookRequest.make(
                    body,
                    dict(self.headers.items()),
                    received_at=datetime.now(UTC),
                    query=dict(parse_qsl(urlsplit(self.path).query)),
                )
            )
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    queue.url = f"http://127.0.0.1:{server.server_port}/webhooks/support"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield queue
    server.shutdown()
    server.server_close()
    thread.join()

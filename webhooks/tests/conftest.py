"""A receiver for accounts of all vendors, on both databases, and webhooks as the vendors prove them."""

import base64
import hashlib
import hmac
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from bridge_helpers.databases import empty
from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.plugged.discovery import discover
from escalation_bridge.store.database.schema import deliveries
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_webhooks.app import create_app, largest_body
from escalation_bridge_webhooks.server import Server

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRETS = {
    "OLD": "the-secret-of-last-year-0123456789",
    "NEW": "the-secret-of-this-year-0123456789",
    "ODD": "odd/secret+with%signs&0123456789",
    "KEY": "an-account-key-0123456789",
}
CONFIGURATION = """
bridge:
  database: "{database}"
connections:
  support:
    plugin: zendesk
    url: https://acme.zendesk.com
    sign_in: {{access_token: "${{KEY}}"}}
    webhook_secrets: ["${{OLD}}", "${{NEW}}"]
  dev:
    plugin: jira
    deployment: cloud
    url: https://acme.atlassian.net
    email: bridge@acme.example
    api_token: ${{KEY}}
    webhook_secrets: ["${{OLD}}", "${{NEW}}"]
    max_webhook_mb: 6
  shop:
    plugin: freshdesk
    url: https://acme.freshdesk.com
    api_key: ${{KEY}}
    webhook_secrets: ["${{OLD}}", "${{NEW}}", "${{ODD}}"]
    webhook_header: X-Shop-Proof
    max_webhook_mb: 0.001
  open:
    plugin: zendesk
    url: https://open.zendesk.com
    sign_in: {{access_token: "${{KEY}}"}}
  off:
    plugin: zendesk
    enabled: false
    url: https://off.zendesk.com
    sign_in: {{access_token: "${{KEY}}"}}
    webhook_secrets: ["${{NEW}}"]
"""


class MovableClock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Receiver:
    """A receiver, and what tests do with it."""

    bridge: Bridge
    writer: DeliveryWriter
    clock: MovableClock
    app: Flask = field(init=False)
    rung: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.app = create_app(self.bridge, self.writer, self._ring)

    def _ring(self) -> None:
        self.rung += 1

    def empty(self) -> None:
        """Forget everything: what an example of a property begins with, so that a failure can be shrunk."""
        self.clock.at, self.rung = START, 0
        empty(self.bridge.database)

    # --- webhooks as the vendors send them --------------------------------------------------------------------------

    def zendesk(
        self, body: bytes, *, secret: str = "NEW", at: datetime | None = None, invocation: str | None = ""
    ) -> dict[str, str]:
        """Zendesk's headers. A new invocation each time, unless one is given; None for none."""
        signed_at = (at or self.clock.at).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hmac.new(SECRETS[secret].encode(), signed_at.encode() + body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Webhook-Id": "01HANA2B5D5W9XSJS3NE5SQA1J",
            "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": signed_at,
        }
        if invocation is not None:
            headers["X-Zendesk-Webhook-Invocation-Id"] = invocation or f"invocation-{next(self._numbers)}"
        return headers

    def jira(self, body: bytes, *, secret: str = "NEW", identifier: str | None = None) -> dict[str, str]:
        digest = hmac.new(SECRETS[secret].encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature": f"sha256={digest}"}
        return headers | ({"X-Atlassian-Webhook-Identifier": identifier} if identifier else {})

    def freshdesk(self, *, secret: str = "NEW") -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Shop-Proof": SECRETS[secret]}

    def jira_body(self, issue: str = "10040", **more: Any) -> bytes:
        sent = int(self.clock.at.timestamp() * 1000)
        event = {"timestamp": sent, "webhookEvent": "jira:issue_updated", "issue": {"id": issue}, **more}
        return json.dumps(event).encode()

    # --- sending and looking ----------------------------------------------------------------------------------------

    def post(self, connection: str, body: bytes, headers: Mapping[str, str], **options: Any) -> TestResponse:
        return self.app.test_client().post(
            f"/webhooks/{connection}", data=body, headers=dict(headers), **options
        )

    def rows(self) -> list[Any]:
        """What is stored, the oldest first."""
        with self.bridge.database.read() as transaction:
            return list(transaction.execute(sa.select(deliveries).order_by(deliveries.c.id)))

    @contextmanager
    def served(self, threads: int = 16) -> Iterator[Server]:
        """The receiver behind its real server, on a free port."""
        largest = max(largest_body(helpdesk) for helpdesk in self.bridge.helpdesks.values())
        server = Server(self.app, "127.0.0.1", 0, largest_body=largest, threads=threads)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def receiver_on(database: str, folder: Path) -> Iterator[Receiver]:
    file = folder / "bridge.yaml"
    file.write_text(CONFIGURATION.format(database=database))
    catalogue = discover()
    clock = MovableClock()
    with ExitStack() as closing:
        bridge = open_bridge(load_configuration(file, catalogue, SECRETS), catalogue, clock)
        closing.callback(bridge.close)
        writer = DeliveryWriter(bridge.database)
        closing.callback(writer.close)
        yield Receiver(bridge, writer, clock)


@pytest.fixture
def receiver(upgraded_file: Path, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver on SQLite."""
    file = shutil.copy(upgraded_file, tmp_path / "bridge.db")
    with receiver_on(f"sqlite:///{file}", tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def any_receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver on each of the two databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("receiver")
        return
    database = request.getfixturevalue("upgraded_schema")
    empty(database)
    with receiver_on(database.engine.url.render_as_string(hide_password=False), tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def lasting_receiver(upgraded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver on SQLite for all examples of a module."""
    folder = tmp_path_factory.mktemp("receiver")
    file = shutil.copy(upgraded_file, folder / "bridge.db")
    with receiver_on(f"sqlite:///{file}", folder) as made:
        yield made


@pytest.fixture
def in_threads() -> Callable[..., list[Any]]:
    """Call a function with each of the arguments, all at the same time; what came of it, in order."""

    def run(call: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        results: list[Any] = [None] * len(arguments)
        gate = threading.Barrier(len(arguments))

        def one(index: int) -> None:
            gate.wait()
            results[index] = call(arguments[index])

        threads = [threading.Thread(target=one, args=(index,)) for index in range(len(arguments))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run

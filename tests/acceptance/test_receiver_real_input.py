"""What vendors really send, on its whole way: proven and stored by the real receiver, routed by the worker to the right ticket."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
import sqlalchemy as sa

from escalation_bridge.bridge import Bridge, open_bridge
from escalation_bridge.config.loading import load_configuration
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.discovery import discover
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.database.schema import cases, deliveries
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter, IncomingDelivery
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server

PLUGINS = Path(__file__).parents[2] / "plugins"
POSTGRES = os.environ.get(
    "ESCALATION_BRIDGE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test"
)
NOW = datetime.fromtimestamp(1782872002, UTC)  # two seconds after Jira sent its webhooks
SECRET = "a-secret-of-enough-length"
CONFIGURATION = """
bridge:
  database: "{database}"
connections:
  zendesk:
    plugin: zendesk
    url: https://acme.zendesk.com
    sign_in: {{access_token: "${{KEY}}"}}
    webhook_secrets: ["${{SECRET}}"]
  freshdesk:
    plugin: freshdesk
    url: https://acme.freshdesk.com
    api_key: ${{KEY}}
    webhook_secrets: ["${{SECRET}}"]
  cloud:
    plugin: jira
    deployment: cloud
    url: https://acme.atlassian.net
    email: bridge@acme.example
    api_token: ${{KEY}}
    webhook_secrets: ["${{SECRET}}"]
    project: ENG
  datacenter:
    plugin: jira
    deployment: datacenter
    url: https://jira.acme.example
    personal_access_token: ${{KEY}}
    webhook_secrets: ["${{SECRET}}"]
    project: ENG
# Each is the origin of a route, so that any of their tickets opens a case.
routes:
  one: {{from: zendesk, to: cloud, status: &status {{owner: origin, to_linked: {{open: keep}}, to_origin: {{open: keep}}}}}}
  two: {{from: freshdesk, to: datacenter, status: *status}}
  three: {{from: cloud, to: zendesk, status: *status}}
  four: {{from: datacenter, to: freshdesk, status: *status}}
"""
TICKET_ADDRESSES = {
    "zendesk": "https://acme.zendesk.com/api/v2/tickets/{}",
    "freshdesk": "https://acme.freshdesk.com/api/v2/tickets/{}",
    "cloud": "https://acme.atlassian.net/rest/api/3/issue/{}",
    "datacenter": "https://jira.acme.example/rest/api/2/issue/{}",
}


@dataclass(frozen=True)
class Payload:
    """A recorded shape.

    Attributes:
        connection: Whose webhook it is.
        answer: The receiver's answer.
        state: What becomes of it; None where it is not stored.
        tickets: The tickets that it leads to.
    """

    connection: str
    path: Path
    answer: int
    state: str | None
    tickets: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.connection}: {self.path.stem}"

    @property
    def content_type(self) -> str:
        return {
            ".json": "application/json",
            ".txt": "application/x-www-form-urlencoded",
            ".xml": "application/xml",
        }[self.path.suffix]


# --- what is expected of each -----------------------------------------------------------------------------------------


def zendesk(path: Path) -> Payload:
    event, _, detail = path.stem.partition("__")
    if event == "broken":
        return Payload("zendesk", path, 400, "quarantined")
    if detail in ("ignored", "not_a_ticket"):
        return Payload("zendesk", path, 202, "ignored")
    if detail.startswith("unknown"):
        return Payload("zendesk", path, 202, "unsupported")
    return Payload("zendesk", path, 202, "routed", frozenset({"5158"}))


def freshdesk(path: Path) -> Payload:
    if path.suffix == ".xml":
        return Payload("freshdesk", path, 415, None)
    if path.stem.startswith("refused"):
        return Payload("freshdesk", path, 400, "quarantined")
    # Whoever writes a subject can put another ticket's number into the body: then both are looked at.
    tickets = {"11", "99"} if "adds_a_key" in path.stem else {"11"}
    return Payload("freshdesk", path, 202, "routed", frozenset(tickets))


def jira(path: Path) -> Payload:
    event, _, detail = path.stem.partition("__")
    on_premises = "datacenter" in detail or detail == "old_server"
    connection = "datacenter" if on_premises else "cloud"
    if event == "unknown":
        return Payload(connection, path, 202, "unsupported")
    about_issue = event.startswith(("issue_created", "issue_updated", "issue_deleted", "comment_"))
    if not about_issue or detail == "datacenter_without_address":
        return Payload(connection, path, 202, "ignored")
    issue = (
        json.loads(path.read_bytes()).get("issue", {}).get("id", 10040)
    )  # else it is in the comment's address
    return Payload(connection, path, 202, "routed", frozenset({str(issue)}))


def payloads() -> list[Payload]:
    vendors = {"zendesk": zendesk, "freshdesk": freshdesk, "jira": jira}
    return [
        expected(path)
        for vendor, expected in vendors.items()
        for path in sorted((PLUGINS / vendor / "tests" / "payloads").iterdir())
    ]


PAYLOADS = payloads()


# --- the bridge, and the vendors around it ----------------------------------------------------------------------------


@dataclass
class Scene:
    """A receiver on its real server, its worker, and vendors that know none of the tickets."""

    bridge: Bridge
    server: Server
    vendors: responses.RequestsMock
    numbers: Iterator[int]

    def deliver(self, payload: Payload, name: str) -> int:
        """Send a payload as its vendor does, with a delivery id where the vendor has one; the answer's status."""
        body = payload.path.read_bytes()
        target = f"/webhooks/{payload.connection}"
        headers = {"Content-Type": payload.content_type}
        match payload.connection:
            case "zendesk":
                headers |= zendesk_headers(body, name)
            case "freshdesk":
                more, query = freshdesk_proof(next(self.numbers))
                headers, target = headers | more, target + query
            case _:
                digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
                headers |= {"X-Hub-Signature": f"sha256={digest}"}
                headers |= {
                    "cloud": {"X-Atlassian-Webhook-Identifier": name, "X-Atlassian-Webhook-Flow": "Primary"},
                    "datacenter": {"User-Agent": "Atlassian Webhook HTTP Client"},
                }[payload.connection]
        return self.post(target, body, headers)

    def post(self, target: str, body: bytes, headers: dict[str, str]) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)) as client:
            client.request("POST", target, body=body, headers=headers)
            return client.getresponse().status

    def work(self) -> None:
        Worker(self.bridge).run_until_idle()

    def rows(self) -> list[Any]:
        with self.bridge.database.read() as transaction:
            return list(transaction.execute(sa.select(deliveries).order_by(deliveries.c.id)))

    def cases(self) -> dict[int, tuple[str, str]]:
        """The tickets of all cases."""
        with self.bridge.database.read() as transaction:
            rows = transaction.execute(sa.select(cases.c.id, cases.c.connection, cases.c.ticket_id))
            return {row.id: (row.connection, row.ticket_id) for row in rows}

    def asked(self) -> set[str]:
        """The addresses that the vendors were asked for, without their queries."""
        return {urlsplit(call.request.url)._replace(query="").geturl() for call in self.vendors.calls}


def zendesk_headers(body: bytes, name: str) -> dict[str, str]:
    at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(SECRET.encode(), at.encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zendesk Webhook",
        "X-Zendesk-Account-Id": "22129848",
        "X-Zendesk-Webhook-Id": "01HANA2B5D5W9XSJS3NE5SQA1J",
        "X-Zendesk-Webhook-Invocation-Id": name,
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": at,
    }


def freshdesk_proof(number: int) -> tuple[dict[str, str], str]:
    """The secret in each of the places where an automation rule can put it, in turns."""
    user = base64.b64encode(f"bridge:{SECRET}".encode()).decode()
    ways = [
        ({"X-Escalation-Bridge-Secret": SECRET}, ""),
        ({"Authorization": f"Basic {user}"}, ""),
        ({}, f"?token={SECRET}"),
    ]
    return ways[number % len(ways)]


@contextmanager
def scene_on(database: str, folder: Path) -> Iterator[Scene]:
    file = folder / "bridge.yaml"
    file.write_text(CONFIGURATION.format(database=database))
    catalogue = discover()
    with ExitStack() as running:
        configuration = load_configuration(file, catalogue, {"KEY": "key", "SECRET": SECRET})
        bridge = open_bridge(configuration, catalogue, lambda: NOW)
        running.callback(bridge.close)
        writer = DeliveryWriter(bridge.database)
        running.callback(writer.close)
        server = Server(create_app(bridge, writer), "127.0.0.1", 0, largest_body=5 * 1024 * 1024)
        running.callback(server.stop)
        vendors = running.enter_context(responses.RequestsMock(assert_all_requests_are_fired=False))
        vendors.add(responses.GET, re.compile("https://.*"), status=404, json={})
        yield Scene(bridge, server, vendors, itertools.count())


@pytest.fixture(scope="module")
def lasting_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One bridge for all payloads, one after the other."""
    folder = tmp_path_factory.mktemp("bridge")
    with scene_on(f"sqlite:///{folder / 'bridge.db'}", folder) as made:
        yield made


@contextmanager
def postgres_schema() -> Iterator[str]:
    engine = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    schema = f"eb_real_input_{os.getpid()}"
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    except sa.exc.OperationalError:
        engine.dispose()
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL answers at {POSTGRES}; in CI it must")
        pytest.skip(f"no PostgreSQL answers at {POSTGRES}; set ESCALATION_BRIDGE_TEST_POSTGRES")
    url = sa.make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as closing_all:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'bridge.db'}"
        else:
            url = closing_all.enter_context(postgres_schema())
        yield closing_all.enter_context(scene_on(url, tmp_path))


# --- the tests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_a_payload_is_answered_stored_and_led_to_its_ticket(lasting_scene, payload):
    scene = lasting_scene
    before = len(scene.rows())
    scene.vendors.calls.reset()
    assert scene.deliver(payload, payload.name) == payload.answer
    stored = scene.rows()[before:]
    if payload.state is None:
        assert stored == []
        return
    (row,) = stored
    assert (row.connection, row.body) == (payload.connection, payload.path.read_bytes())
    assert row.state == ("quarantined" if payload.state == "quarantined" else "stored")
    assert SECRET not in row.headers

    scene.work()
    row = scene.rows()[before]
    assert row.state == payload.state
    if payload.state != "routed":
        assert row.outcome
        assert scene.asked() == set()
        return
    found = {scene.cases()[int(number)] for number in re.findall(r"\d+", row.outcome)}
    assert found == {(payload.connection, ticket) for ticket in payload.tickets}
    address = TICKET_ADDRESSES[payload.connection]
    assert {address.format(ticket) for ticket in payload.tickets} <= scene.asked()


def test_every_end_of_a_delivery_is_among_the_payloads():
    for connection in ("zendesk", "freshdesk", "cloud", "datacenter"):
        states = {payload.state for payload in PAYLOADS if payload.connection == connection}
        assert "routed" in states
    assert {payload.state for payload in PAYLOADS} == {
        "routed",
        "ignored",
        "unsupported",
        "quarantined",
        None,
    }


def test_poison_stops_nothing_else(scene):
    """All payloads twice and out of order, and among them what is forged, unreadable, and what breaks a plugin."""

    class BreaksOnSome:
        @hookimpl(tryfirst=True)
        def parse_webhook(self, request):
            if b"poison" in request.body:
                raise ZeroDivisionError

    scene.bridge.helpdesks["zendesk"].extend(BreaksOnSome(), "breaks on some")
    poison = b'{"ticket_id": "77", "x": "poison"}'
    forged = zendesk_headers(b"something else", "forged")
    writer = DeliveryWriter(scene.bridge.database)
    for number in range(2):
        for connection, body in (("gone", b"of a connection that is no more"), ("cloud", b"\xff\x00")):
            request = WebhookRequest.make(body + bytes([number]), {}, received_at=NOW)
            writer.save(IncomingDelivery(connection, request, None))
        assert scene.post("/webhooks/zendesk", poison, zendesk_headers(poison, f"poison {number}")) == 202
        assert scene.post("/webhooks/zendesk", poison, forged) == 401
    writer.close()

    twice = [(payload, payload.name) for payload in PAYLOADS for _ in range(2)]
    random.Random(7).shuffle(twice)
    for payload, name in twice:
        assert scene.deliver(payload, name) == payload.answer
    scene.work()

    rows = scene.rows()
    assert {row.state for row in rows} == {"routed", "ignored", "unsupported", "quarantined"}
    assert [row.state for row in rows[:6]] == ["quarantined"] * 6
    expected = {
        (payload.connection, payload.path.read_bytes()): payload.state
        for payload in PAYLOADS
        if payload.state
    }
    assert {(row.connection, row.body): row.state for row in rows[6:]} == expected
    assert len(rows) == 6 + len(expected)  # none twice
    tickets = {(payload.connection, ticket) for payload in PAYLOADS for ticket in payload.tickets}
    assert set(scene.cases().values()) == tickets

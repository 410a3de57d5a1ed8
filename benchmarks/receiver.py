"""How many webhooks a second the receiver takes, and how soon it answers.

    python benchmarks/receiver.py
    python benchmarks/receiver.py --threads 4 8 16 32 --batch 1 64      # side by side, in turns
    python benchmarks/receiver.py --kinds receive serve                 # with a worker in the process, too
    python benchmarks/receiver.py --rate 300 600                         # so many a second, not as many as it takes
    python benchmarks/receiver.py --database postgresql+psycopg://...   # an empty database of its own

The receiver runs in a process of its own, as `escalation-bridge receive` does: Flask, waitress, signature, one commit for
the requests that wait, `synchronous=FULL`. This process keeps 32 connections busy, each with one webhook after the other:
a signed Zendesk event of 1.5 kB, each with an id of its own, on connections that are kept alive. A request counts from its
first byte sent to the last byte of its answer received. The client is one thread over non-blocking sockets; its share of a
core is printed, so that one can see that it is not what is measured. All requests are made before the clock starts.

Kept busy, 32 connections always have 32 webhooks waiting: the time of an answer is then what 32 of them take. With `--rate`
they come at a steady rate instead, over the same connections, and each counts from the moment at which it was to be sent.

For scale, the same is done with a Flask view on the same server that reads the body and stores nothing: what is slow there
is the machine.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import selectors
import signal
import socket
import statistics
import sys
import tempfile
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from time import perf_counter, process_time

from flask import Flask, request

from escalation_bridge.cli.console.logs import set_up_logs
from escalation_bridge.cli.running import opened, running_worker, until_stopped
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server
from escalation_bridge_zendesk.webhooks.webhook import signature

SECRET = "bm90LWEtc2VjcmV0LW9ubHktZm9yLW1lYXN1cmluZw=="
BODY_BYTES = 1500
KINDS = ("view", "receive", "serve")
CONFIGURATION = """
bridge:
  database: {database}
connections:
  support:
    plugin: zendesk
    url: https://acme.zendesk.com
    sign_in: {{access_token: "${{BENCHMARK_SECRET}}"}}
    webhook_secrets: ["${{BENCHMARK_SECRET}}"]
"""


@dataclass(frozen=True)
class Setting:
    """What is compared."""

    kind: str
    threads: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Round:
    """What one round gave: answers a second, milliseconds, and shares of a core."""

    rate: float
    p50: float
    p95: float
    p99: float
    longest: float
    client: float
    receiver: float


# --- the receiver's process -------------------------------------------------------------------------------------------


def receive(folder: Path, database: str, setting: Setting, pipe: Pipe) -> None:
    os.environ["BENCHMARK_SECRET"] = SECRET
    sys.stderr = (folder / "receiver.log").open("w")
    set_up_logs("info")
    file = folder / "bridge.yaml"
    file.write_text(CONFIGURATION.format(database=database))
    stopping = until_stopped(signal.SIGTERM)
    with opened(file) as (bridge, _), ExitStack() as running:
        writer = running.enter_context(closing(DeliveryWriter(bridge.database, setting.batch)))
        ring = None
        if setting.kind == "serve":
            ring = running.enter_context(running_worker(bridge, 4, stopping)).ring
        app = create_app(bridge, writer, ring or (lambda: None)) if setting.kind != "view" else view()
        server = Server(app, "127.0.0.1", 0, largest_body=5 * 1024 * 1024, threads=setting.threads)
        running.callback(server.stop)
        pipe.send(server.port)
        while not stopping.is_set():
            pipe.recv()
            pipe.send(process_time())


def view() -> Flask:
    """What any receiver in Flask costs."""
    app = Flask(__name__)

    @app.post("/webhooks/<connection>")
    def receive(connection: str) -> tuple[dict[str, int], int]:
        return {connection: len(request.get_data(cache=False))}, 202

    return app


@contextmanager
def receiver(database: str | None, setting: Setting) -> Iterator[tuple[int, Pipe]]:
    """A running receiver: its port, and a pipe that answers with the CPU seconds that it has used."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        url = database or f"sqlite:///{folder}/bridge.db"
        process = spawn.Process(target=receive, args=(Path(folder), url, setting, there))
        process.start()
        there.close()
        try:
            yield here.recv(), here
        finally:
            process.terminate()
            here.send(None)
            process.join()


# --- the client -------------------------------------------------------------------------------------------------------


def make_requests(number: int) -> deque[bytes]:
    """Signed webhooks, as Zendesk sends them when a status changes."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return deque(one_request(now, str(5000 + index % 500)) for index in range(number))


def one_request(now: str, ticket: str) -> bytes:
    event = {
        "account_id": 22129848,
        "detail": {
            "actor_id": "8447388090494", "assignee_id": "8447388090495", "brand_id": "8447346621310",
            "created_at": "2026-03-02T08:00:00Z", "custom_status": "8447320465790", "description": "",
            "external_id": None, "form_id": "8646151517822", "group_id": "8447320466430", "id": ticket,
            "is_public": True, "organization_id": "8447346622462", "priority": "HIGH", "status": "PENDING",
            "requester_id": "8447388090493", "subject": "Printer on fire", "submitter_id": "8447388090493",
            "tags": ["printer", "vip"], "type": "INCIDENT", "updated_at": now, "via": {"channel": "email"},
        },
        "event": {"current": "PENDING", "previous": "OPEN"},
        "id": str(uuid.uuid4()), "subject": f"zen:ticket:{ticket}", "time": now,
        "type": "zen:event-type:ticket.status_changed", "zendesk_event_version": "2022-11-06",
    }  # fmt: skip
    event["detail"]["description"] = "x" * (BODY_BYTES - len(json.dumps(event)))  # type: ignore[index]
    body = json.dumps(event).encode()
    return (
        "POST /webhooks/support HTTP/1.1\r\nHost: bridge.example\r\nUser-Agent: Zendesk Webhook\r\n"
        "Content-Type: application/json; charset=utf-8\r\nX-Zendesk-Account-Id: 22129848\r\n"
        "X-Zendesk-Webhook-Id: 01HANA2B5D5W9XSJS3NE5SQA1J\r\n"
        f"X-Zendesk-Webhook-Invocation-Id: {uuid.uuid4()}\r\n"
        f"X-Zendesk-Webhook-Signature: {signature(SECRET, now, body)}\r\n"
        f"X-Zendesk-Webhook-Signature-Timestamp: {now}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Caller:
    """One connection, kept alive."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self._sent_at = 0.0

    def send(self, request: bytes, due: float | None = None) -> None:
        self._sent_at = perf_counter() if due is None else due
        self.socket.sendall(request)

    def receive(self) -> float | None:
        """Read what came; the milliseconds that the answer took if it is complete now."""
        self._answer += self.socket.recv(65536)
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length:")[2].split(None, 1)[0]):
            return None
        if not head.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"the receiver answered {self._answer!r}")
        self._answer = b""
        return (perf_counter() - self._sent_at) * 1000


def drive(port: int, connections: int, requests: deque[bytes]) -> list[float]:
    """Send all requests, each connection one after the other; the milliseconds that each took."""
    callers = selectors.DefaultSelector()
    for _ in range(connections):
        caller = Caller(port)
        callers.register(caller.socket, selectors.EVENT_READ, caller)
        caller.send(requests.popleft())
    took: list[float] = []
    under_way = connections
    while under_way:
        for key, _ in callers.select():
            milliseconds = key.data.receive()
            if milliseconds is None:
                continue
            took.append(milliseconds)
            if requests:
                key.data.send(requests.popleft())
            else:
                under_way -= 1
                callers.unregister(key.data.socket)
                key.data.socket.close()
    return took


def drive_steadily(port: int, connections: int, requests: deque[bytes], rate: float) -> list[float]:
    """Send the requests at a rate; the milliseconds from when each was to be sent to its answer."""
    callers = selectors.DefaultSelector()
    idle = deque(Caller(port) for _ in range(connections))
    for caller in idle:
        callers.register(caller.socket, selectors.EVENT_READ, caller)
    took: list[float] = []
    number, begun = len(requests), perf_counter()
    while len(took) < number:
        due = begun + (number - len(requests)) / rate
        if requests and idle and due <= perf_counter():
            idle.popleft().send(requests.popleft(), due)
            continue
        patience = max(0.0, due - perf_counter()) if requests and idle else None
        for key, _ in callers.select(patience):
            milliseconds = key.data.receive()
            if milliseconds is not None:
                took.append(milliseconds)
                idle.append(key.data)
    for caller in idle:
        caller.socket.close()
    return took


def measure(port: int, cpu: Pipe, connections: int, number: int, rate: float = 0) -> Round:
    requests = make_requests(number)
    cpu.send(None)
    used_before: float = cpu.recv()
    begun, own_begun = perf_counter(), process_time()
    took = drive_steadily(port, connections, requests, rate) if rate else drive(port, connections, requests)
    seconds, own = perf_counter() - begun, process_time() - own_begun
    cpu.send(None)
    used: float = cpu.recv() - used_before
    cuts = statistics.quantiles(took, n=100)
    return Round(len(took) / seconds, cuts[49], cuts[94], cuts[98], max(took), own / seconds, used / seconds)


# --- the report -------------------------------------------------------------------------------------------------------


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--requests", type=int, default=6000, help="in each round")
    options.add_argument("--rounds", type=int, default=5, help="the middle one of each figure is printed")
    options.add_argument("--threads", type=int, nargs="+", default=[16])
    options.add_argument("--batch", type=int, nargs="+", default=[64])
    options.add_argument(
        "--rate", type=float, nargs="+", default=[0], help="webhooks a second; 0: as many as it takes"
    )
    options.add_argument("--kinds", choices=KINDS, nargs="+", default=["view", "receive"])
    options.add_argument("--database", help="instead of SQLite in a temporary folder")
    asked = options.parse_args()
    settings = [
        Setting(*one) for one in itertools.product(asked.kinds, asked.threads, asked.batch, asked.rate)
    ]
    rounds: dict[Setting, list[Round]] = {setting: [] for setting in settings}
    for _ in range(asked.rounds):
        for setting in settings:
            with receiver(asked.database, setting) as (port, cpu):
                measure(port, cpu, asked.connections, asked.requests // 10)
                rounds[setting].append(measure(port, cpu, asked.connections, asked.requests, setting.rate))
    print(f"{asked.connections} connections, {asked.requests} webhooks a round, median of {asked.rounds}")
    print(
        "kind    threads batch  asked/s  webhooks/s  p50 ms  p95 ms  p99 ms  longest   client  receiver (share of a core)"
    )
    for setting, results in rounds.items():
        middle = [
            statistics.median(column) for column in zip(*(vars(r).values() for r in results), strict=True)
        ]
        rate, p50, p95, p99, longest, client, server = middle
        print(
            f"{setting.kind:8}{setting.threads:7}{setting.batch:6}{setting.rate or '-':>9}{rate:12.0f}{p50:8.1f}{p95:8.1f}{p99:8.1f}{longest:9.1f}"
            f"{client:9.0%}{server:10.0%}"
        )


if __name__ == "__main__":
    main()

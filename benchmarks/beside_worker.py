"""How soon webhooks are answered while a worker is busy with them, and how late ladder steps come meanwhile.

    python benchmarks/beside_worker.py                                  # 400 webhooks a second, both ways of running
    python benchmarks/beside_worker.py --rate 100 200 400 --rounds 5
    python benchmarks/beside_worker.py --database postgresql+psycopg://...   # an empty database of its own

The programs are the real ones: `receive` alone, for scale; `receive` and `work` as two processes; `serve`. Each webhook is
signed, 1.5 kB, and about one of 500 tickets, which the worker then reads at a vendor in its memory (5 ms a call) and finds changed.
Each counts from the moment at which it was to be sent to the last byte of its answer. Meanwhile the first responses to other tickets
become due, some each second: a step counts from then to its note at the vendor.

The ways of running take turns; the middle one of the rounds is printed. The client is a process of its own on the same machine.
"""

import argparse
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests
import sqlalchemy as sa
from busy_vendor import TARGET_SECONDS
from receiver import BODY_BYTES, drive_steadily

SECRET = "only-for-measuring-0123456789"
WAYS = {"receive": ("receive",), "receive+work": ("receive", "work"), "serve": ("serve",)}
CONFIGURATION = """
bridge:
  database: {database}
  listen: 127.0.0.1:{port}
  reconcile_minutes: 0
connections:
  support: {{plugin: busy, webhook_secrets: ["${{BENCHMARK_SECRET}}"]}}
  dev: {{plugin: busy}}
policies:
  - name: all
    targets: {{default: {{first_response: {minutes}m}}}}
    ladder: [{{id: note, metric: first_response, at: due, do: [{{note: sla_breached}}]}}]
routes:
  to-dev:
    from: support
    to: dev
    status:
      to_linked: {{new: keep, open: keep, waiting_customer: keep, waiting_third_party: keep, solved: keep, closed: keep}}
      to_origin: {{new: keep, open: keep, waiting_customer: keep, waiting_third_party: keep, solved: keep, closed: keep}}
"""
NOISY = 500


@dataclass(frozen=True)
class Round:
    """Milliseconds until the answer, and seconds by which steps were late."""

    p50: float
    p99: float
    longest: float
    late_p50: float
    late_p99: float
    late_longest: float
    missing: float


def one_request(ticket: str) -> bytes:
    sent = datetime.now(UTC).isoformat()
    body = json.dumps({"ticket": ticket, "text": "x" * (BODY_BYTES - 60)}).encode()
    proof = hmac.new(SECRET.encode(), sent.encode() + b"\n" + body, hashlib.sha256).hexdigest()
    return (
        "POST /webhooks/support HTTP/1.1\r\nHost: bridge.example\r\nContent-Type: application/json\r\n"
        f"X-Sent: {sent}\r\nX-Proof: {proof}\r\nX-Delivery: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


@contextmanager
def running(way: str, folder: Path, database: str, vendor_ms: float) -> Iterator[int]:
    """The programs of one way of running; the receiver's port."""
    info = folder / "busy-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: busy\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[escalation_bridge]\nbusy = busy_vendor:BusyHelpdesk\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "bridge.yaml").write_text(
        CONFIGURATION.format(database=database, port=port, minutes=TARGET_SECONDS // 60)
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path(__file__).parent)]),
        "BENCHMARK_SECRET": SECRET,
        "BENCHMARK_NOTES": str(folder / "notes"),
        "BENCHMARK_VENDOR_MS": str(vendor_ms),
    }
    (folder / "notes").touch()
    programs = []
    for command in WAYS[way]:
        with (folder / f"{command}.log").open("w") as log:
            line = [sys.executable, "-m", "escalation_bridge", command, "-c", str(folder / "bridge.yaml")]
            programs.append(subprocess.Popen(line, env=environment, cwd=folder, stdout=log, stderr=log))
    try:
        wait_until_ready(port)
        yield port
    finally:
        for program in programs:
            program.send_signal(signal.SIGTERM)
        for program in programs:
            program.wait()


def wait_until_ready(port: int) -> None:
    for _ in range(600):
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit("the receiver did not become ready")


def wait_until_quiet(database: str) -> None:
    """Until every delivery is routed and no case is due or being worked on."""
    engine = sa.create_engine(database)
    waiting = "select count(*) from deliveries where state = 'stored'"
    busy = "select count(*) from cases where lease_owner is not null or wake_at <= :now"
    while True:
        with engine.connect() as connection:
            now = {"now": int(time.time() * 1e6)}
            if not connection.scalar(sa.text(waiting)) and not connection.scalar(sa.text(busy), now):
                break
        time.sleep(0.2)
    engine.dispose()


def measure(way: str, asked: argparse.Namespace, rate: float) -> Round:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = asked.database or f"sqlite:///{folder}/bridge.db"
        if asked.database:
            empty(database)
        with running(way, folder, database, asked.vendor_ms) as port:
            return measure_at(port, way, asked, rate, database, folder / "notes")


def measure_at(
    port: int, way: str, asked: argparse.Namespace, rate: float, database: str, notes: Path
) -> Round:
    # The cases are opened before: their steps come due while webhooks come in.
    first = int(time.time()) + asked.opening
    number = int(rate * asked.seconds)
    steps = [f"{first + 2 + n * asked.seconds // asked.steps}-{n}" for n in range(asked.steps)]
    noisy = [f"{first + 86400}-{n}" for n in range(NOISY)]
    drive_steadily(port, 8, deque(map(one_request, noisy + steps)), 100)
    if way != "receive":
        wait_until_quiet(database)
    requests_made = deque(one_request(random.choice(noisy)) for _ in range(number))
    if time.time() > first:
        raise SystemExit("this machine was too slow to open the cases in time: see --opening")
    time.sleep(first - time.time())
    took = drive_steadily(port, asked.connections, requests_made, rate)
    time.sleep(3)
    arrived = dict(line.split() for line in notes.read_text().splitlines())
    late = [float(arrived[each]) - int(each.partition("-")[0]) for each in steps if each in arrived]
    cuts = statistics.quantiles(took, n=100)
    late_cuts = statistics.quantiles(late, n=100) if late else [0.0] * 99
    return Round(
        cuts[49],
        cuts[98],
        max(took),
        late_cuts[49],
        late_cuts[98],
        max(late, default=0),
        len(steps) - len(late),
    )


def empty(database: str) -> None:
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            connection.execute(sa.text(f'DROP TABLE "{table}" CASCADE'))
    engine.dispose()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--ways", choices=WAYS, nargs="+", default=list(WAYS))
    options.add_argument("--rate", type=float, nargs="+", default=[400], help="webhooks a second")
    options.add_argument("--seconds", type=int, default=15, help="of each round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--steps", type=int, default=100, help="that become due in a round")
    options.add_argument("--opening", type=int, default=40, help="seconds that opening the cases may take")
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--vendor-ms", type=float, default=5)
    options.add_argument("--database", help="instead of SQLite in a temporary folder; it is emptied")
    asked = options.parse_args()
    rounds: dict[tuple[str, float], list[Round]] = {
        (way, rate): [] for rate in asked.rate for way in asked.ways
    }
    for _ in range(asked.rounds):
        for (way, rate), results in rounds.items():
            results.append(measure(way, asked, rate))
            show(way, rate, results[-1])
    print(f"median of {asked.rounds}, load {os.getloadavg()[0]:.1f}")
    for (way, rate), results in rounds.items():
        middle = (
            statistics.median(column) for column in zip(*(vars(r).values() for r in results), strict=True)
        )
        show(way, rate, Round(*middle))


def show(way: str, rate: float, one: Round) -> None:
    steps = (
        ""
        if way == "receive"
        else f"   steps late p50 {one.late_p50:5.2f} s, p99 {one.late_p99:5.2f} s, longest {one.late_longest:5.2f} s, missing {one.missing:.0f}"
    )
    print(
        f"{way:14}{rate:6.0f}/s  p50 {one.p50:7.1f} ms  p99 {one.p99:7.1f} ms  longest {one.longest:7.1f} ms{steps}",
        flush=True,
    )


if __name__ == "__main__":
    main()

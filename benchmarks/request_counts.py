"""How many requests, and how much CPU, the bridge needs for what happens to a ticket.

    python benchmarks/request_counts.py                                 # 20 tickets of each helpdesk, real processes
    python benchmarks/request_counts.py --tickets 100 --from support    # Zendesk's alone
    python benchmarks/request_counts.py --database postgresql+psycopg://...   # an empty database of its own
    python benchmarks/request_counts.py --in-process                    # one ticket, the same counts each time
    python benchmarks/request_counts.py --json counts.json

Receiver and worker are the real programs, the vendors are stand-ins over HTTP that call the receiver. What happens, happens to all tickets
one right after the other, once the bridge has nothing left to do. Before, one ticket lives through all of it uncounted, so that what the
bridge asks once and remembers is known.

CPU is that of both programs, user and system, without what they need while nothing happens. `--in-process` counts transactions, decisions
and loads of cases besides, and takes no time: `together` is where all echoes of a moment come at once, `apart` where each comes alone.
"""

import argparse
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "histories"))

import requests
import sqlalchemy as sa
import structlog
from beside_worker import empty
from request_stories import (
    CONNECTIONS,
    ESCALATED,
    LONG,
    WARNED,
    Case,
    Desks,
    Request,
    Story,
    asked,
    forget,
    long_conversation,
    make_vendors,
    one_more,
    secrets,
    stories,
    subscribe,
    write_configuration,
)
from requests_in_process import count_stories, in_process

from escalation_bridge.plugged.discovery import discover
from escalation_bridge_sandbox.kernel.server import start

PROGRAMS = ("receive", "work")
TICK = os.sysconf("SC_CLK_TCK")
QUIET_SECONDS = 1.0
SOON_SECONDS = 6.0
"""What was put off is tried again after five."""
PATIENCE = 600.0
ORIGINS = ("support", "shop")


@dataclass
class Row:
    """What one story took for one ticket.

    Attributes:
        requests: By kind.
        cpu_ms: None where it was not measured.
        more: What was counted besides.
    """

    story: str
    requests: Mapping[Request, float]
    cpu_ms: float | None = None
    more: Mapping[str, float] = field(default_factory=dict)

    def number(self, *, write: bool) -> float:
        return sum(number for kind, number in self.requests.items() if kind.write is write)

    def as_json(self) -> dict[str, Any]:
        return {
            "story": self.story,
            "reads": self.number(write=False),
            "writes": self.number(write=True),
            "cpu_ms": self.cpu_ms,
            **self.more,
            "requests": [
                {**vars(kind), "per_ticket": number} for kind, number in sorted(self.requests.items())
            ],
        }


# --- Real processes -------------------------------------------------------------------------------------------------


@dataclass
class Running:
    """The stand-ins in this process, and the bridge's programs beside it.

    Attributes:
        folder: Has the programs' logs.
        target: Seconds until a first response is due.
        opened_at: When the tickets began.
        idle: Seconds of CPU that the programs use in a second in which nothing happens.
    """

    folder: Path
    desks: Desks
    database: sa.Engine
    pids: Sequence[int]
    target: int
    opened_at: float = 0.0
    idle: float = 0.0

    def log_of_trouble(self) -> str:
        """What the worker complained of."""
        lines = (self.folder / "work.log").read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines if "warning" in line or "error" in line][-20:])

    def cpu_seconds(self) -> float:
        """What the programs have used so far."""
        used = 0
        for pid in self.pids:
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(after_name[11]) + int(after_name[12])
        return used / TICK

    def idle_share(self, seconds: float = 3.0) -> float:
        """Seconds of CPU for each second in which nothing happens."""
        before, begun = self.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu_seconds() - before) / (time.monotonic() - begun)

    def settle(self) -> None:
        """Wait until nothing is due, under way or asked for, for a while."""
        until, quiet_since, before = time.monotonic() + PATIENCE, time.monotonic(), -1
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            if time.monotonic() > until:
                raise SystemExit("the bridge does not come to rest")
            known = sum(len(vendor.journal.entries()) for vendor in self.desks.vendors.values())
            sent = all(vendor.outbox.wait_idle(0) for vendor in self.desks.vendors.values())
            if known != before or not sent or self._has_work():
                before, quiet_since = known, time.monotonic()
            time.sleep(0.1)

    def _has_work(self) -> bool:
        soon = {"soon": int((time.time() + SOON_SECONDS) * 1e6)}
        waiting = "select count(*) from deliveries where state = 'stored'"
        busy = "select count(*) from cases where lease_owner is not null or wake_at <= :soon"
        with self.database.connect() as connection:
            return bool(connection.scalar(sa.text(waiting)) or connection.scalar(sa.text(busy), soon))

    def live_through(self, connection: str, cases: Sequence[Case]) -> list[Row]:
        """Play all stories of some tickets, one story after the other."""
        rows: list[Row] = []
        self.opened_at = time.time()
        for story in stories(self.desks, connection):
            rows.append(self.play(story, cases))
            if len(rows) == 1:
                self.idle = self.idle_share()  # nothing happens now until the first warning
        return rows

    def play(self, story: Story, cases: Sequence[Case]) -> Row:
        """Play a story with some tickets and count."""
        forget(self.desks)
        begun, used = time.monotonic(), self.cpu_seconds()
        for case in cases:
            story.act(case)
        if story.until is not None:
            time.sleep(max(0, self.opened_at + story.until * self.target + 1 - time.time()))
        self.settle()
        took = self.cpu_seconds() - used - self.idle * (time.monotonic() - begun)
        counted = asked(self.desks)
        missing = [case.ticket for case in cases if not story.seen(case)]
        if missing:
            raise SystemExit(f"{story.name}: it did not come about for {missing}\n{self.log_of_trouble()}")
        per_ticket = {kind: number / len(cases) for kind, number in counted.items()}
        return Row(story.name, per_ticket, 1000 * took / len(cases))


@contextmanager
def running(folder: Path, database: str, target: int) -> Iterator[Running]:
    """Stand-ins and programs."""
    with ExitStack() as stack:
        vendors = make_vendors()
        for vendor in vendors.values():
            stack.enter_context(start(vendor))
        desks = Desks(vendors)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        path = folder / "bridge.yaml"
        write_configuration(path, desks, database, port, target)
        known = {**secrets(), **subscribe(path, discover(), f"http://127.0.0.1:{port}")}
        programs = []
        for command in PROGRAMS:
            with (folder / f"{command}.log").open("w") as log:
                line = [sys.executable, "-m", "escalation_bridge", command, "-c", str(path)]
                program = subprocess.Popen(
                    line, cwd=folder, env={**os.environ, **known}, stdout=log, stderr=log
                )
            stack.callback(program.wait)
            stack.callback(program.terminate)
            programs.append(program)
        _wait_until_ready(port, folder)
        engine = sa.create_engine(database)
        stack.callback(engine.dispose)
        yield Running(folder, desks, engine, [program.pid for program in programs], target)


def _wait_until_ready(port: int, folder: Path) -> None:
    for _ in range(600):
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit(f"the receiver did not become ready: {(folder / 'receive.log').read_text()}")


def with_processes(options: argparse.Namespace, connection: str) -> Iterator[Row]:
    """Play all stories with real processes."""
    target = options.target or 15 + options.tickets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.database:
            empty(options.database)
        with running(folder, options.database or f"sqlite:///{folder}/bridge.db", target) as stage:
            # One ticket first, uncounted.
            stage.live_through(connection, [Case("The first printer burns")])
            cases = [Case(f"Printer {number:04} burns") for number in range(options.tickets)]
            yield from stage.live_through(connection, cases)
            if options.long:
                long_conversation(stage.desks, connection, cases[0], options.long)
                stage.settle()
                yield stage.play(one_more(stage.desks, connection), cases[:1])


# --- In one process -------------------------------------------------------------------------------------------------


def in_this_process(options: argparse.Namespace, connection: str, *, apart: bool) -> Iterator[Row]:
    """Play all stories with one ticket in this process."""
    with tempfile.TemporaryDirectory() as name, in_process(Path(name), one_by_one=apart) as stage:
        for story, counts in count_stories(stage, connection, comments=options.long).items():
            more = {
                "decides": counts.decides,
                "loads": counts.loads,
                "transactions_reading": counts.reads,
                "transactions_writing": counts.writes,
                "files": len(counts.files),
            }
            yield Row(story, counts.requests, more=more)


# --- What is shown --------------------------------------------------------------------------------------------------


def yardstick() -> float:
    """Milliseconds of CPU for a fixed piece of work, for comparing runs on a machine that is shared."""
    begun = time.process_time()
    for _ in range(100):
        json.loads(json.dumps({str(number): [number] for number in range(1000)}))
    return 1000 * (time.process_time() - begun)


def show(rows: Sequence[Row], *, details: bool) -> None:
    for row in rows:
        _line(row)
        if details:
            for kind, number in sorted(row.requests.items()):
                print(f"        {number:6.2f}  {kind.vendor:10} {kind.method:6} {kind.path}")
    steps = [row for row in rows if row.story.endswith((WARNED, ESCALATED))]
    _line(_sum("warned and escalated", steps))
    _line(_sum("the same from the mail on", [rows[0], *steps]))


def _sum(story: str, rows: Sequence[Row]) -> Row:
    kinds = {kind for row in rows for kind in row.requests}
    requests_made = {kind: sum(row.requests.get(kind, 0) for row in rows) for kind in kinds}
    cpu = [row.cpu_ms for row in rows if row.cpu_ms is not None]
    more = {name: sum(row.more[name] for row in rows) for name in rows[0].more if name != "files"}
    return Row(story, requests_made, sum(cpu) if cpu else None, more)


def _line(row: Row) -> None:
    reads, writes = row.number(write=False), row.number(write=True)
    cpu = f"  {row.cpu_ms:6.0f} ms CPU" if row.cpu_ms is not None else ""
    more = "".join(f"  {name.replace('_', ' ')} {number:g}" for name, number in row.more.items())
    print(
        f"{row.story:42} {reads + writes:6.2f} requests: {reads:6.2f} reads, {writes:5.2f} writes{cpu}{more}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tickets", type=int, default=20, help="of each helpdesk")
    parser.add_argument("--from", dest="origins", choices=ORIGINS, nargs="+", default=list(ORIGINS))
    parser.add_argument("--target", type=int, help="seconds until a first response is due")
    parser.add_argument(
        "--long", type=int, default=LONG, help="comments of the long conversation; 0: leave it out"
    )
    parser.add_argument("--database", help="instead of SQLite in a temporary folder; it is emptied")
    parser.add_argument("--in-process", action="store_true", help="one ticket, no processes")
    parser.add_argument("--details", action="store_true", help="each kind of request")
    parser.add_argument("--json", type=Path, help="write everything into this file")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found: dict[str, list[Row]] = {}
    for connection in options.origins:
        vendor = CONNECTIONS[connection]
        if options.in_process:
            for apart in (False, True):
                name = f"{vendor}, echoes {'apart' if apart else 'together'}"
                found[name] = list(in_this_process(options, connection, apart=apart))
        else:
            found[f"{vendor}, {options.tickets} tickets"] = list(with_processes(options, connection))
    for name, rows in found.items():
        print(
            f"\n{name}, for each ticket; load {os.getloadavg()[0]:.1f}, {yardstick():.0f} ms for the yardstick"
        )
        show(rows, details=options.details)
    if options.json:
        shown = {name: [row.as_json() for row in rows] for name, rows in found.items()}
        options.json.write_text(json.dumps(shown, indent=1))


if __name__ == "__main__":
    main()

"""How long after its time a ladder step is carried out, while a million clocks run and 50 webhooks a second come in.

    python benchmarks/step_latency.py [--cases 1000000] [--seconds 60] [--steps 600] [--webhooks 50]

One process, as `escalation-bridge serve`: the receiver with waitress, the worker with four threads, one SQLite file with
`synchronous=FULL`. The million cases sleep until much later; the steps are spread over the time of the measurement; the
webhooks come over HTTP, from a process of their own, and tell of changes of 500 more tickets, which are read and decided again.
The helpdesk is in memory: what a vendor takes to answer is not in the figures. A step counts from the instant at which it is due to
the one at which its note arrives at the helpdesk.
"""

import argparse
import http.client
import itertools
import json
import logging
import multiprocessing
import random
import statistics
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import structlog
from bridges import TARGET_SECONDS, bridge_in_memory
from open_cases import fill

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.tickets.tickets import Comment, CommentDraft, TicketRef
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.plugin.webhooks import Verified, WebhookRequest
from escalation_bridge.store.cases import case_tickets
from escalation_bridge.store.queue import wakes
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge.testing.memory import MemoryHelpdesk
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server

NOISY = 500


class Punctual(MemoryHelpdesk):
    """Remembers when each note arrived, and takes any webhook for proven."""

    arrived: dict[str, datetime]

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> Verified:
        return Verified(request.headers.get("x-delivery"))

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        self.arrived.setdefault(ticket_id, datetime.now(UTC))
        return super().add_comment(ticket_id, comment, key)


def send(port: int, tickets: list[str], a_second: float, seconds: float) -> None:
    """Webhooks at a steady rate, over one connection that is kept alive."""
    caller = http.client.HTTPConnection("127.0.0.1", port)
    begun = time.perf_counter()
    for number in itertools.count():
        due = begun + number / a_second
        if due > begun + seconds:
            return
        time.sleep(max(0.0, due - time.perf_counter()))
        body = json.dumps({"ticket": random.choice(tickets)})
        headers = {"Content-Type": "application/json", "X-Delivery": str(number)}
        caller.request("POST", "/webhooks/support", body, headers)
        answer = caller.getresponse()
        answer.read()
        if answer.status != 202:
            raise SystemExit(f"the receiver answered {answer.status}")


def open_tickets(
    bridge: Bridge, plugin: Punctual, clock: list[datetime | None], due: list[datetime]
) -> list[str]:
    """Tickets whose first response is due at these instants, each with its case."""
    opened = []
    with bridge.database.write() as transaction:
        for at in due:
            clock[0] = at - timedelta(seconds=TARGET_SECONDS)
            opened.append(plugin.customer_writes("Ticket", "It burns."))
            case = case_tickets.open_case(transaction, TicketRef("support", opened[-1]), clock[0])
            wakes.wake(transaction, case, clock[0], "opened")
    clock[0] = None
    return opened


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--steps", type=int, default=600)
    options.add_argument("--webhooks", type=float, default=50, help="a second")
    asked = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    clock: list[datetime | None] = [None]

    def now() -> datetime:
        return clock[0] or datetime.now(UTC)

    with (
        tempfile.TemporaryDirectory() as folder,
        bridge_in_memory(folder, now, vendor=Punctual) as (bridge, plugin),
    ):
        assert isinstance(plugin, Punctual)
        plugin.arrived = {}
        fill(bridge.database, asked.cases, now() + timedelta(days=1), connection="elsewhere")
        noisy = open_tickets(bridge, plugin, clock, [now() + timedelta(hours=1)] * NOISY)
        Worker(bridge).run_until_idle()
        # Opening goes on while the first steps come near: they are due after it.
        first = now().replace(microsecond=0) + timedelta(seconds=30 + asked.steps // 50)
        # Clocks count whole seconds: several steps are due at each.
        due = [first + timedelta(seconds=asked.seconds * n // asked.steps) for n in range(asked.steps)]
        timely = dict(zip(open_tickets(bridge, plugin, clock, due), due, strict=True))
        Worker(bridge).run_until_idle()
        if now() > first:
            raise SystemExit("this machine was too slow to open the cases in time")
        worker = Worker(bridge)
        running = threading.Thread(target=worker.run)
        running.start()
        with closing(DeliveryWriter(bridge.database)) as writer:
            server = Server(create_app(bridge, writer, worker.ring), "127.0.0.1", 0, largest_body=1_000_000)
            time.sleep(max(0.0, (first - now()).total_seconds() - 2))
            arguments = (server.port, noisy, asked.webhooks, asked.seconds + 4)
            sender = multiprocessing.get_context("spawn").Process(target=send, args=arguments)
            sender.start()
            sender.join()
            worker.stop()
            running.join()
            server.stop()
    missing = timely.keys() - plugin.arrived.keys()
    late = [
        (plugin.arrived[ticket] - at).total_seconds()
        for ticket, at in timely.items()
        if ticket not in missing
    ]
    cuts = statistics.quantiles(late, n=100)
    print(
        f"{asked.cases:,} sleeping cases, {asked.webhooks:.0f} webhooks a second, {len(late)} steps in {asked.seconds:.0f} s"
    )
    print(
        f"after its time: p50 {cuts[49]:.3f} s, p95 {cuts[94]:.3f} s, p99 {cuts[98]:.3f} s, longest {max(late):.3f} s"
    )
    if missing:
        raise SystemExit(f"{len(missing)} steps were not carried out in time to be measured")


if __name__ == "__main__":
    main()

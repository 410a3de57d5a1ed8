"""Running the receiver, alone or with a worker."""

import contextlib
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import typer

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.console.terminal import print_line
from escalation_bridge.cli.operation.processes import Bell, side_by_side
from escalation_bridge.cli.running import (
    opened,
    opened_as,
    read_configuration,
    running_worker,
    until_stopped,
)
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_webhooks.app import create_app, largest_body
from escalation_bridge_webhooks.server import Server


def receive(config: Path, listen: str | None) -> None:
    """Receive webhooks; `escalation-bridge work` processes them."""
    stopping = until_stopped(signal.SIGTERM, signal.SIGINT)
    with opened(config) as (bridge, settings):
        _take_webhooks(bridge, listen or settings.listen, stopping, on_stored=_nobody_waits)


def serve(config: Path, listen: str | None) -> None:
    """Receive webhooks and work on cases: both programs, each in a process of its own, under a supervisor."""
    configuration, catalogue = read_configuration(config)
    with contextlib.closing(Database(configuration.bridge.database)) as database:
        database.upgrade()  # a problem with it is reported once
    bell = Bell()

    def take() -> None:
        stopping = until_stopped(signal.SIGTERM, signal.SIGINT)
        with opened_as(configuration, catalogue) as (bridge, settings):
            _take_webhooks(bridge, listen or settings.listen, stopping, on_stored=bell.ring)

    def work() -> None:
        stopping = until_stopped(signal.SIGTERM, signal.SIGINT)
        with (
            opened_as(configuration, catalogue) as (bridge, settings),
            running_worker(
                bridge,
                settings.worker_threads,
                stopping,
                reconcile_minutes=settings.reconcile_minutes,
                public_url=settings.public_url,
            ) as worker,
        ):
            bell.answer(worker.ring)
            stopping.wait()

    status = side_by_side({"receiver": take, "worker": work})
    if status:
        raise typer.Exit(status)


def _take_webhooks(
    bridge: Bridge, listen: str, stopping: threading.Event, on_stored: Callable[[], None]
) -> None:
    host, port = _address(listen)
    largest = max((largest_body(helpdesk) for helpdesk in bridge.helpdesks.values()), default=0)
    with contextlib.closing(DeliveryWriter(bridge.database)) as writer:
        app = create_app(bridge, writer, on_stored)
        server = Server(app, host.strip("[]"), port, largest_body=largest)
        print_line(f"Listening on http://{host}:{server.port}/webhooks/<connection>")
        stopping.wait()
        server.stop()


def _address(listen: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):([0-9]{1,5})", listen)
    if found is None or int(found[2]) > 65535:
        raise ConfigurationError(f"cannot listen on {listen}: write host:port, such as 127.0.0.1:8080")
    return found[1], int(found[2])


def _nobody_waits() -> None: ...

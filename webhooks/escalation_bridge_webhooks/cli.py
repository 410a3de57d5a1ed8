"""`escalation-bridge receive` and `escalation-bridge serve`."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.running import ConfigOption, opened, start_worker, until_stopped
from escalation_bridge.store.deliveries import DeliveryWriter
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server

ListenOption = Annotated[
    str | None, typer.Option(help="Where to listen, host:port, instead of the file's bridge.listen.")
]


def receive(config: ConfigOption = Path("bridge.yaml"), listen: ListenOption = None) -> None:
    """Take webhooks, and leave the work to `escalation-bridge work`."""
    with opened(config) as (bridge, settings):
        _serve(bridge, listen or settings.listen, with_worker=0)


def serve(config: ConfigOption = Path("bridge.yaml"), listen: ListenOption = None) -> None:
    """Take webhooks and work on cases, in one process."""
    with opened(config) as (bridge, settings):
        _serve(bridge, listen or settings.listen, with_worker=settings.worker_threads)


def _serve(bridge: Bridge, listen: str, *, with_worker: int) -> None:
    host, _, port = listen.rpartition(":")
    stopping = until_stopped(signal.SIGTERM, signal.SIGINT)
    worker = start_worker(bridge, with_worker, stopping) if with_worker else None
    writer = DeliveryWriter(bridge.database)
    server = Server(
        create_app(bridge, writer, worker.ring if worker else _nobody), host.strip("[]"), int(port)
    )
    typer.echo(f"Listening on http://{host}:{server.port}/webhooks/<connection>")
    _wait(stopping)
    server.stop()
    writer.close()
    if worker is not None:
        worker.stop_and_wait()


def _nobody() -> None: ...


def _wait(stopping: threading.Event) -> None:
    while not stopping.wait(1.0):
        pass

"""`escalation-bridge work`: the worker on its own."""

import signal
from pathlib import Path

from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.running import opened, running_worker, until_stopped


def work(config: ConfigOption = Path("bridge.yaml")) -> None:
    """Work on cases, next to a receiver (`receive`)."""
    stopping = until_stopped(signal.SIGTERM, signal.SIGINT)
    with (
        opened(config) as (bridge, settings),
        running_worker(
            bridge,
            settings.worker_threads,
            stopping,
            reconcile_minutes=settings.reconcile_minutes,
            public_url=settings.public_url,
        ),
    ):
        while not stopping.wait(1.0):
            pass

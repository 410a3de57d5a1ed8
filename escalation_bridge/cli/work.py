"""`escalation-bridge work`: the worker on its own."""

import signal
from pathlib import Path

from escalation_bridge.cli.running import ConfigOption, opened, start_worker, until_stopped


def work(config: ConfigOption = Path("bridge.yaml")) -> None:
    """Work on cases; webhooks are taken by `escalation-bridge receive`."""
    with opened(config) as (bridge, settings):
        stopping = until_stopped(signal.SIGTERM, signal.SIGINT)
        worker = start_worker(bridge, settings.worker_threads, stopping)
        while not stopping.wait(1.0):
            pass
        worker.stop_and_wait()

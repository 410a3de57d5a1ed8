"""`escalation-bridge receive` and `escalation-bridge serve`: their options. What they run is imported when they are called."""

from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.cli.options import ConfigOption

ListenOption = Annotated[
    str | None, typer.Option(help="Where to listen, host:port, instead of the file's bridge.listen.")
]


def receive(config: ConfigOption = Path("bridge.yaml"), listen: ListenOption = None) -> None:
    """Take webhooks, and leave the work to `escalation-bridge work`."""
    from escalation_bridge_webhooks import running

    running.receive(config, listen)


def serve(config: ConfigOption = Path("bridge.yaml"), listen: ListenOption = None) -> None:
    """Take webhooks and work on cases: both programs, and one that watches them."""
    from escalation_bridge_webhooks import running

    running.serve(config, listen)

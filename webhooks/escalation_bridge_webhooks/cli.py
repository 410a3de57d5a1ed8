"""`escalation-bridge receive` and `escalation-bridge serve`: their options. What they run is imported when they are called."""

from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.cli.console.options import ConfigOption

ListenOption = Annotated[str | None, typer.Option(help="The address, host:port, instead of bridge.listen.")]


def receive(config: ConfigOption = Path("bridge.yaml"), listen: ListenOption = None) -> None:
    """Receive webhooks; `escalation-bridge work` processes them."""
    from escalation_bridge_webhooks import running

    running.receive(config, listen)


def serve(config: ConfigOption = Path("bridge.yaml"), listen: ListenOption = None) -> None:
    """Receive webhooks and work on cases: both programs, under a supervisor."""
    from escalation_bridge_webhooks import running

    running.serve(config, listen)

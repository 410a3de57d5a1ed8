"""The program's entry."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from escalation_bridge import __version__
from escalation_bridge.cli.commands import LazyGroup
from escalation_bridge.config.zone_data import choose
from escalation_bridge.errors import BridgeError

app = typer.Typer(
    cls=LazyGroup,
    name="escalation-bridge",
    help="Escalates stuck tickets between helpdesks: SLA clocks, linked tickets, two-way sync.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _show_version(wanted: bool) -> None:
    if wanted:
        from escalation_bridge.cli.console.terminal import print_line

        print_line(f"escalation-bridge {__version__}")
        raise typer.Exit


@app.callback()
def start(
    log_level: Annotated[
        LogLevel, typer.Option(envvar="ESCALATION_BRIDGE_LOG_LEVEL", help="The log level.")
    ] = LogLevel.INFO,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Set up the logs, and choose the rules of time zones, before any command."""
    set_up_logs(log_level)
    choose()


def set_up_logs(level: str) -> None:
    """Send the bridge's logs to standard error; the logging library is imported here, not for the help."""
    from escalation_bridge.cli.console import logs

    logs.set_up_logs(level)


def main() -> None:
    """Run a command. An error of the bridge is printed in one piece, without a traceback, and the exit status is 1."""
    try:
        app(prog_name="escalation-bridge")
    except BridgeError as error:
        from escalation_bridge.cli.console.terminal import Console

        Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), style="red", markup=False)
        sys.exit(1)

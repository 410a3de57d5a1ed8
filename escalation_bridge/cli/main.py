"""The program's entry: the core's commands, and those that other installed packages add."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib import metadata
from typing import Annotated

import typer
from rich.console import Console

from escalation_bridge import __version__
from escalation_bridge.cli import (
    cases,
    config,
    connect,
    dead,
    link,
    plugins,
    reconcile,
    retrying,
    sla,
    webhooks,
    work,
)
from escalation_bridge.cli.logs import set_up_logs
from escalation_bridge.errors import BridgeError

_COMMANDS = "escalation_bridge.commands"

app = typer.Typer(
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
        typer.echo(f"escalation-bridge {__version__}")
        raise typer.Exit


@app.callback()
def start(
    log_level: Annotated[
        LogLevel, typer.Option(envvar="ESCALATION_BRIDGE_LOG_LEVEL", help="How much is logged.")
    ] = LogLevel.INFO,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Set up the logs before any command."""
    set_up_logs(log_level)


app.add_typer(config.app, name="config")
app.add_typer(sla.app, name="sla")
app.add_typer(plugins.app, name="plugins")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(dead.app, name="dead")
app.command("work")(work.work)
app.command("connect")(connect.connect)
app.command("cases")(cases.list_cases)
app.command("explain")(cases.explain)
app.command("retry")(retrying.retry)
app.command("choose")(cases.choose)
app.command("reconcile")(reconcile.reconcile)
app.command("link")(link.link)
app.command("unlink")(link.unlink)
app.command("release")(cases.release)
app.command("acknowledge")(cases.acknowledge)
app.command("set-due")(cases.set_due)
app.command("clear-due")(cases.clear_due)


def _add_commands_of_others(asked: Sequence[str]) -> None:
    """Add the commands of the receiver, the sandbox and strangers; one that cannot be imported is named and left out.

    Only the one that is asked for is imported, so that a process carries nothing that it does not need; all of them are
    when none is, as for the help.
    """
    own = {command.name for command in app.registered_commands} | {
        group.name for group in app.registered_groups
    }
    others = sorted(metadata.entry_points(group=_COMMANDS), key=lambda entry: entry.name)
    wanted = [entry for entry in others if entry.name in asked]
    if not wanted and not any(name in asked for name in own):
        wanted = others
    for entry_point in wanted:
        try:
            command = entry_point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise anything; the others go on
            typer.echo(f"The command {entry_point.name} is left out: {error!r}", err=True)
        else:
            app.command(entry_point.name)(command)


def main() -> None:
    """Run a command. What went wrong on purpose is told in one piece, without a traceback, and the exit status is 1."""
    _add_commands_of_others(sys.argv[1:])
    try:
        app(prog_name="escalation-bridge")
    except BridgeError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), style="red", markup=False)
        sys.exit(1)

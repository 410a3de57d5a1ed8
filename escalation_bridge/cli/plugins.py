"""`escalation-bridge plugins`: what is installed, and what each plugin can do."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from escalation_bridge.plugins import FoundPlugin, PluginState, discover

_STYLES = {PluginState.READY: "green", PluginState.BLOCKED: "yellow", PluginState.BROKEN: "red"}


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """List the installed plugins: version, distribution, hooks and state."""
    found = discover().plugins
    if as_json:
        typer.echo(json.dumps([_document(plugin) for plugin in found.values()], indent=2))
        return
    table = Table(title="Plugins", title_justify="left", expand=False)
    for heading in ("name", "state", "from", "hooks"):
        table.add_column(heading, overflow="fold")  # nothing is cut off, however narrow the terminal is
    for plugin in found.values():
        state = f"[{_STYLES[plugin.state]}]{plugin.state}[/]"
        told = ", ".join(plugin.hooks) if plugin.cls else plugin.problem
        origin = f"{plugin.distribution}\n[dim]{plugin.version}[/]"
        table.add_row(f"{plugin.name}\n[dim]{plugin.kind}[/]", state, origin, escape(told))
    Console().print(table)


def _document(plugin: FoundPlugin) -> dict[str, object]:
    return {
        "name": plugin.name,
        "kind": plugin.kind,
        "state": plugin.state,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "hooks": list(plugin.hooks),
        "problem": plugin.problem,
    }

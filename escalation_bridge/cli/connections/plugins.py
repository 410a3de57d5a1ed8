"""`escalation-bridge plugins`: the installed plugins and their hooks, and the creation of a new plugin."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from escalation_bridge.cli.console.output import AsJson, print_json
from escalation_bridge.cli.console.terminal import Console, print_line
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.plugged.discovery import FoundPlugin, PluginState, discover
from escalation_bridge.scaffold import write_plugin

app = typer.Typer(help="List the installed plugins, or create a new one.", invoke_without_command=True)

_STYLES = {PluginState.READY: "green", PluginState.BLOCKED: "yellow", PluginState.BROKEN: "red"}


@app.callback()
def plugins(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """List the installed plugins: version, distribution, hooks and state."""
    if context.invoked_subcommand is not None:
        return
    found = discover().plugins
    if as_json:
        print_json([_document(plugin) for plugin in found.values()])
        return
    table = Table(title="Plugins", title_justify="left", expand=False)
    for heading in ("name", "state", "from", "hooks"):
        table.add_column(heading, overflow="fold")  # nothing is cut off, however narrow the terminal is
    for plugin in found.values():
        state = f"[{_STYLES[plugin.state]}]{plugin.state}[/]"
        content = ", ".join(plugin.hooks) if plugin.cls else plugin.problem
        origin = f"{plugin.distribution}\n[dim]{plugin.version}[/]"
        table.add_row(f"{plugin.name}\n[dim]{plugin.kind}[/]", state, origin, escape(content))
    Console().print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The vendor's name: lower case letters and digits.")],
    into: Annotated[
        Path | None,
        typer.Option(
            help="The directory; by default escalation-bridge-<name> in the current one.", show_default=False
        ),
    ] = None,
) -> None:
    """Create a plugin for another helpdesk. It works, and passes the conformance kit."""
    taken = discover().plugins.get(name)
    if taken is not None:
        raise ConfigurationError(
            f"a plugin called {name} is installed already, from {taken.distribution}; choose another name"
        )
    folder = into if into is not None else Path(f"escalation-bridge-{name}")
    for path in write_plugin(name, folder):
        print_line(str(path))
    print_line(f"\nNext: cd {folder} && pip install pytest responses && pip install -e . && pytest")
    print_line("It talks to an invented vendor; its README.md lists what to replace.")


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

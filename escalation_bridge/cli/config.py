"""`escalation-bridge config`: check the configuration file, and publish its schema for editors."""

import json
from pathlib import Path

import typer

from escalation_bridge.cli.running import ConfigOption, read_configuration
from escalation_bridge.config import configuration_schema
from escalation_bridge.plugins import discover

app = typer.Typer(help="Check the configuration file; publish its schema.", no_args_is_help=True)


@app.command()
def check(config: ConfigOption = Path("bridge.yaml")) -> None:
    """Say everything that is wrong with a configuration file, or that nothing is."""
    configuration, _ = read_configuration(config)
    rules = configuration.rules
    parts = (
        f"{len(configuration.connections)} connections",
        f"{len(rules.policies)} policies",
        f"{len(rules.routes)} routes",
    )
    typer.echo(f"{config}: in order ({', '.join(parts)})")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file, with the settings of every installed plugin."""
    typer.echo(json.dumps(configuration_schema(discover()), indent=2))

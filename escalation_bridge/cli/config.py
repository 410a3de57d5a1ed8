"""`escalation-bridge config`: check the configuration file, and publish its schema for editors."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.cli.options import ConfigOption
from escalation_bridge.cli.running import read_configuration
from escalation_bridge.cli.terminal import Console, say
from escalation_bridge.config.hints import hint
from escalation_bridge.config.loading import configuration_schema
from escalation_bridge.config.models import ConfigurationFile
from escalation_bridge.config.reach import hint_unused_routes
from escalation_bridge.config.round_trips import check_round_trips
from escalation_bridge.configfile import Finding, Review, load_document, validate
from escalation_bridge.connection import utc_now
from escalation_bridge.online.accounts import Accounts, ask
from escalation_bridge.online.drafts import check_drafts
from escalation_bridge.online.kinds import check_kinds
from escalation_bridge.online.words import check_words
from escalation_bridge.plugins import discover
from escalation_bridge.zonedata import OLD_DATA, choose

app = typer.Typer(help="Validate the configuration file, and print its schema.", no_args_is_help=True)


@app.command()
def check(
    config: ConfigOption = Path("bridge.yaml"),
    online: Annotated[
        bool,
        typer.Option(
            "--online", help="Ask the accounts, too: sign-in, rights, and every word that is named."
        ),
    ] = False,
) -> None:
    """Validate the configuration file, and report everything that is wrong with it."""
    configuration, catalogue = read_configuration(config)
    document = load_document(config)
    routes = validate(document, ConfigurationFile).routes
    problems, warnings = Review(document), Review(document)
    accounts = Accounts()
    if online:
        accounts = ask(configuration, catalogue, routes, problems, warnings)
        check_words(document, routes, accounts, problems, warnings)
        check_drafts(routes, accounts.drafts, problems, warnings)
        check_kinds(routes, accounts.kinds, problems, warnings)
        for route_name, route in routes.items():
            check_round_trips(problems, ("routes", route_name, "status"), route, accounts.statuses())
    hint_unused_routes(document, warnings, routes)
    _warn([*hint(document, routes, accounts.statuses()).findings, *warnings.findings])
    for name, report in accounts.reports.items():
        say(f"{name}: signed in as {report.user_name or report.user_id}")
    problems.finish()
    rules = configuration.rules
    parts = (
        f"{len(configuration.connections)} connections",
        f"{len(rules.policies)} policies",
        f"{len(rules.routes)} routes",
    )
    zones = choose()
    if zones.is_old(utc_now().date()):
        say(f"Warning: the rules of time zones, {zones}, are more than a year old. {OLD_DATA}", err=True)
    say(f"Time zones: {zones}")
    say(f"{config}: in order ({', '.join(parts)})")


def _warn(findings: Iterable[Finding]) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for finding in sorted(set(findings), key=lambda one: (one.place or (0, 0), one.path, one.message)):
        console.print(f"Warning: {finding}", style="yellow", markup=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file, with the settings of every installed plugin."""
    say(json.dumps(configuration_schema(discover()), indent=2))

"""`escalation-bridge config`: check the configuration file, and publish its schema for editors."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, print_json
from escalation_bridge.cli.console.terminal import Console, print_line
from escalation_bridge.cli.running import read_configuration
from escalation_bridge.config.hints import hint
from escalation_bridge.config.loading import Configuration, configuration_schema
from escalation_bridge.config.models import ConfigurationFile
from escalation_bridge.config.reach import hint_unused_routes
from escalation_bridge.config.round_trips import check_round_trips
from escalation_bridge.config.teams.checks import ends_of_rotas
from escalation_bridge.config.zone_data import OLD_DATA, choose
from escalation_bridge.configfile import Finding, Review, load_document, validate
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.teams.facts import TeamFacts
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.online.accounts import Accounts, ask
from escalation_bridge.online.channels import send_tests
from escalation_bridge.online.drafts import check_drafts
from escalation_bridge.online.kinds import check_kinds
from escalation_bridge.online.rotas import check_rotas
from escalation_bridge.online.words import check_words
from escalation_bridge.plugged.discovery import discover
from escalation_bridge.plugin.connection import utc_now

_SOON = timedelta(days=30)
"""How long before its end a rota is worth a warning."""

app = typer.Typer(help="Validate the configuration file, and print its schema.", no_args_is_help=True)


@app.command()
def check(
    config: ConfigOption = Path("bridge.yaml"),
    online: Annotated[
        bool,
        typer.Option(
            "--online", help="Also check the accounts: sign-in, permissions, and every name in the file."
        ),
    ] = False,
    send_test: Annotated[
        bool,
        typer.Option("--send-test", help="Also send a test message through every channel of notices."),
    ] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Validate the configuration file, and report all problems."""
    if not as_json:
        for line in _check(config, {}, online=online, send_test=send_test):
            print_line(line)
        return
    found: dict[str, object] = {"valid": True, "problems": [], "warnings": []}
    try:
        for _ in _check(config, found, online=online, send_test=send_test):
            pass
    except ConfigurationError as error:
        found |= {"valid": False, "problems": str(error).splitlines()}
        raise
    finally:
        print_json(found)


def _check(config: Path, found: dict[str, object], *, online: bool, send_test: bool = False) -> Iterator[str]:
    """The lines for people, as they become known; values for programs go into `found`."""
    configuration, catalogue = read_configuration(config)
    document = load_document(config)
    file = validate(document, ConfigurationFile)
    routes = file.routes
    problems, warnings = Review(document), Review(document)
    accounts = Accounts()
    if online:
        accounts = ask(configuration, catalogue, routes, file.teams, problems, warnings)
        check_words(document, routes, accounts, problems, warnings)
        check_drafts(routes, accounts.drafts, problems, warnings)
        check_kinds(routes, accounts.kinds, problems, warnings)
        for route_name, route in routes.items():
            check_round_trips(problems, ("routes", route_name, "status"), route, accounts.statuses())
    hint_unused_routes(document, warnings, routes)
    directory = configuration.rules.directory
    _warn_of_ending_rotas(warnings, directory)
    facts = {name: TeamFacts(members) for name, members in accounts.members.items()}
    check_rotas(directory, facts, warnings, utc_now(), online=online)
    reported = _in_order([*hint(document, routes, accounts.statuses()).findings, *warnings.findings])
    _warn(reported)
    found["warnings"] = [str(finding) for finding in reported]
    users = {name: report.user_name or report.user_id for name, report in accounts.reports.items()}
    found["accounts"] = {
        name: {"user": user, "open_tickets": accounts.open_tickets.get(name)} for name, user in users.items()
    }
    for name, user in users.items():
        yield f"{name}: signed in as {user}"
    counts = {name: sum(map(len, groups.values())) for name, groups in accounts.members.items()}
    found["members"] = counts
    for name, count in counts.items():
        yield f"{name}: {_counted(count, 'member', 'members')} in its groups"
    if send_test:
        yield from _send_tests(configuration, problems, found)
    problems.finish()
    rules = configuration.rules
    parts = (
        _counted(len(configuration.connections), "connection", "connections"),
        _counted(len(rules.policies), "policy", "policies"),
        _counted(len(rules.routes), "route", "routes"),
    )
    zones = choose()
    found["time_zones"] = str(zones)
    if zones.is_old(utc_now().date()):
        print_line(
            f"Warning: the rules of time zones, {zones}, are more than a year old. {OLD_DATA}", err=True
        )
    yield f"Time zones: {zones}"
    yield f"{config}: OK, no problems found ({', '.join(parts)})"


def _send_tests(configuration: Configuration, problems: Review, found: dict[str, object]) -> Iterator[str]:
    tests = list(
        send_tests(dict(configuration.channels), configuration.rules.directory, configuration.bridge.language)
    )
    found["tests"] = [asdict(test) for test in tests]
    for test in tests:
        if test.error is not None:
            problems.report(("channels", test.channel), test.error, of_key=True)
        else:
            yield f"{test.channel}: took a test message{f' for {test.to}' if test.to else ''}"
    if not tests:
        yield "There are no channels to test"


def _warn_of_ending_rotas(warnings: Review, directory: Directory) -> None:
    """Warn of rotas that end soon, after which nobody is on call."""
    now = utc_now()
    for team, end in ends_of_rotas(directory, now):
        if end - now < _SOON:
            warnings.report(
                ("teams", team, "rota"),
                f"it ends {end:%Y-%m-%d}; from then on nobody is on call. Add a shift, or move `until`",
                of_key=True,
            )


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(set(findings), key=lambda one: (one.place or (0, 0), one.path, one.message))


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _warn(findings: Iterable[Finding]) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for finding in findings:
        console.print(f"Warning: {finding}", style="yellow", markup=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file, with the settings of every installed plugin."""
    print_line(json.dumps(configuration_schema(discover()), indent=2))

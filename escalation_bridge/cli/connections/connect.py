"""`escalation-bridge connect`: register the webhooks of a connection, or report what is missing."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, iso, minute, print_json
from escalation_bridge.cli.console.terminal import Console, print_line
from escalation_bridge.cli.running import read_configuration
from escalation_bridge.errors import StoreMissing
from escalation_bridge.online.reaching import reached
from escalation_bridge.online.subscribing import SOON, Outcome, callback_of, calls, see_to
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import Subscription
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.connections.registrations import load_registrations, remember_registration
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.webhooks.arrivals import Arrival, last_arrival

_LOOK_EVERY = 0.5
"""Seconds between queries of the database."""

Look = Callable[[], Arrival | None]


def connect(
    connection: Annotated[str, typer.Argument(help="The connection, as the configuration names it.")],
    config: ConfigOption = Path("bridge.yaml"),
    callback: Annotated[
        str | None,
        typer.Option(
            help="The address for the vendor; by default bridge.public_url with /webhooks/<connection>."
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check: create and repair nothing.")] = False,
    wait: Annotated[
        float, typer.Option(help="How many seconds to wait for a webhook to arrive at the receiver.", min=0)
    ] = 0,
    show_secret: Annotated[
        bool,
        typer.Option(
            "--show-secret", help="Print a new webhook secret even if the output is not a terminal."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create or repair the webhooks of a connection.

    Lists what is still missing and what has to be done by hand.
    """
    configuration, catalogue = read_configuration(config)
    address = callback_of(connection, configuration.bridge.public_url, callback)
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    database = Database(configuration.database)
    try:
        unknown = _make_ready(database, looks_only=check)

        def look() -> Arrival | None:
            if unknown:
                return None
            with database.read() as transaction:
                return last_arrival(transaction, connection)

        with reached(configuration, catalogue, connection) as helpdesk:
            outcome = see_to(helpdesk, address, utc_now(), change=not check)
            missing = list(outcome.missing)
            shows = show_secret or (sys.stdout.isatty() and not as_json)
            _show(console, helpdesk, outcome, address, show_secret=shows and not as_json)
        if not unknown:
            _remember(database, connection, outcome, address, made=not check)
            _show_care(console, database, connection)
        missing += unknown or _arrival_missing(console, look, outcome, wait)
        arrival = look()
    finally:
        database.close()
    if as_json:
        print_json(_document(connection, outcome, address, arrival, missing, show_secret=shows))
    for reason in missing:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"Missing: {escape(reason)}", style="red")
    if missing:
        raise typer.Exit(1)
    console.print("Nothing is missing.")


def _document(
    connection: str,
    outcome: Outcome,
    callback: str,
    arrival: Arrival | None,
    missing: list[str],
    *,
    show_secret: bool,
) -> dict[str, object]:
    report = outcome.report
    return {
        "connection": connection,
        "user": report.user_name or report.user_id,
        "callback": callback,
        "warnings": list(report.warnings),
        "webhooks": None
        if outcome.subscriptions is None
        else [
            {
                "id": one.id,
                "calls": one.url.partition("?")[0],  # whatever stands behind the path may be a secret
                "active": one.active,
                "expires_at": iso(one.expires_at),
            }
            for one in outcome.subscriptions
        ],
        "left_alone": [one.id for one in outcome.left_alone],
        "refusal": str(outcome.refusal) if outcome.refusal is not None else None,
        "steps": list(outcome.steps),
        "new_secret": outcome.new_secret if show_secret else None,
        "last_webhook_at": iso(arrival.received_at) if arrival else None,
        "missing": missing,
    }


def _remember(database: Database, connection: str, outcome: Outcome, callback: str, *, made: bool) -> None:
    """Let the running bridge maintain these registrations; it creates none that never existed."""
    own = [one for one in outcome.subscriptions or () if calls(one, callback)]
    if not made or not own:
        return
    ends = min((one.expires_at for one in own if one.expires_at is not None), default=None)
    with database.write() as transaction:
        remember_registration(transaction, connection, utc_now(), ends)


def _show_care(console: Console, database: Database, connection: str) -> None:
    """Show what the running bridge did about the registrations."""
    with database.read() as transaction:
        known = load_registrations(transaction).get(connection)
    if known is None or known.looked_at is None:
        return
    console.print(f"The running bridge last checked the webhooks at {minute(known.looked_at)}.")
    if known.outcome is not None:
        console.print(escape(f"Its last repair: {known.outcome}."))
    if known.problem is not None:
        console.print(escape(f"It cannot repair: {known.problem}"), style="yellow")


def _make_ready(database: Database, *, looks_only: bool) -> list[str]:
    """Open the database; report why it is unknown whether webhooks arrive. A check creates none."""
    if not looks_only:
        database.upgrade()
        return []
    try:
        database.require()
    except StoreMissing as error:
        return [f"it is unknown whether webhooks arrive: {error}"]
    return []


def _show(
    console: Console, helpdesk: Helpdesk, outcome: Outcome, callback: str, *, show_secret: bool
) -> None:
    report = outcome.report
    edition = " ".join(part for part in (report.edition, report.version) if part)
    about = f"{helpdesk.title}{f' ({edition})' if edition else ''}"
    console.print(escape(f"{helpdesk.name}: {about}, as {report.user_name or report.user_id}"))
    for warning in report.warnings:
        console.print(escape(f"Warning: {warning}"), style="yellow")
    if outcome.subscriptions is not None:
        _show_table(console, outcome.subscriptions, callback)
    for one in outcome.left_alone:
        console.print(
            escape(
                f"Not changed: webhook {one.id} calls {one.url.partition('?')[0]}. It has this connection's name, but belongs to "
                f"another bridge, or to this one before it moved. If it is not needed, delete it at {helpdesk.title}; give a second "
                "bridge another connection name."
            ),
            style="yellow",
        )
    if outcome.refusal is not None:
        console.print(
            escape(f"The bridge has no permission to manage the webhooks: {outcome.refusal}"), style="yellow"
        )
    if outcome.steps and (outcome.missing or outcome.subscriptions is None):
        console.print("Manual steps:")
        for number, step in enumerate(outcome.steps, 1):
            console.print(escape(f"  {number}. {step}"))
    if outcome.new_secret is not None and show_secret:
        # On purpose, and only here: an admin has to put it where the configuration takes it from.
        print_line(f"The webhook's secret: {outcome.new_secret}")
    elif outcome.new_secret is not None:
        console.print(
            "The webhook's secret is not printed to a file; run this in a terminal, or with --show-secret."
        )


def _show_table(console: Console, subscriptions: tuple[Subscription, ...], callback: str) -> None:
    table = Table(title="Webhooks", title_justify="left", expand=False)
    for heading in ("id", "calls", "state", "expires"):
        table.add_column(heading, overflow="fold")
    now = utc_now()
    for one in subscriptions:
        # Whatever stands behind the path may be a secret.
        url = one.url.partition("?")[0]
        calls = escape(url) if url == callback else f"{escape(url)}\n[dim]not this bridge's address[/]"
        expired = one.expires_at is not None and one.expires_at <= now
        state = "[red]expired[/]" if expired else "[green]active[/]" if one.active else "[red]switched off[/]"
        expires = minute(one.expires_at) or "never"
        if one.expires_at is not None and not expired and one.expires_at - now < SOON:
            expires = f"[yellow]{expires}, soon[/]"
        table.add_row(escape(one.id), calls, state, expires)
    console.print(table)


def _arrival_missing(console: Console, look: Look, outcome: Outcome, wait: float) -> list[str]:
    """Show whether webhooks arrive: the only proof if an admin creates them by hand."""
    before = look()
    if wait:
        console.print(f"Waiting up to {wait:g} seconds for a webhook: change a ticket now.")
        arrived = _wait_for_another(look, before, wait)
        if arrived is None:
            why = "check that the receiver uses this database, that the vendor reaches it, and which webhooks its log refuses"
            return [f"no webhook arrived within {wait:g} seconds: {why}"]
        if arrived.problem is not None:
            return [f"a webhook arrived and cannot be read: {arrived.problem}"]
        console.print("A webhook arrived and was verified.")
        return []
    if before is not None:
        console.print(f"The last webhook arrived at {minute(before.received_at)}.")
    elif outcome.subscriptions is None:
        return ["no webhook has arrived yet: follow the steps, then run this command again with --wait 120"]
    return []


def _wait_for_another(look: Look, before: Arrival | None, seconds: float) -> Arrival | None:
    deadline = time.monotonic() + seconds
    while True:
        newest = look()
        if newest is not None and (before is None or newest.id != before.id):
            return newest
        if time.monotonic() >= deadline:
            return None
        time.sleep(_LOOK_EVERY)

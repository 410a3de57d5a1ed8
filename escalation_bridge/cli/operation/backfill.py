"""`escalation-bridge backfill`: open cases for tickets that were open before the bridge."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, print_json
from escalation_bridge.cli.console.patience import patiently
from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.cli.running import opened
from escalation_bridge.engine.backfill import can_backfill, keep_place, take_in, unknown_of
from escalation_bridge.errors import BridgeError, UnsupportedOperation
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import OpenTickets
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.connections import backfills


def backfill(
    connections: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONNECTION]...", help="The connections; by default all whose tickets open cases."
        ),
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List and count the tickets, and change nothing.")
    ] = False,
    per_minute: Annotated[
        int, typer.Option(min=1, max=6000, help="How many of the new cases are worked on within a minute.")
    ] = 60,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Start with the first ticket, even after an interruption.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open cases for tickets that were open before the bridge.

    Each gets a case. A running worker handles them one by one, after everything that is more urgent. After an interruption, the next
    run continues there. Tickets that are already late escalate at once, unless the policy has `enforce_from` or `hourly_cap`.
    """
    console = Console(stderr=as_json)
    results: dict[str, dict[str, int]] = {}
    with opened(config, looks_only=dry_run) as (bridge, _), working(Urgency.BACKFILL):
        names = _chosen(bridge, connections)
        if not as_json:
            _warn_of_ladders(console, bridge)
        for name in names:
            results[name] = _one(
                console, bridge, bridge.helpdesks[name], per_minute, dry_run=dry_run, from_start=from_start
            )
    if as_json:
        print_json({"dry_run": dry_run, "connections": results})
        return
    for name, result in results.items():
        known = result["listed"] - result["new"]
        would = "would get one" if dry_run else "got one"
        console.print(
            f"{name}: {result['listed']} open tickets, {known} already with a case, {result['new']} {would}.",
            highlight=False,
        )
        if result["new"] and not dry_run:
            minutes = -(-result["new"] // per_minute)
            console.print(f"{name}: the worker handles them within about {minutes} min.", highlight=False)
    if dry_run:
        console.print("Nothing was changed.")


def _chosen(bridge: Bridge, asked: list[str] | None) -> list[str]:
    able = [name for name, helpdesk in bridge.helpdesks.items() if can_backfill(bridge, helpdesk)]
    for name in asked or ():
        if name not in bridge.helpdesks:
            raise BridgeError(f"there is no enabled connection {name}; known: {', '.join(bridge.helpdesks)}")
        if not bridge.opens_cases(name):
            raise BridgeError(
                f"{name}: its tickets open no cases: no route starts there and no policy applies to it"
            )
        if name not in able:
            raise UnsupportedOperation(f"{name}: its plugin cannot list open tickets (open_tickets)")
    return asked or able


def _warn_of_ladders(console: Console, bridge: Bridge) -> None:
    for policy in bridge.rules.policies:
        if policy.ladder and policy.enforce_from is None and policy.hourly_cap is None:
            console.print(
                f"[yellow]Warning:[/yellow] the policy {policy.name} has neither enforce_from nor hourly_cap: tickets "
                "that are already late escalate at once.",
                highlight=False,
            )


def _one(
    console: Console, bridge: Bridge, helpdesk: Helpdesk, per_minute: int, *, dry_run: bool, from_start: bool
) -> dict[str, int]:
    listed = new = 0
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(helpdesk.name, total=None)
        for page in _pages(console, bridge, helpdesk, begin_again=dry_run or from_start):
            if page.total is not None:
                progress.update(task, total=page.total)
            if dry_run:
                new += len(unknown_of(bridge, helpdesk.name, page))
            else:
                new += take_in(bridge, helpdesk.name, page, per_minute).opened
                keep_place(bridge, helpdesk.name, page, bridge.now())
            listed += len(page.ids)
            progress.advance(task, len(page.ids))
    return {"listed": listed, "new": new}


def _pages(
    console: Console, bridge: Bridge, helpdesk: Helpdesk, *, begin_again: bool
) -> Iterator[OpenTickets]:
    with bridge.database.read() as transaction:
        cursor = None if begin_again else backfills.load_backfill(transaction, helpdesk.name).cursor
    if cursor is not None:
        console.print(
            f"{helpdesk.name}: resumes where it was interrupted; --from-start starts again.", highlight=False
        )
    while True:
        page = patiently(console, partial(helpdesk.open_tickets, cursor))
        yield page
        if page.cursor is None:
            return
        if page.cursor == cursor:
            raise BridgeError(f"{helpdesk.name}: the list of open tickets does not continue after {cursor!r}")
        cursor = page.cursor

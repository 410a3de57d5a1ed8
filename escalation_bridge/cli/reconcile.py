"""`escalation-bridge reconcile`: look now for what no webhook told of."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.running import ConfigOption, opened
from escalation_bridge.domain.tickets import TicketRef
from escalation_bridge.engine.reconcile import Finding, compare, find_changed, repair
from escalation_bridge.errors import BridgeError, UnsupportedOperation, VendorError
from escalation_bridge.helpdesk import Helpdesk
from escalation_bridge.store import caseviews, reconciliations

_PER_PAGE = 200


def reconcile(
    connections: Annotated[
        list[str] | None, typer.Argument(metavar="[CONNECTION]...", help="Which ones; all, if none is named.")
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what differs, and change nothing.")
    ] = False,
    every_case: Annotated[
        bool,
        typer.Option("--all", help="Compare the tickets of all open cases, not only what changed lately."),
    ] = False,
) -> None:
    """Find changes that no webhook told of, and have their tickets read anew.

    A running worker does the same by itself every few minutes. Stopped in the middle, it goes on where it was.
    """
    console = Console()
    findings: list[Finding] = []
    trouble: list[str] = []
    with opened(config) as (bridge, _):
        for name in _chosen(bridge, connections):
            try:
                findings += _search(
                    console, bridge, bridge.helpdesks[name], dry_run=dry_run, every_case=every_case
                )
            except (VendorError, UnsupportedOperation) as error:
                trouble.append(str(error))
    _print(console, findings, dry_run=dry_run)
    for text in trouble:
        console.print(f"[red]Not searched:[/red] {escape(text)}")
    if trouble:
        raise typer.Exit(1)


def _chosen(bridge: Bridge, asked: list[str] | None) -> list[str]:
    for name in asked or ():
        if name not in bridge.helpdesks:
            known = ", ".join(bridge.helpdesks)
            raise BridgeError(f"there is no enabled connection {name}; known: {known}")
    return asked or list(bridge.helpdesks)


def _search(
    console: Console, bridge: Bridge, helpdesk: Helpdesk, *, dry_run: bool, every_case: bool
) -> Iterator[Finding]:
    pages = _all_known(bridge, helpdesk.name) if every_case else _changed_lately(bridge, helpdesk)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(helpdesk.name, total=0)
        for reached, ids in pages:
            progress.update(task, total=(progress.tasks[task].total or 0) + len(ids))
            for each in ids:
                finding = compare(bridge, TicketRef(helpdesk.name, each))
                progress.advance(task)
                if finding is None:
                    continue
                yield finding
                if not dry_run:
                    repair(bridge, finding)
            if not dry_run and not every_case:
                with bridge.database.write() as transaction:
                    reconciliations.keep_cursor(transaction, helpdesk.name, reached)


def _changed_lately(bridge: Bridge, helpdesk: Helpdesk) -> Iterator[tuple[str, tuple[str, ...]]]:
    with bridge.database.read() as transaction:
        cursor = reconciliations.load_reconciliation(transaction, helpdesk.name).cursor
    return find_changed(helpdesk, cursor)


def _all_known(bridge: Bridge, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tickets of the open cases, page by page."""
    after = ""
    while True:
        with bridge.database.read() as transaction:
            ids = caseviews.tickets_of_open_cases(transaction, name, after, _PER_PAGE)
        if not ids:
            return
        after = ids[-1]
        yield after, tuple(ids)


def _print(console: Console, findings: list[Finding], *, dry_run: bool) -> None:
    if not findings:
        console.print("Nothing was missed.")
        return
    table = Table(title="Not as known", title_justify="left")
    for heading in ("ticket", "case", "field", "known", "now"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        cases = ", ".join(map(str, finding.cases)) or "opens one"
        if not finding.changes:
            table.add_row(escape(finding.key), cases, "", "", "unknown until now")
        for number, change in enumerate(finding.changes):
            first = (escape(finding.key), cases) if number == 0 else ("", "")
            table.add_row(*first, escape(change.field), escape(change.known), escape(change.present))
    console.print(table)
    missed = sum(finding.is_missed for finding in findings)
    young = len(findings) - missed
    console.print(
        f"{missed} missed"
        + (f", {young} so young that their webhooks may be on their way" if young else "")
        + "."
    )
    console.print("Nothing was changed." if dry_run else "They are read anew by the worker.")

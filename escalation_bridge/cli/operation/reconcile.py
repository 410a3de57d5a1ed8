"""`escalation-bridge reconcile`: find changes for which no webhook arrived."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.cases.intended import described, into
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, print_json
from escalation_bridge.cli.console.patience import patiently
from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.cli.running import opened
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.reconcile.compare import Finding, compare, repair
from escalation_bridge.engine.reconcile.dry_run import rehearse
from escalation_bridge.errors import BridgeError, UnsupportedOperation, VendorError
from escalation_bridge.messages.catalogue import word
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.http.budgets import Urgency, working
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.connections import reconciliations

CASES_PER_PAGE = 50
_MISSED = 3
"""The exit status that shows a scheduler that webhooks are lost."""


def reconcile(
    connections: Annotated[
        list[str] | None, typer.Argument(metavar="[CONNECTION]...", help="The connections; by default all.")
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what differs and what would be written, and change nothing."),
    ] = False,
    every_case: Annotated[
        bool,
        typer.Option("--all", help="Compare the tickets of all open cases, not only recent changes."),
    ] = False,
    from_start: Annotated[
        bool,
        typer.Option(
            "--from-start", help="With --all: start with the first case, even after an interruption."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find changes for which no webhook arrived, and read their tickets again.

    A running worker does the same every few minutes. If it is stopped, the next run continues there; a dry run stores no place.
    The exit status is 3 if something was missed, and 1 if something could not be searched.
    """
    if from_start and not every_case:
        raise typer.BadParameter("--from-start needs --all")
    console = Console(stderr=as_json)
    findings: list[Finding] = []
    trouble: list[str] = []
    with opened(config, looks_only=True) as (bridge, _), working(Urgency.BACKFILL):
        for name in _chosen(bridge, connections):
            kind = _AllKnown if every_case else _ChangedLately
            search = kind(bridge, bridge.helpdesks[name], dry_run=dry_run, from_start=from_start)
            try:
                findings += _search(console, search)
            except (VendorError, UnsupportedOperation) as error:
                trouble.append(str(error))
        if as_json:
            print_json(_document(bridge, findings, trouble, dry_run=dry_run))
        else:
            _print(console, findings, dry_run=dry_run)
        if dry_run and not as_json:
            _print_consequences(console, bridge, findings)
    for text in trouble:
        console.print(f"[red]Not searched:[/red] {escape(text)}")
    if trouble:
        raise typer.Exit(1)
    if any(finding.is_missed for finding in findings):
        raise typer.Exit(_MISSED)


def _chosen(bridge: Bridge, asked: list[str] | None) -> list[str]:
    for name in asked or ():
        if name not in bridge.helpdesks:
            known = ", ".join(bridge.helpdesks)
            raise BridgeError(f"there is no enabled connection {name}; known: {known}")
    return asked or list(bridge.helpdesks)


class _Pages(ABC):
    """The tickets of one connection, page by page, and the position in the search."""

    def __init__(self, bridge: Bridge, helpdesk: Helpdesk, *, dry_run: bool, from_start: bool) -> None:
        self.bridge = bridge
        self.helpdesk = helpdesk
        self.dry_run = dry_run
        self._from_start = from_start

    @abstractmethod
    def begin(self, console: Console) -> int | None:
        """Find the first place; return how many tickets there are, or None if that is unknown."""

    @abstractmethod
    def pages(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The place after each page, and the ids on it."""

    @abstractmethod
    def keep(self, transaction: sa.Connection, reached: str | None) -> None:
        """Store the place; None: the end."""


class _ChangedLately(_Pages):
    """The changes since the last search, as the vendor lists them."""

    def begin(self, console: Console) -> None:
        self._console = console
        with self.bridge.database.read() as transaction:
            self._cursor = reconciliations.load_reconciliation(transaction, self.helpdesk.name).cursor

    def pages(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        more = True
        while more:
            page = patiently(self._console, partial(self.helpdesk.changes_since, self._cursor))
            self._cursor, more = page.cursor, page.more
            yield page.cursor, tuple(dict.fromkeys(page.ids))

    def keep(self, transaction: sa.Connection, reached: str | None) -> None:
        if reached is not None:
            reconciliations.keep_cursor(transaction, self.helpdesk.name, reached)


class _AllKnown(_Pages):
    """The tickets of all open cases, in the order of their ids."""

    def begin(self, console: Console) -> int:
        name = self.helpdesk.name
        with self.bridge.database.read() as transaction:
            position = (
                None if self._from_start or self.dry_run else reconciliations.load_position(transaction, name)
            )
            self._after = position or ""
            count = reconciliations.count_tickets(transaction, name, self._after)
        if position is not None:
            console.print(
                f"{name}: continues after ticket {position}; `--from-start` starts again.", highlight=False
            )
        return count

    def pages(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        while True:
            with self.bridge.database.read() as transaction:
                ids = case_views.tickets_of_open_cases(
                    transaction, self.helpdesk.name, self._after, CASES_PER_PAGE
                )
            if not ids:
                return
            self._after = ids[-1]
            yield self._after, tuple(ids)

    def keep(self, transaction: sa.Connection, reached: str | None) -> None:
        reconciliations.keep_position(transaction, self.helpdesk.name, reached)


def _search(console: Console, search: _Pages) -> Iterator[Finding]:
    count = search.begin(console)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(search.helpdesk.name, total=count or 0)
        for reached, ids in search.pages():
            if count is None:
                progress.update(task, total=(progress.tasks[task].total or 0) + len(ids))
            for each in ids:
                ref = TicketRef(search.helpdesk.name, each)
                finding = patiently(console, partial(compare, search.bridge, ref))
                progress.advance(task)
                if finding is None:
                    continue
                yield finding
                if not search.dry_run:
                    repair(search.bridge, finding)
            _keep(search, reached)
    _keep(search, None)


def _keep(search: _Pages, reached: str | None) -> None:
    if not search.dry_run:
        with search.bridge.database.write() as transaction:
            search.keep(transaction, reached)


def _print(console: Console, findings: list[Finding], *, dry_run: bool) -> None:
    if not findings:
        console.print("Nothing was missed.")
        return
    table = Table(title="Differences", title_justify="left")
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
        + (f", {young} so recent that their webhooks may still arrive" if young else "")
        + "."
    )
    for name in dict.fromkeys(finding.ref.connection for finding in findings if finding.is_missed):
        console.print(
            f"To find out why no webhook arrived: `escalation-bridge connect {escape(name)} --check`",
            highlight=False,
        )
    if not dry_run:
        console.print("The worker reads them again.")


def _document(
    bridge: Bridge, findings: list[Finding], trouble: list[str], *, dry_run: bool
) -> dict[str, object]:
    found = [
        {
            "ticket": str(finding.ref),
            "key": finding.key,
            "cases": list(finding.cases),
            "missed": finding.is_missed,
            "changes": [
                {"field": change.field, "known": change.known, "now": change.present}
                for change in finding.changes
            ],
        }
        for finding in findings
    ]
    would = [
        {"case": case, "into": into, "field": field, "there": there, "would_be": would_be}
        for case, refs in (_by_case(findings) if dry_run else {}).items()
        for into, field, there, would_be in _consequences(bridge, case, refs)
    ]
    return {"dry_run": dry_run, "findings": found, "would_be_written": would, "not_searched": trouble}


def _by_case(findings: list[Finding]) -> dict[int, list[TicketRef]]:
    found: dict[int, list[TicketRef]] = {}
    for finding in findings:
        for case in finding.cases:
            found.setdefault(case, []).append(finding.ref)
    return found


def _print_consequences(console: Console, bridge: Bridge, findings: list[Finding]) -> None:
    """The writes that would follow from the findings, field by field."""
    if not findings:
        return
    table = Table(title="Would be written", title_justify="left")
    for heading in ("case", "into", "field", "there", "would be"):
        table.add_column(heading, overflow="fold")
    for case, refs in _by_case(findings).items():
        for row in _consequences(bridge, case, refs):
            table.add_row(str(case), *map(escape, row))
    console.print(table if table.row_count else "Nothing would be written.")
    console.print("Nothing was changed.")


def _consequences(bridge: Bridge, case: int, refs: list[TicketRef]) -> Iterator[tuple[str, str, str, str]]:
    try:
        rehearsal = rehearse(bridge, case, refs)
    except BridgeError as error:
        yield "", "unknown", "", str(error)
        return
    for keyed in rehearsal.decision.intents:
        target = into(rehearsal.view, keyed.intent)
        for field, there, would_be in described(rehearsal.view, keyed.intent):
            yield target, field, there, would_be
    for link in rehearsal.decision.links:
        if link.hold is not None:
            yield str(link.linked), "link", "", f"on hold: {word(link.hold.reason, 'en')}"

"""`escalation-bridge link` and `unlink`: for existing tickets, one by one or from a file."""

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, print_json
from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.cli.links.link_files import Line, Outcome, ResultFile, read_lines
from escalation_bridge.cli.running import opened
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.links.by_hand import Ends
from escalation_bridge.engine.deliver.link_by_hand import (
    LinkRequest,
    LinkResult,
    link_tickets,
    unlink_tickets,
)
from escalation_bridge.errors import BridgeError, StoreUnavailable
from escalation_bridge.messages.catalogue import phrase

RouteOption = Annotated[
    str | None, typer.Option("--route", "-r", help="The route by which they are kept in sync.")
]
ByOption = Annotated[str, typer.Option(envvar="USER", help="Who requests it, for the history.")]


def link(
    origin: Annotated[
        str | None, typer.Argument(help="The customer's ticket: its id, its key, or connection:id.")
    ] = None,
    linked: Annotated[str | None, typer.Argument(help="The ticket where the work continues.")] = None,
    route: RouteOption = None,
    config: ConfigOption = Path("bridge.yaml"),
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Many at once: a file with columns origin, linked, route.")
    ] = None,
    result: Annotated[
        Path | None,
        typer.Option("--result", help="The file for each line's outcome; a second run continues after it."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be linked, and change nothing.")
    ] = False,
    with_history: Annotated[bool, typer.Option("--with-history", help="Also copy earlier comments.")] = False,
    by: ByOption = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Link existing tickets, one by one or from a file.

    Both keep their statuses; later changes are copied.
    """
    if csv is not None:
        if origin is not None or route is not None:
            raise typer.BadParameter("with --csv, tickets and routes are in the file")
        if result is None and not dry_run:
            raise typer.BadParameter("--csv needs --result FILE, or --dry-run")
        _link_many(config, csv, result, dry_run=dry_run, with_history=with_history, by=by, as_json=as_json)
        return
    if origin is None or linked is None or route is None:
        raise typer.BadParameter("two tickets and --route are needed, or --csv")
    with opened(config, looks_only=dry_run) as (bridge, _):
        request = LinkRequest(origin, linked, route)
        made = link_tickets(bridge, request, by=by, with_history=with_history, dry_run=dry_run)
        _refuse(made, bridge.language)
    text = (
        f"{_names(made)} would be linked. Nothing was changed."
        if dry_run
        else f"{_names(made)} are linked in case {made.case_id}; the worker shows each of them in the other."
    )
    answer(text, as_json=as_json, **_facts(made), route=route, dry_run=dry_run)


def unlink(
    origin: Annotated[str, typer.Argument(help="The customer's ticket: its id, its key, or connection:id.")],
    linked: Annotated[str, typer.Argument(help="The ticket with which it is linked.")],
    route: Annotated[str, typer.Option("--route", "-r", help="The route of the link.")],
    config: ConfigOption = Path("bridge.yaml"),
    by: ByOption = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Remove the link between two tickets.

    Nothing more is copied between them, and a note in each ticket reports this.
    """
    with opened(config, looks_only=True) as (bridge, _):
        undone = unlink_tickets(bridge, LinkRequest(origin, linked, route), by=by)
        _refuse(undone, bridge.language)
    text = f"{_names(undone)} are no longer linked; the worker notifies both."
    answer(text, as_json=as_json, **_facts(undone), route=route)


def _facts(made: LinkResult) -> dict[str, object]:
    ends = made.ends
    return {
        "case": made.case_id,
        "origin": str(ends.origin) if ends else None,
        "linked": str(ends.linked) if ends else None,
    }


def _refuse(made: LinkResult, language: str) -> None:
    if made.refusal is not None:
        raise BridgeError(_reason(made, language))


def _reason(made: LinkResult, language: str) -> str:
    if made.refusal is None:
        return ""
    return f"{made.subject}: {phrase('word', made.refusal.value, language)}"


def _names(made: LinkResult) -> str:
    return f"{made.ends.origin} and {made.ends.linked}" if made.ends else ""


# --- many at once -------------------------------------------------------------------------------------------------------


def _link_many(
    config: Path,
    csv: Path,
    result: Path | None,
    *,
    dry_run: bool,
    with_history: bool,
    by: str,
    as_json: bool,
) -> None:
    console = Console(stderr=as_json, highlight=False)
    planned: set[Ends] = set()
    with opened(config, looks_only=dry_run) as (bridge, _):
        lines = read_lines(csv, bridge.rules.routes, bridge.helpdesks.keys())

        def work_on(line: Line) -> tuple[Outcome, int | None, str]:
            made = link_tickets(
                bridge,
                line.request,
                by=by,
                with_history=with_history,
                dry_run=dry_run,
                planned=planned,
            )
            if made.ends is not None and made.refusal is None and dry_run:
                planned.add(made.ends)
            return _outcome(made, dry_run=dry_run), made.case_id, _reason(made, bridge.language)

        counts = _work_through(console, lines, None if dry_run else result, work_on)
    if as_json:
        print_json({"dry_run": dry_run, "lines": {str(outcome): count for outcome, count in counts.items()}})
    else:
        for outcome, count in counts.items():
            console.print(f"{count} {outcome}")
        if dry_run:
            console.print("Nothing was changed.")
    if not all(outcome.is_well for outcome in counts):
        raise typer.Exit(1)


def _work_through(
    console: Console,
    lines: tuple[Line, ...],
    result: Path | None,
    work_on: Callable[[Line], tuple[Outcome, int | None, str]],
) -> Counter[Outcome]:
    """Handle line by line; write each outcome before the next line."""
    counts: Counter[Outcome] = Counter()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress, ResultFile(result) if result else nullcontext() as kept:
        task = progress.add_task("linking", total=len(lines))
        for line in lines:
            if kept is not None and kept.is_settled(line):
                counts[Outcome.ALREADY] += 1
                progress.advance(task)
                continue
            try:
                outcome, case_id, reason = work_on(line)
            except StoreUnavailable:
                raise  # no other line would fare better
            except BridgeError as error:
                outcome, case_id, reason = Outcome.FAILED, None, str(error)
            counts[outcome] += 1
            if kept is not None:
                kept.add(line, outcome, case_id, reason)
            if not outcome.is_well:
                console.print(f"line {line.number}: {outcome}: {reason}", markup=False)
            progress.advance(task)
    return counts


def _outcome(made: LinkResult, *, dry_run: bool) -> Outcome:
    if made.refusal is LinkRefusal.ALREADY_LINKED:
        return Outcome.ALREADY
    if made.refusal is not None:
        return Outcome.REFUSED
    return Outcome.WOULD_LINK if dry_run else Outcome.LINKED

"""Connections near or over a limit of their vendor, as the workers last reported."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.markup import escape

from escalation_bridge.cli.console.output import second
from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.plugin.http.budgets import Budget, Standing, Urgency


def print_limits(console: Console, budgets: Mapping[str, Sequence[Budget]], now: datetime) -> None:
    """Show what has to wait, if anything."""
    for line in limit_lines(budgets, now):
        console.print(f"[yellow]Limit[/yellow] {escape(line)}", highlight=False)


def limit_lines(budgets: Mapping[str, Sequence[Budget]], now: datetime) -> list[str]:
    """A line for each limit for which something has to wait."""
    return [
        f"{connection}: {line}"
        for connection, known in sorted(budgets.items())
        for line in _lines(known, now)
    ]


def _lines(budgets: Sequence[Budget], now: datetime) -> Iterator[str]:
    for budget in budgets:
        until = f"until {second(budget.ends())}"
        left = f"{budget.left:g} of {budget.total:g} left" if budget.left is not None and budget.total else ""
        match budget.standing(now):
            case Standing.OVER:
                yield f"{budget.scope}: used up {until}; no requests before"
            case Standing.LOW if budget.wait(Urgency.ORDINARY, 1.0, now) > 0:
                yield f"{budget.scope}: {left} {until}, reserved for SLA targets"
            case Standing.LOW:
                yield f"{budget.scope}: {left} {until}; the search for missed webhooks waits"
            case Standing.AMPLE:
                pass

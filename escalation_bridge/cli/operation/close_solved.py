"""`escalation-bridge close-solved`: have solved tickets that piled up closed, or show what would become of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape

from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, iso, minute, print_json
from escalation_bridge.cli.console.terminal import Console, make_table
from escalation_bridge.cli.running import opened
from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.close_solved import Outlook, outlook
from escalation_bridge.errors import BridgeError
from escalation_bridge.messages.catalogue import word
from escalation_bridge.store.cases import case_views, closings
from escalation_bridge.store.queue import wakes

_BATCH = 50
"""Small enough to be written within milliseconds: the receiver waits for the writer."""


@dataclass(frozen=True, slots=True)
class _Solved:
    """A solved ticket: its case, what people call it, and what becomes of it."""

    case_id: int
    connection: str
    key: str
    ahead: Outlook


def close_solved(
    connections: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONNECTION]...", help="The connections; by default all that `close_solved` names."
        ),
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what becomes of each ticket, and change nothing.")
    ] = False,
    per_minute: Annotated[
        int, typer.Option(min=1, max=6000, help="How many tickets the worker looks at within a minute.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Have solved tickets closed that piled up, or show what becomes of them.

    They were solved before `close_solved` was configured. The worker writes the notice and closes each ticket later, within the hourly cap. What is solved from now on needs no command.
    Tickets without a case, which were solved before the bridge, are not closed.
    """
    with opened(config, looks_only=dry_run) as (bridge, _):
        rules = {name: bridge.rules.closing[name] for name in _chosen(bridge, connections)}
        found = [each for name, rule in rules.items() for each in _solved_at(bridge, name, rule)]
        if not dry_run:
            _wake(bridge, [each.case_id for each in found if each.ahead.stop is None], per_minute)
        now, language = bridge.now(), bridge.language
    if as_json:
        print_json({"dry_run": dry_run, "tickets": [_document(each, rules) for each in found]})
        return
    console = Console()
    if found:
        _print(console, found, rules, now, language)
    stopped = sum(each.ahead.stop is not None for each in found)
    console.print(
        f"{len(found)} solved {'ticket' if len(found) == 1 else 'tickets'}, {stopped} of them stay as they are.",
        highlight=False,
    )
    console.print("Nothing was changed." if dry_run else "The worker does the rest.", highlight=False)


def _chosen(bridge: Bridge, asked: list[str] | None) -> list[str]:
    configured = list(bridge.rules.closing)
    for name in asked or ():
        if name not in configured:
            known = ", ".join(configured) or "none"
            raise BridgeError(f"close_solved does not name the connection {name}; it names: {known}")
    if not configured:
        raise BridgeError("nothing is closed: add a connection under `close_solved` in the configuration")
    return asked or configured


def _solved_at(bridge: Bridge, name: str, rule: ClosingRule) -> Iterator[_Solved]:
    last = 0
    while True:
        with bridge.database.read() as transaction:
            numbers = closings.cases_at(transaction, name, last)
            views = case_views.load_cases(transaction, numbers)
        if not numbers:
            return
        last = numbers[-1]
        for case_id in numbers:
            view = views[case_id]
            ahead = outlook(view, rule)
            if ahead is not None:
                yield _Solved(case_id, name, view.tickets[view.origin].key, ahead)


def _wake(bridge: Bridge, numbers: list[int], per_minute: int) -> None:
    """Have the worker look at cases, one after the other, so that nothing urgent waits for them."""
    at = bridge.now()
    for start in range(0, len(numbers), _BATCH):
        with bridge.database.write() as transaction:
            at = _wake_some(
                transaction, numbers[start : start + _BATCH], at, timedelta(minutes=1) / per_minute
            )


def _wake_some(transaction: sa.Connection, numbers: list[int], at: datetime, pause: timedelta) -> datetime:
    for number in numbers:
        wakes.wake(transaction, number, at, closings.REASON)
        at += pause
    return at


def _print(
    console: Console, found: list[_Solved], rules: dict[str, ClosingRule], now: datetime, language: str
) -> None:
    table = make_table("ticket", "at", "solved", "notice", "closed", "stays because")
    for each in found:
        ahead = each.ahead
        stop = word(str(ahead.stop), language) if ahead.stop is not None else ""
        notice = minute(max(ahead.notice_at, now)) if ahead.notice_at is not None else "written"
        if not rules[each.connection].notice:
            notice = "none"
        closes = minute(_closes_at(each, rules, now)) if rules[each.connection].status else "by the helpdesk"
        cells = (
            each.key,
            each.connection,
            minute(ahead.since),
            "" if stop else notice,
            "" if stop else closes,
            stop,
        )
        table.add_row(*map(escape, cells))
    console.print(table)


def _closes_at(each: _Solved, rules: dict[str, ClosingRule], now: datetime) -> datetime:
    """When it is closed at the earliest; the notice, where it is still to be written, is not written before now."""
    ahead = each.ahead
    if ahead.notice_at is None:
        return max(ahead.close_at, now)
    return max(ahead.close_at, max(ahead.notice_at, now) + rules[each.connection].notice)


def _document(each: _Solved, rules: dict[str, ClosingRule]) -> dict[str, object]:
    ahead = each.ahead
    return {
        "case": each.case_id,
        "connection": each.connection,
        "ticket": each.key,
        "solved_at": iso(ahead.since),
        "notice_at": iso(ahead.notice_at),
        "close_at": iso(ahead.close_at) if rules[each.connection].status else None,
        "stays_because": str(ahead.stop) if ahead.stop is not None else None,
    }

"""`escalation-bridge cases`: the most urgent cases first, and everything that needs an admin."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.table import Table

from escalation_bridge.cli.connections.connections import connection_lines, print_connections
from escalation_bridge.cli.connections.limits import limit_lines, print_limits
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, iso, minute, print_json
from escalation_bridge.cli.console.terminal import Console, make_table
from escalation_bridge.cli.running import opened_store
from escalation_bridge.domain.case.cases import CaseState, CaseView, Link
from escalation_bridge.domain.case.escalations import open_one
from escalation_bridge.domain.links.shown_link import link_health
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.engine.attention import lines_of_attention
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_lists, case_views
from escalation_bridge.store.cases.case_lists import CaseRow
from escalation_bridge.store.connections.request_budgets import load_budgets

_AT_ONCE = 200
_LATEST = datetime.max.replace(tzinfo=UTC)
_WIDE = 120
"""The least number of columns of a terminal at which the time of the next check is shown."""


class Order(StrEnum):
    """URGENT: breached due times first, then the next ones, closed cases last. NEWEST: the case that was opened last."""

    URGENT = "urgent"
    NEWEST = "newest"


def list_cases(
    config: ConfigOption = Path("bridge.yaml"),
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    order: Annotated[
        Order, typer.Option(help="The order: most urgent first, or newest first.")
    ] = Order.URGENT,
    *,
    all_of_them: Annotated[bool, typer.Option("--all", help="All cases, ignoring --limit.")] = False,
    as_json: AsJson = False,
) -> None:
    """List cases, and everything that needs an admin."""
    now = utc_now()
    with opened_store(config) as (database, _), database.read() as transaction:
        total = case_lists.count_cases(transaction)
        numbers = _chosen(transaction, order, total if all_of_them else limit)
        rows = case_lists.load_rows(transaction, numbers)
        views = {
            number: view
            for start in range(0, len(numbers), _AT_ONCE)
            for number, view in case_views.load_cases(transaction, numbers[start : start + _AT_ONCE]).items()
        }
        budgets = load_budgets(transaction, now)
        troubles = (*lines_of_attention(transaction, now), *connection_lines(transaction, now))
    if as_json:
        print_json(
            {
                "total": total,
                "cases": [_document(rows[number], views[number], now) for number in numbers],
                "limits": limit_lines(budgets, now),
                "look_at": troubles,
            }
        )
        return
    console = Console()
    console.print(_table(console, [rows[number] for number in numbers], views, now))
    if len(numbers) < total:
        console.print(f"{len(numbers)} of {total}; --limit N or --all shows more.", highlight=False)
    print_limits(console, budgets, now)
    print_connections(console, troubles)


def _chosen(transaction: sa.Connection, order: Order, limit: int) -> list[int]:
    """The numbers of the cases to show, in order."""
    if order is Order.NEWEST:
        return case_lists.newest(transaction, limit)
    opened = case_lists.clocks_of_open_cases(transaction)
    urgent = sorted(opened, key=lambda number: (_earliest(opened[number]), -number))[:limit]
    return [*urgent, *case_lists.newest(transaction, limit - len(urgent), CaseState.CLOSED)]


def _running(clocks: Sequence[Clock]) -> list[Clock]:
    """The running clocks, in the order of their due times."""
    due = (clock for clock in clocks if clock.state is ClockState.RUNNING and clock.due)
    return sorted(due, key=lambda clock: clock.due or _LATEST)


def _earliest(clocks: Sequence[Clock]) -> datetime:
    return next((clock.due for clock in _running(clocks) if clock.due), _LATEST)


def _table(console: Console, rows: Sequence[CaseRow], views: Mapping[int, CaseView], now: datetime) -> Table:
    shows_look = not console.is_terminal or console.width >= _WIDE
    has_owners = any(view.escalations for view in views.values())
    headings = ("case", "ticket", "subject", "state", "due", "links", *(["owner"] if has_owners else []))
    table = make_table(*headings, *(["next look"] if shows_look else []), title="Cases")
    for row in rows:
        view = views[row.id]
        ticket = view.tickets.get(row.origin)
        named = (f"{row.origin.connection} {ticket.key}", ticket.subject) if ticket else (str(row.origin), "")
        cells: tuple[str, ...] = (*named, row.state, "\n".join(_dues(view)), _links_in_short(view, now))
        if has_owners:
            cells = (*cells, _owner_in_short(view))
        look = [minute(row.wake_at) or "at the next event"] if shows_look else []
        table.add_row(str(row.id), *map(escape, (*cells, *look)))
    return table


def _dues(view: CaseView) -> Iterator[str]:
    """Every due time that passed before its clock was done, and the next one."""
    kept = 0
    for clock in _running(view.clocks):
        if clock.breached_at is not None:
            yield f"{minute(clock.due)}, broken"
        elif not kept:
            kept += 1
            yield minute(clock.due)
    if not kept and any(clock.state is ClockState.PAUSED for clock in view.clocks):
        yield "paused"


def _links_in_short(view: CaseView, now: datetime) -> str:
    """The links of a case: the key of each linked ticket, and the state of the link."""
    shown = []
    for link in view.links:
        health = link_health(view, link, now).code
        shown.append(_key(view, link) + ("" if health == "in_step" else f" ({health})"))
    return ", ".join(shown)


def _owner_in_short(view: CaseView) -> str:
    """Who has the open escalation of a case."""
    escalation = open_one(view.escalations)
    if escalation is None:
        return ""
    owner = escalation.owner
    person = f" ({owner.person})" if owner.person is not None else ""
    return f"{owner.team}{person}" + (", nobody there" if escalation.is_unattended else "")


def _key(view: CaseView, link: Link) -> str:
    ticket = view.tickets.get(link.linked)
    return ticket.key if ticket else str(link.linked)


def _document(row: CaseRow, view: CaseView, now: datetime) -> dict[str, object]:
    ticket, running = view.tickets.get(row.origin), _running(view.clocks)
    escalation = open_one(view.escalations)
    owner = escalation.owner if escalation is not None else None
    return {
        "case": row.id,
        "state": row.state.value,
        "opened_at": iso(view.opened_at),
        "ticket": str(row.origin),
        "key": ticket.key if ticket else None,
        "subject": ticket.subject if ticket else None,
        "url": ticket.url if ticket else None,
        "severity": str(view.classification.severity),
        "due": iso(running[0].due) if running else None,
        "broken": any(clock.breached_at for clock in running),
        "links": [
            {"ticket": str(link.linked), "key": _key(view, link), "health": link_health(view, link, now).code}
            for link in view.links
        ],
        "owner": {"team": owner.team, "person": owner.person} if owner is not None else None,
        "next_look_at": iso(row.wake_at),
    }

"""`escalation-bridge sla reprocess`: move open cases to the present rules, with a preview."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.markup import escape

from escalation_bridge.cli.cases.cases import find_case
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso, minute, print_json, second
from escalation_bridge.cli.console.terminal import Console, make_table, print_line
from escalation_bridge.cli.running import opened_store
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.domain.case.cases import CaseView, Rules, TimelineEntry
from escalation_bridge.domain.case.terms import as_counted, calendar_in_force, swap_of_calendars
from escalation_bridge.domain.sla.clocks import Clock, compute_clocks
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.queue import claims, wakes
from escalation_bridge.store.rules.versions import (
    RulesVersion,
    cases_under_other,
    load_version,
    newest_version,
    put_under,
)


@dataclass(frozen=True, slots=True)
class Move:
    """The change of a case: its open clocks under its own rules, and under the newest ones.

    Attributes:
        swap: The change to another calendar; None if it stays the same.
    """

    case_id: int
    key: str
    version: int
    before: tuple[Clock, ...]
    after: tuple[Clock, ...]
    swap: TicketEvent | None = None


def reprocess(
    cases: Annotated[
        list[str] | None,
        typer.Argument(help="Case numbers or connection:ticket-id; by default all open cases."),
    ] = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Apply the changes; without it they are only shown.")
    ] = False,
    config: ConfigOption = Path("bridge.yaml"),
    as_json: AsJson = False,
) -> None:
    """Show how open cases would change under the newest rules; with --apply, change them."""
    with opened_store(config) as (database, _):
        with database.read() as transaction:
            newest = newest_version(transaction)
            if newest is None:
                answer(
                    "No rules are stored yet: start the bridge once with its configuration.",
                    as_json=as_json,
                    moves=[],
                )
                return
            chosen = [find_case(transaction, case) for case in cases] if cases else None
            moves = list(_moves(transaction, newest, chosen, utc_now()))
        if not as_json:
            _show(moves, newest)
        if not apply:
            if as_json:
                print_json(_document(moves, newest, applied=False))
            elif moves:
                print_line("Nothing was changed; use --apply.")
            return
        with database.write() as transaction:
            claims.lock_in_order(transaction, sorted(move.case_id for move in moves))
            for move in moves:
                _move(transaction, move, newest, utc_now())
        if as_json:
            print_json(_document(moves, newest, applied=True))
        else:
            print_line(f"{len(moves)} cases are under version {newest.id} now.")


def _document(moves: Sequence[Move], newest: RulesVersion, *, applied: bool) -> dict[str, object]:
    def clocks(of: Sequence[Clock]) -> list[dict[str, object]]:
        return [
            {
                "metric": str(clock.metric),
                "started_at": iso(clock.started_at),
                "due": iso(clock.due),
                "left_seconds": clock.left_seconds,
            }
            for clock in of
        ]

    return {
        "version": newest.id,
        "effective_from": iso(newest.effective_from),
        "applied": applied,
        "moves": [
            {
                "case": move.case_id,
                "key": move.key,
                "version": move.version,
                "before": clocks(move.before),
                "after": clocks(move.after),
            }
            for move in moves
        ],
    }


def _moves(
    transaction: sa.Connection, newest: RulesVersion, chosen: list[int] | None, now: datetime
) -> Iterator[Move]:
    kept: dict[int, Rules] = {newest.id: _rules(newest)}
    for case_id in cases_under_other(transaction, newest.id):
        if chosen is not None and case_id not in chosen:
            continue
        view = case_views.load_case(transaction, case_id)
        version = view.rules_version or 0
        if version not in kept:
            kept[version] = _rules(load_version(transaction, version))
        origin = view.tickets.get(view.origin)
        swap = _swap(view, kept[version], kept[newest.id], now)
        yield Move(
            case_id,
            origin.key if origin else str(view.origin),
            version,
            _open_clocks(view, view.events, kept[version], now),
            _open_clocks(view, (*view.events, swap) if swap else view.events, kept[newest.id], now),
            swap,
        )


def _rules(version: RulesVersion) -> Rules:
    return rules_kept(json.loads(version.document), Rules((), {}))


def _swap(view: CaseView, before: Rules, after: Rules, now: datetime) -> TicketEvent | None:
    """Convert used time: time used under the calendar of the case's own rules stays used."""
    origin = view.tickets.get(view.origin)
    if origin is None:
        return None
    earlier = before.calendar_called(calendar_in_force(view))
    policy = after.policy_for(origin, view.classification)
    return swap_of_calendars(view, earlier, policy, now, since=now)


def _open_clocks(
    view: CaseView, events: Sequence[TicketEvent], rules: Rules, now: datetime
) -> tuple[Clock, ...]:
    origin = view.tickets.get(view.origin)
    if origin is None:
        return ()
    policy = as_counted(rules.policy_for(origin, view.classification), events)
    clocks = compute_clocks(events, policy, origin.priority, now, view.classification.severity)
    return tuple(clock for clock in clocks if clock.state.is_open)


def _show(moves: list[Move], newest: RulesVersion) -> None:
    table = make_table(
        *("case", "ticket", "version", "clock", "due before", "due after"),
        title=f"Under version {newest.id}, in force since {minute(newest.effective_from)}",
    )
    for move in moves:
        before = {(clock.metric, clock.started_at): clock for clock in move.before}
        after = {(clock.metric, clock.started_at): clock for clock in move.after}
        for key in sorted({*before, *after}):
            row = (str(move.case_id), move.key, str(move.version), str(key[0]))
            table.add_row(*map(escape, row), _due(before.get(key)), _due(after.get(key)))
    if moves:
        Console().print(table)
    else:
        print_line(f"All open cases are under version {newest.id} already.")


def _due(clock: Clock | None) -> str:
    if clock is None:
        return "not promised"
    return second(clock.due) if clock.due else f"paused, {clock.left_seconds} s left"


def _move(transaction: sa.Connection, move: Move, newest: RulesVersion, now: datetime) -> None:
    put_under(transaction, move.case_id, newest.id)
    facts = {"before": str(move.version), "to": str(newest.id), "since": newest.effective_from.isoformat()}
    case_file.save_events(transaction, move.case_id, [move.swap] if move.swap else [])
    case_file.save_timeline(transaction, move.case_id, [TimelineEntry(now, "reprocessed", facts)])
    wakes.wake(transaction, move.case_id, now, "reprocessed")

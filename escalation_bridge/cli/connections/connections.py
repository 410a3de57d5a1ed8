"""Connections that need a person: those on hold, those that reject writes, those with missed webhooks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from rich.markup import escape

from escalation_bridge.cli.console.output import minute
from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.store.cases import outbox, stored_notices
from escalation_bridge.store.connections import (
    backfills,
    connection_troubles,
    reconciliations,
    team_sources,
)

_NEWS = timedelta(days=7)
"""How long a missed webhook is reported."""


def connection_lines(transaction: sa.Connection, now: datetime) -> tuple[str, ...]:
    """A line for everything that needs a person."""
    return tuple(_lines(transaction, now))


def print_connections(console: Console, lines: tuple[str, ...]) -> None:
    """Show what `tell_connections` found; nothing if there are no problems."""
    for line in lines:
        console.print(f"[red]Attention:[/red] {escape(line)}", highlight=False)


def _lines(transaction: sa.Connection, now: datetime) -> Iterator[str]:
    for held in connection_troubles.held(transaction):
        yield (
            f"{held.name}: no private note is written there since {minute(held.since)}: {held.message}. "
            f"After you have checked it: escalation-bridge release {held.name}"
        )
    for trouble in team_sources.load_source_troubles(transaction):
        concerned = f"team {trouble.team}" if trouble.team else "leads by role"
        yield (
            f"{concerned}: {trouble.source} cannot be read since {minute(trouble.since)}: {trouble.message}. "
            "What was read before still counts"
        )
    yield from _given_up(transaction, now)
    yield from _notices(transaction, now)
    for name, state in backfills.load_backfills(transaction).items():
        known = backfills.count_cases(transaction, name)
        if state.finished_at is None and state.total is not None and state.total > known:
            yield (
                f"{name}: {state.total} open tickets, {known} of them have a case. To open cases "
                f"for the others: escalation-bridge backfill {name}"
            )
    for name, search in reconciliations.load_all(transaction).items():
        if search.missed_at is not None and now - search.missed_at < _NEWS:
            yield (
                f"{name}: missed webhooks, the last one found {minute(search.missed_at)}; {search.missed} tickets in all, "
                f"which were read again. To find the cause: escalation-bridge connect {name} --check"
            )
        if search.trouble is not None:
            yield f"{name}: missed webhooks cannot be searched for: {search.trouble}"


def _notices(transaction: sa.Connection, now: datetime) -> Iterator[str]:
    for trouble in stored_notices.troubles(transaction, now - _NEWS):
        count = f"{trouble.count} {'notification' if trouble.count == 1 else 'notifications'}"
        end = "no further attempts" if trouble.given_up else "they are tried again"
        yield f"{count} not sent since {minute(trouble.since)}: {trouble.error}; {end}"
    for case_id in stored_notices.unanswered(transaction):
        yield (
            f"nobody answered the pages about case {case_id}, and nobody is left to page. "
            f"To take it: escalation-bridge ack {case_id}"
        )


def _given_up(transaction: sa.Connection, now: datetime) -> Iterator[str]:
    for name, given_up in outbox.given_up_lately(transaction, now - _NEWS).items():
        if not name:  # notifications go to people, not through a connection
            notices = f"{given_up.writes} {'notification' if given_up.writes == 1 else 'notifications'}"
            yield (
                f"{notices} not sent, the last one {minute(given_up.last_at)}: {given_up.error}. "
                "Write `notify` and `channels`, or enable an extension that sends them under bridge: extensions"
            )
            continue
        writes = f"{given_up.writes} {'write' if given_up.writes == 1 else 'writes'}"
        tickets = f"{given_up.cases} {'case' if given_up.cases == 1 else 'cases'}"
        yield (
            f"{name}: {writes} in {tickets} given up, the last one {minute(given_up.last_at)}: {given_up.error}. "
            f"After you fixed the cause: escalation-bridge retry --connection {name}"
        )

"""Which connections a person has to look at: held ones, those that refuse what is written, those whose webhooks got lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from rich.markup import escape

from escalation_bridge.cli.output import minute
from escalation_bridge.cli.terminal import Console
from escalation_bridge.store import backfills
from escalation_bridge.store.cases import outbox
from escalation_bridge.store.connections import connection_troubles, reconciliations

_NEWS = timedelta(days=7)
"""How long a webhook that got lost is told of."""


def tell_connections(transaction: sa.Connection, now: datetime) -> tuple[str, ...]:
    """A line for everything that a person has to look at."""
    return tuple(_lines(transaction, now))


def print_connections(console: Console, lines: tuple[str, ...]) -> None:
    """Show what `tell_connections` found; nothing where all is well."""
    for line in lines:
        console.print(f"[red]Look at[/red] {escape(line)}", highlight=False)


def _lines(transaction: sa.Connection, now: datetime) -> Iterator[str]:
    for held in connection_troubles.held(transaction):
        yield (
            f"{held.name}: no private note is written there since {minute(held.since)}: {held.message}. "
            f"After you have looked: escalation-bridge release {held.name}"
        )
    yield from _given_up(transaction, now)
    for name, state in backfills.load_backfills(transaction).items():
        known = backfills.count_cases(transaction, name)
        if state.finished_at is None and state.total is not None and state.total > known:
            yield (
                f"{name}: {state.total} tickets are open there, {known} of them have a case. Those from before the bridge are "
                f"taken in by: escalation-bridge backfill {name}"
            )
    for name, search in reconciliations.load_all(transaction).items():
        if search.missed_at is not None and now - search.missed_at < _NEWS:
            yield (
                f"{name}: webhooks got lost, the last one found {minute(search.missed_at)}; {search.missed} tickets in all, "
                f"read anew by themselves. Why: escalation-bridge connect {name} --check"
            )
        if search.trouble is not None:
            yield f"{name}: lost webhooks cannot be looked for: {search.trouble}"


def _given_up(transaction: sa.Connection, now: datetime) -> Iterator[str]:
    for name, what in outbox.given_up_lately(transaction, now - _NEWS).items():
        if not name:  # notices go to people, and through no connection
            notices = f"{what.writes} {'notice' if what.writes == 1 else 'notices'}"
            yield (
                f"{notices} not sent, the last one {minute(what.last_at)}: {what.error}. "
                "Enable an extension that sends them under bridge: extensions"
            )
            continue
        writes = f"{what.writes} {'write' if what.writes == 1 else 'writes'}"
        tickets = f"{what.cases} {'case' if what.cases == 1 else 'cases'}"
        yield (
            f"{name}: {writes} in {tickets} given up, the last one {minute(what.last_at)}: {what.error}. "
            f"After that is mended: escalation-bridge retry --connection {name}"
        )

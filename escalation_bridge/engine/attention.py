"""What needs a person although nothing has stopped: for `escalation-bridge cases` and the receiver's `/readyz`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from escalation_bridge.store.cases import case_troubles
from escalation_bridge.store.cases.stored_escalations import unattended
from escalation_bridge.store.connections import refused_credentials
from escalation_bridge.store.connections.registrations import Registration, load_registrations
from escalation_bridge.store.webhooks import set_aside

_NEWS = timedelta(days=7)
"""How long a repair is reported."""
_MOST_NAMED = 10
_LONG = timedelta(minutes=2)
"""A worker routes a webhook within a second. A longer wait means that none is running, or that it is stuck."""


def lines_of_attention(transaction: sa.Connection, now: datetime) -> tuple[str, ...]:
    """A sentence for each kind of problem; empty without problems. No sentence contains a customer's text."""
    lines = []
    backlog = set_aside.load_backlog(transaction)
    if backlog.waiting_since is not None and now - backlog.waiting_since > _LONG:
        lines.append(
            f"no webhook was routed since {backlog.waiting_since:%Y-%m-%d %H:%M} UTC: see that `escalation-bridge serve` "
            "or `work` is running on this database, and what it logs"
        )
    if backlog.set_aside:
        lines.append(
            f"{_counted(backlog.set_aside, 'webhook')} quarantined or set aside: escalation-bridge webhooks list"
        )
    aside = [one for one in case_troubles.all_troubles(transaction).values() if one.set_aside_at]
    if aside:
        lines.append(f"{_counted(len(aside), 'case')} set aside: escalation-bridge dead list")
    alone = unattended(transaction)
    if alone:
        named = ", ".join(map(str, alone[:_MOST_NAMED])) + (", ..." if len(alone) > _MOST_NAMED else "")
        lines.append(
            f"nobody could take the {'escalation' if len(alone) == 1 else 'escalations'} of case {named}: find somebody, then "
            "escalation-bridge owner CASE PERSON"
        )
    lines += [
        f"{one.name} refuses the bridge's credentials since {one.since:%Y-%m-%d %H:%M} UTC: {one.message}"
        for one in refused_credentials.refused_connections(transaction)
    ]
    lines += [f"{one.name}: {line}" for one in _registrations(transaction) for line in _about(one, now)]
    return tuple(lines)


def _registrations(transaction: sa.Connection) -> tuple[Registration, ...]:
    return tuple(load_registrations(transaction).values())


def _about(one: Registration, now: datetime) -> Iterator[str]:
    if one.problem is not None:
        yield one.problem
    elif one.repaired_at is not None and now - one.repaired_at < _NEWS:
        yield f"{one.outcome}; what happened meanwhile was found by reconciliation, if that is switched on"


def _counted(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"

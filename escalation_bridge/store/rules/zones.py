"""The time zone rules behind the stored due times: when they change, open cases are decided again."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.case.cases import CaseState
from escalation_bridge.store.database.schema import cases, meta, rules_versions

_NAME = "zone_rules"


def zones_in_use(connection: sa.Connection, newest: int) -> frozenset[str]:
    """The zones of all calendars of open cases, and of the newest version."""
    used = sa.select(cases.c.rules_version).where(cases.c.state == CaseState.OPEN)
    documents = connection.execute(
        sa.select(rules_versions.c.document).where(
            sa.or_(rules_versions.c.id == newest, rules_versions.c.id.in_(used))
        )
    ).scalars()
    return frozenset(
        calendar["timezone"]
        for document in documents
        for calendar in json.loads(document).get("calendars", {}).values()
        if isinstance(calendar.get("timezone"), str)
    )


def known_rules(connection: sa.Connection) -> Mapping[str, str] | None:
    """The fingerprints of the rules that due times were computed with; None: never stored."""
    value = connection.execute(sa.select(meta.c.value).where(meta.c.name == _NAME)).scalar()
    return None if value is None else dict(json.loads(value))


def keep_rules(connection: sa.Connection, rules: Mapping[str, str]) -> None:
    """Store the fingerprints."""
    value = json.dumps(dict(rules), sort_keys=True)
    kept = connection.execute(meta.update().where(meta.c.name == _NAME).values(value=value))
    if kept.rowcount == 0:
        connection.execute(meta.insert().values(name=_NAME, value=value))


def wake_counted_cases(connection: sa.Connection, changed: Iterable[str], now: datetime) -> int:
    """Wake the open cases with a calendar in one of these zones; return how many."""
    zones = frozenset(changed)
    affected = [
        row.id
        for row in connection.execute(sa.select(rules_versions.c.id, rules_versions.c.document))
        if any(c.get("timezone") in zones for c in json.loads(row.document).get("calendars", {}).values())
    ]
    counted = sa.select(cases.c.id).where(
        cases.c.state == CaseState.OPEN,
        cases.c.clocks != "[]",
        sa.or_(cases.c.rules_version.in_(affected), cases.c.rules_version.is_(None)),
    )
    # Lock cases in id order, as everywhere, to avoid a deadlock: an UPDATE alone locks rows in arbitrary order.
    in_order = counted.order_by(cases.c.id).with_for_update().cte("counted")
    woken = connection.execute(
        cases.update()
        .where(cases.c.id.in_(sa.select(in_order.c.id)))
        .values(wake_at=now, wake_reason="zone rules", wake_count=cases.c.wake_count + 1)
    )
    return woken.rowcount

"""Versions of the rules: every configuration of policies and calendars that was ever in force.

A case keeps the version under which it was opened. Only an explicit reprocess changes it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.schema import cases, rules_versions


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """One version.

    Attributes:
        document: Policies, contracts and calendars as JSON, with public holidays as dates.
    """

    id: int
    effective_from: datetime
    document: str


def keep_version(connection: sa.Connection, document: str, now: datetime) -> int:
    """The version of a document: the newest one if equal, otherwise a new one, in force from now on."""
    digest = hashlib.sha256(document.encode()).hexdigest()
    newest = connection.execute(
        sa.select(rules_versions.c.id, rules_versions.c.digest).order_by(rules_versions.c.id.desc()).limit(1)
    ).one_or_none()
    if newest is not None and newest.digest == digest:
        return int(newest.id)
    number = newest.id + 1 if newest is not None else 1
    row = {"id": number, "effective_from": now, "digest": digest, "document": document}
    connection.execute(rules_versions.insert().values(row))
    return number


def newest_version(connection: sa.Connection) -> RulesVersion | None:
    """The version for new cases; None if none was ever stored."""
    row = connection.execute(
        sa.select(rules_versions).order_by(rules_versions.c.id.desc()).limit(1)
    ).one_or_none()
    return RulesVersion(row.id, row.effective_from, row.document) if row else None


def load_version(connection: sa.Connection, number: int) -> RulesVersion:
    """A version by its number."""
    row = connection.execute(sa.select(rules_versions).where(rules_versions.c.id == number)).one()
    return RulesVersion(row.id, row.effective_from, row.document)


def put_under(connection: sa.Connection, case_id: int, number: int) -> None:
    """Assign a version to a case."""
    connection.execute(cases.update().where(cases.c.id == case_id).values(rules_version=number))


def cases_under_other(connection: sa.Connection, number: int) -> list[int]:
    """The open cases with another version."""
    rows = connection.execute(
        sa.select(cases.c.id)
        .where(cases.c.state == "open", cases.c.rules_version.is_not(None), cases.c.rules_version != number)
        .order_by(cases.c.id)
    )
    return list(rows.scalars())

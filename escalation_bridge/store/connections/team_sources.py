"""Sources of facts about teams that could not be read, as the workers last found."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.schema import meta

_NAME = "team_sources"


@dataclass(frozen=True, slots=True)
class SourceTrouble:
    """A source that could not be read at the last attempt.

    Attributes:
        team: The team; empty for what concerns all.
        source: What it is, in words.
        since: When it first failed.
        message: Why; without secrets.
    """

    team: str
    source: str
    since: datetime
    message: str


def load_source_troubles(connection: sa.Connection) -> tuple[SourceTrouble, ...]:
    """The present ones."""
    value = connection.execute(sa.select(meta.c.value).where(meta.c.name == _NAME)).scalar()
    rows = json.loads(value) if value is not None else []
    return tuple(
        SourceTrouble(row["team"], row["source"], datetime.fromisoformat(row["since"]), row["message"])
        for row in rows
    )


def keep_source_troubles(connection: sa.Connection, troubles: tuple[SourceTrouble, ...]) -> None:
    """Replace them."""
    rows = [
        {"team": each.team, "source": each.source, "since": each.since.isoformat(), "message": each.message}
        for each in troubles
    ]
    connection.execute(meta.delete().where(meta.c.name == _NAME))
    if rows:
        connection.execute(meta.insert().values(name=_NAME, value=json.dumps(rows)))

"""The id of this database."""

import secrets

import sqlalchemy as sa

from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import meta


def bridge_id(connection: sa.Connection) -> str:
    """This bridge's own id, created by the first call: it distinguishes the markers of two bridges in one helpdesk."""
    known = sa.select(meta.c.value).where(meta.c.name == "bridge_id")
    value: str | None = connection.execute(known).scalar()
    if value is None:
        insert_if_new(connection, meta, {"name": "bridge_id", "value": secrets.token_hex(8)})
        value = connection.execute(known).scalar_one()
    return value

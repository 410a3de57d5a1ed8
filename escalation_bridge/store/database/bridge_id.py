"""What identifies this database, and the secret of its links."""

import secrets

import sqlalchemy as sa

from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import meta


def bridge_id(connection: sa.Connection) -> str:
    """This bridge's own id, created by the first call: it distinguishes the markers of two bridges in one helpdesk."""
    return _made_once(connection, "bridge_id", secrets.token_hex(8))


def link_secret(connection: sa.Connection) -> str:
    """The secret with which links to pages are signed, created by the first call and shared by all processes."""
    return _made_once(connection, "link_secret", secrets.token_urlsafe(32))


def known_link_secret(connection: sa.Connection) -> str | None:
    """The same, if there is one already: for who may not write."""
    return connection.execute(sa.select(meta.c.value).where(meta.c.name == "link_secret")).scalar()


def _made_once(connection: sa.Connection, name: str, value: str) -> str:
    known = sa.select(meta.c.value).where(meta.c.name == name)
    found: str | None = connection.execute(known).scalar()
    if found is None:
        insert_if_new(connection, meta, {"name": name, "value": value})
        found = connection.execute(known).scalar_one()
    return found

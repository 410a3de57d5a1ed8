"""The last webhooks that arrived, to show an admin whether a vendor reaches the bridge."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.store.database.schema import deliveries
from escalation_bridge.store.webhooks.deliveries import DeliveryState


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook that was verified and stored. `problem`: why it cannot be parsed; None if it can."""

    id: int
    received_at: datetime
    problem: str | None


def last_arrival(connection: sa.Connection, name: str) -> Arrival | None:
    """The newest webhook of a connection, or None."""
    row = connection.execute(
        sa.select(deliveries.c.id, deliveries.c.received_at, deliveries.c.state, deliveries.c.outcome)
        .where(deliveries.c.connection == name)
        .order_by(deliveries.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    unreadable = row.state == DeliveryState.QUARANTINED
    return Arrival(row.id, row.received_at, (row.outcome or "it cannot be read") if unreadable else None)

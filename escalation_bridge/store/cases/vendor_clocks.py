"""The vendor's own SLA clocks at their last poll."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.store.database.codec import decode, encode
from escalation_bridge.store.database.database import insert_if_new
from escalation_bridge.store.database.schema import native_clocks


@dataclass(frozen=True, slots=True)
class NativeReading:
    """One poll of the vendor's clocks.

    Attributes:
        basis: The ticket's status and priority at that time: when they change, so do its clocks.
        reported: The clocks of the bridge, as metric and cycle, whose drift is in the history already.
        trouble: Why they could not be read; then `clocks` are those of an earlier poll.
    """

    read_at: datetime
    basis: str
    clocks: tuple[NativeClock, ...]
    reported: tuple[str, ...] = ()
    trouble: str | None = None


_IS_OF_CASE = native_clocks.c.case_id == sa.bindparam("of_case")
_OF_CASE = sa.select(native_clocks).where(_IS_OF_CASE)
_UPDATE = native_clocks.update().where(_IS_OF_CASE)


def load_native(connection: sa.Connection, case_id: int) -> NativeReading | None:
    """The last poll of a case's clocks, or None."""
    row = connection.execute(_OF_CASE, {"of_case": case_id}).one_or_none()
    if row is None:
        return None
    return NativeReading(
        read_at=row.read_at,
        basis=row.basis,
        clocks=decode(row.document, tuple[NativeClock, ...]),
        reported=decode(row.told, tuple[str, ...]),
        trouble=row.trouble,
    )


def save_native(connection: sa.Connection, case_id: int, reading: NativeReading) -> None:
    """Replace the stored poll."""
    values = {
        "read_at": reading.read_at,
        "basis": reading.basis,
        "document": encode(reading.clocks, tuple[NativeClock, ...]),
        "told": encode(reading.reported, tuple[str, ...]),
        "trouble": reading.trouble,
    }
    if not insert_if_new(connection, native_clocks, {"case_id": case_id, **values}):
        connection.execute(_UPDATE, {"of_case": case_id, **values})

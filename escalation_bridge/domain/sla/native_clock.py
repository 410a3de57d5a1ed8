"""A clock of the vendor's own."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NativeClock:
    """One of the vendor's own SLA clocks. `due` is None while it is paused or done."""

    name: str
    due: datetime | None
    breached: bool
    paused: bool = False

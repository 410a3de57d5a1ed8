"""When a wall-clock time comes in a zone.

Dates are ordinals (1 is Monday 0001-01-01), times are seconds after 00:00 of the date, instants are Unix seconds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from escalation_bridge.domain.sla.calendar_spec import DAY

_BLOCK = 512
"""Dates that are looked up in a zone at once and then remembered, for all calendars of the zone: about 20 kB."""


class WallClock:
    """The clocks on the walls of a zone."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def instant(self, day: int, second: int) -> int:
        """When the clocks show that time, at most two days after 00:00 of the date: what they skip comes as much later, of two the first."""
        block = _block(self._zone, day // _BLOCK)
        if day in block.unsteady:
            return _instant(self._zone, day, second)
        return block.midnights[day % _BLOCK] + second

    def changes(self, first: int, last: int) -> frozenset[int]:
        """The dates on which the clocks change, `last` not included; perhaps some more nearby."""
        blocks = range(first // _BLOCK, last // _BLOCK + 1)
        return frozenset[int]().union(*(_block(self._zone, block).changes for block in blocks))


@dataclass(frozen=True, slots=True)
class _Dates:
    """What is remembered of consecutive dates.

    Attributes:
        midnights: When each begins.
        changes: Those that are not 24 hours long.
        unsteady: Those after whose beginning, or shortly before it, the clocks change within two days.
    """

    midnights: tuple[int, ...]
    changes: frozenset[int]
    unsteady: frozenset[int]


@lru_cache(maxsize=1024)
def _block(zone: ZoneInfo, block: int) -> _Dates:
    first = block * _BLOCK
    # dates just outside matter to those at the edges
    midnights = [_instant(zone, day, 0) for day in range(first - 2, first + _BLOCK + 4)]
    lengths = enumerate((end - begin for begin, end in pairwise(midnights)), start=first - 2)
    odd = [day for day, length in lengths if length != DAY]
    return _Dates(
        midnights=tuple(midnights[2 : 2 + _BLOCK]),
        changes=frozenset(day for day in odd if first <= day < first + _BLOCK),
        unsteady=frozenset(day + near for day in odd for near in range(-2, 2)),
    )


def _instant(zone: ZoneInfo, day: int, second: int) -> int:
    local = datetime.fromordinal(day) + timedelta(seconds=second)
    return int(
        local.replace(tzinfo=zone, fold=0).timestamp()
    )  # fold=0 is the rule for gaps and folds (PEP 495)

"""What goes wrong at the vendors: faults that wait for the bridge's requests. People's own requests never meet them."""

from collections.abc import Iterator
from contextlib import contextmanager

from bridge_histories.desks import TAKES_EFFECT
from bridge_histories.needs import Needs
from bridge_histories.seen import End
from bridge_histories.world import World
from escalation_bridge_sandbox.kernel.faults import Fault, FaultBook, FaultKind

ODD = (FaultKind.EMPTY_200, FaultKind.HTML_LOGIN_PAGE)
MOST_ODD = 3
"""An answer that cannot be understood is tried again three times: after the fourth a write is given up, and people are told."""


class Troubles:
    """The faults of one history."""

    def __init__(self, world: World, needs: Needs) -> None:
        self._world = world
        self._needs = needs
        self._waiting: list[tuple[End, Fault]] = []
        self._odd = 0

    def add(self, end: End, kind: FaultKind, method: str | None, *, skip: int, times: int) -> None:
        """Have some of the bridge's next requests at one end meet a fault."""
        if kind in ODD:
            times = min(times, MOST_ODD - self._odd)
            if times <= 0:
                return
            self._odd += times
        wait = "20" if kind is FaultKind.RATE_LIMIT else None
        self._waiting.append((end, Fault(kind, method, times=times, skip=skip, retry_after=wait)))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting.clear()

    @contextmanager
    def about(self) -> Iterator[None]:
        """Within this the bridge's requests meet the faults that wait."""
        for end, fault in self._waiting:
            self._faults(end).add(fault)
        self._waiting.clear()
        lost = self._lost_answers()
        try:
            yield
        finally:
            for end in End:
                faults = self._faults(end)
                self._waiting += [(end, fault) for fault in faults.armed().values()]
                faults.clear()
            self._needs.again(self._lost_answers() - lost)

    def _faults(self, end: End) -> FaultBook:
        return self._world.desks[end].vendor.faults

    def _lost_answers(self) -> int:
        return sum(
            entry.fault in TAKES_EFFECT
            for end in End
            for entry in self._world.desks[end].vendor.journal.entries(writes=True)
        )

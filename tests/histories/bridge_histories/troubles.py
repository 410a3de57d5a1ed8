"""What goes wrong at the vendors: faults that wait for the bridge's requests. People's own requests never meet them."""

from collections.abc import Iterator
from contextlib import contextmanager

from bridge_histories.desks import TAKES_EFFECT
from bridge_histories.needs import Needs
from bridge_histories.refusals import Refused
from bridge_histories.seen import End
from bridge_histories.world import World
from escalation_bridge_sandbox.kernel.faults import Fault, FaultBook, FaultKind

ODD = (FaultKind.EMPTY_200, FaultKind.HTML_LOGIN_PAGE)
MOST_ODD = 3
"""An answer that cannot be understood is tried again three times: after the fourth a write is given up, and people are told."""


class Troubles:
    """The faults of one history.

    Attributes:
        refused: What one end refuses until somebody mends it.
        refused_ever: The ends that have refused anything.
    """

    def __init__(self, world: World, needs: Needs) -> None:
        self._world = world
        self._needs = needs
        self._waiting: list[tuple[End, Fault]] = []
        self._odd = 0
        self.refused: Refused | None = None
        self.refused_ever: set[End] = set()

    def add(self, end: End, kind: FaultKind, method: str | None, *, skip: int, times: int) -> None:
        """Have some of the bridge's next requests at one end meet a fault."""
        if kind in ODD:
            times = min(times, MOST_ODD - self._odd)
            if times <= 0:
                return
            self._odd += times
        wait = "20" if kind is FaultKind.RATE_LIMIT else None
        self._waiting.append((end, Fault(kind, method, times=times, skip=skip, retry_after=wait)))

    def refuse(self, end: End, choice: int) -> None:
        """One end refuses something from now on, unless something is refused already."""
        if self.refused is None:
            rights = self._world.desks[end].rights
            self.refused = Refused(end, rights[choice % len(rights)])
            self.refused_ever.add(end)
            self._needs.told_anew()

    def mend(self) -> None:
        """What was refused is allowed again."""
        self.refused = None
        self._needs.told_anew()

    def clear(self) -> None:
        """Nothing goes wrong any more by itself."""
        self._waiting.clear()

    @contextmanager
    def about(self) -> Iterator[None]:
        """Within this the bridge's requests meet the faults that wait."""
        for end, fault in self._waiting:
            self._faults(end).add(fault)
        self._waiting.clear()
        if self.refused is not None:
            self._faults(self.refused.end).add(self.refused.right.refusal)
        lost = self._lost_answers()
        try:
            yield
        finally:
            for end in End:
                faults = self._faults(end)
                self._waiting += [(end, fault) for fault in faults.armed().values() if fault.times > 0]
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

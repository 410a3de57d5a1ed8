"""Compare the vendor's own SLA clocks with the bridge's, and compute their drift."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.native_clock import NativeClock
from escalation_bridge.domain.sla.policy import Metric

TOLERANCE_SECONDS = 60
"""Vendors keep their dues in whole minutes."""

_NAMES = {
    # Zendesk's metrics. Its total resolution time never pauses: where both are kept, the requester's wait is ours.
    "first reply time": Metric.FIRST_RESPONSE,
    "next reply time": Metric.NEXT_RESPONSE,
    "requester wait time": Metric.RESOLUTION,
    "total resolution time": Metric.RESOLUTION,
    "pausable update time": Metric.UPDATE,
    "periodic update time": Metric.UPDATE,
    # Freshdesk's dues
    "first response": Metric.FIRST_RESPONSE,
    "next response": Metric.NEXT_RESPONSE,
    "resolution": Metric.RESOLUTION,
    # those that every Jira service project begins with
    "time to first response": Metric.FIRST_RESPONSE,
    "time to resolution": Metric.RESOLUTION,
}
_CONTAINED = {"first response": Metric.FIRST_RESPONSE, "next response": Metric.NEXT_RESPONSE}
"""Admins of Jira Service Management name their SLAs. "Resolution" is not looked for: "close after resolution" is another one."""


class Verdict(StrEnum):
    """OTHER_STATE: one of the two runs and the other does not. UNCOMPARED: the bridge promises nothing of the kind."""

    AGREES = "agrees"
    DRIFTS = "drifts"
    OTHER_STATE = "other_state"
    UNCOMPARED = "uncompared"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of the vendor's clocks beside the bridge's clock of the same promise.

    Attributes:
        clock: The bridge's; None if it has none of the kind.
        drift_seconds: How much later the vendor's due is, negative: earlier; None unless both run.
    """

    native: NativeClock
    clock: Clock | None
    verdict: Verdict
    drift_seconds: int | None = None


def metric_of(name: str) -> Metric | None:
    """The bridge's metric of a vendor's clock; None if its name does not show it."""
    words = _words(name)
    if words in _NAMES:
        return _NAMES[words]
    return next((metric for part, metric in _CONTAINED.items() if part in words), None)


def _words(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())


def compare(natives: Iterable[NativeClock], clocks: Sequence[Clock]) -> tuple[Comparison, ...]:
    """Put each of the vendor's clocks beside the newest cycle of the bridge's; each of these is compared once."""
    newest = {clock.metric: clock for clock in sorted(clocks, key=lambda clock: clock.cycle)}
    return tuple(_comparisons(natives, newest))


def _comparisons(natives: Iterable[NativeClock], newest: dict[Metric, Clock]) -> Iterator[Comparison]:
    rank = {name: position for position, name in enumerate(_NAMES)}
    ranked = sorted(natives, key=lambda native: rank.get(_words(native.name), len(rank)))
    for native in ranked:
        metric = metric_of(native.name)
        clock = newest.pop(metric, None) if metric else None
        if clock is None:
            yield Comparison(native, None, Verdict.UNCOMPARED)
        elif native.due is None or clock.state is not ClockState.RUNNING or clock.due is None:
            same = (native.due is not None) is (clock.state is ClockState.RUNNING)
            yield Comparison(native, clock, Verdict.AGREES if same else Verdict.OTHER_STATE)
        else:
            drift = round((native.due - clock.due).total_seconds())
            verdict = Verdict.DRIFTS if abs(drift) > TOLERANCE_SECONDS else Verdict.AGREES
            yield Comparison(native, clock, verdict, drift)

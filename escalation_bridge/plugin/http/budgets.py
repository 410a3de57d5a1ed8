"""Rate limit budgets of an account, an endpoint or a ticket, and which requests go first if little is left.

A plugin defines which budgets a request consumes and which readings an answer has (`Limits`). Pure except for the urgency, which
belongs to the thread; `escalation_bridge.plugin.http.meter` stores the budgets and holds requests back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

ACCOUNT = "account"
"""The scope of limits for the whole account."""


class Urgency(IntEnum):
    """The priority of requests.

    BACKFILL: Reconciliation. It leaves a fifth for the others.
    ORDINARY: Reads after webhooks, and everything else. It leaves a twentieth.
    PROMISE: What an SLA target depends on: reading a ticket before a step fires, and delivering writes.
    """

    BACKFILL = 0
    ORDINARY = 1
    PROMISE = 2


_LEFT_ALONE = {Urgency.BACKFILL: 0.2, Urgency.ORDINARY: 0.05, Urgency.PROMISE: 0.0}
_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.ORDINARY)


@contextmanager
def working(urgency: Urgency) -> Iterator[None]:
    """Set the urgency of this thread's requests in the block."""
    before = _urgency.set(urgency)
    try:
        yield
    finally:
        _urgency.reset(before)


def present_urgency() -> Urgency:
    """The urgency of this thread's requests."""
    return _urgency.get()


@dataclass(frozen=True, slots=True)
class Scope:
    """A limit that applies to a request.

    Attributes:
        name: What it counts: "ticket updates", "writes of issue 10000". No customer's text; up to 190 characters.
        cost: How much of it the request consumes.
        windows: Limits that no answer reports, each as a number of requests in a number of seconds. The bridge counts
            them itself.
        advice: What an admin can do if it is used up, other than wait.
    """

    name: str
    cost: float = 1.0
    windows: tuple[tuple[int, float], ...] = ()
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer reports about a scope.

    Attributes:
        left: The remaining budget, after this request.
        total: The whole budget of a period; None if unknown.
        renews_in: Seconds until it renews; None if unknown.
    """

    scope: str
    left: float
    total: float | None = None
    renews_in: float | None = None


class Limits:
    """A vendor's rate limits. This base is for a vendor of which only the 429 is known."""

    def scopes(self, method: str, path: str, params: Mapping[str, object]) -> tuple[Scope, ...]:
        """The scopes of a request. `path` is that of the whole URL."""
        del method, path, params
        return (Scope(ACCOUNT),)

    def readings(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Reading, ...]:
        """The readings in an answer's headers. `headers` ignores case."""
        del method, path, headers
        return ()

    def closed(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The name of the scope that a 429 closes."""
        del method, path, headers
        return ACCOUNT


class Standing(IntEnum):
    """AMPLE: no request waits. LOW: some do. OVER: all do."""

    AMPLE = 0
    LOW = 1
    OVER = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """The state of a scope.

    Attributes:
        left: The remaining budget; None if unknown.
        total: The whole budget of a period; None if unknown.
        renews_at: When it renews; then `left` is unknown.
        closed_until: The vendor refused; no request is sent before.
        noted_at: When it was read.
    """

    scope: str
    noted_at: datetime
    left: float | None = None
    total: float | None = None
    renews_at: datetime | None = None
    closed_until: datetime | None = None

    def ends(self) -> datetime:
        """When it expires."""
        return max((at for at in (self.renews_at, self.closed_until) if at), default=self.noted_at)

    def wait(self, urgency: Urgency, cost: float, now: datetime) -> float:
        """How many seconds a request has to wait; 0 if it may be sent."""
        waits = [0.0]
        if self.closed_until is not None:
            waits.append((self.closed_until - now).total_seconds())
        if self.left is not None and self.renews_at is not None:
            kept = (self.total or 0.0) * _LEFT_ALONE[urgency]
            if self.left - cost < kept:
                waits.append((self.renews_at - now).total_seconds())
        return max(waits)

    def standing(self, now: datetime) -> Standing:
        """Its state now."""
        if self.wait(Urgency.PROMISE, 1.0, now) > 0:
            return Standing.OVER
        return Standing.LOW if self.wait(Urgency.BACKFILL, 1.0, now) > 0 else Standing.AMPLE

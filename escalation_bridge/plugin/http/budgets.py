"""How much more a vendor takes: of the account, an endpoint, a ticket. And who goes first where little is left.

A plugin says which budgets a request uses up and what an answer tells of them (`Limits`). Pure but for the urgency, which goes
with the thread; `escalation_bridge.plugin.http.meter` keeps the budgets and holds requests back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

ACCOUNT = "account"
"""The scope of what counts for the whole account."""


class Urgency(IntEnum):
    """Who may use up what.

    BACKFILL: Looking for what no webhook told of. It leaves a fifth for the others.
    ORDINARY: Reading what webhooks told of, and everything else. It leaves a twentieth.
    PROMISE: What a promise depends on: reading a ticket just before a step fires, and carrying out what was decided.
    """

    BACKFILL = 0
    ORDINARY = 1
    PROMISE = 2


_LEFT_ALONE = {Urgency.BACKFILL: 0.2, Urgency.ORDINARY: 0.05, Urgency.PROMISE: 0.0}
_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.ORDINARY)


@contextmanager
def working(urgency: Urgency) -> Iterator[None]:
    """What is asked of vendors meanwhile, in this thread, is as urgent as this."""
    before = _urgency.set(urgency)
    try:
        yield
    finally:
        _urgency.reset(before)


def present_urgency() -> Urgency:
    """How urgent what this thread does is."""
    return _urgency.get()


@dataclass(frozen=True, slots=True)
class Scope:
    """One limit that a request falls under.

    Attributes:
        name: What it is counted for, in words: "ticket updates", "writes of issue 10000". No customer's text; up to 190 characters.
        cost: How much of it the request uses up.
        windows: Limits of which no answer tells, each as so many requests in so many seconds. The bridge counts for itself.
        advice: What an admin can do when it is used up, where that is more than waiting.
    """

    name: str
    cost: float = 1.0
    windows: tuple[tuple[int, float], ...] = ()
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer tells of a scope.

    Attributes:
        left: How much may still be used, after this request.
        total: How much there is at the beginning of each turn; None where it is not told.
        renews_in: Seconds until it is counted anew; None where it is not told.
    """

    scope: str
    left: float
    total: float | None = None
    renews_in: float | None = None


class Limits:
    """How a vendor limits requests. This base is for one of whom nothing is known but that it may answer 429."""

    def scopes(self, method: str, path: str, params: Mapping[str, object]) -> tuple[Scope, ...]:
        """What a request falls under. `path` is that of the whole URL."""
        del method, path, params
        return (Scope(ACCOUNT),)

    def readings(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[Reading, ...]:
        """What the headers of an answer tell. `headers` finds names in upper and lower case."""
        del method, path, headers
        return ()

    def closed(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The scope that a 429 is about, by name."""
        del method, path, headers
        return ACCOUNT


class Standing(IntEnum):
    """AMPLE: nobody has to wait. LOW: some have to. OVER: everybody has to."""

    AMPLE = 0
    LOW = 1
    OVER = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """What is known of a scope.

    Attributes:
        left: How much may still be used; None where it was not told.
        total: How much there is in each turn; None where it was not told.
        renews_at: When it is counted anew; after that, nothing is known of `left`.
        closed_until: The vendor refused, and is not asked before.
        noted_at: When this was learned.
    """

    scope: str
    noted_at: datetime
    left: float | None = None
    total: float | None = None
    renews_at: datetime | None = None
    closed_until: datetime | None = None

    def ends(self) -> datetime:
        """When nothing of this counts any more."""
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
        """How it stands."""
        if self.wait(Urgency.PROMISE, 1.0, now) > 0:
            return Standing.OVER
        return Standing.LOW if self.wait(Urgency.BACKFILL, 1.0, now) > 0 else Standing.AMPLE

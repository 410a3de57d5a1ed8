"""The rate limit budgets of a connection; requests over a limit are held back. Nothing here waits."""

import random
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import requests
import structlog

from escalation_bridge.errors import Circumstances, RateLimited, StoreUnavailable
from escalation_bridge.plugin.http.budgets import (
    Budget,
    Limits,
    Reading,
    Scope,
    Standing,
    Urgency,
    present_urgency,
)

_log = structlog.get_logger(__name__)

_SPREAD = 5.0
"""Jitter: the maximum seconds over which waiting requests return."""
_VALIDITY = timedelta(seconds=60)
"""How long a reading is valid if its renewal time is unknown: vendors count by the minute."""
_LOAD_EVERY = timedelta(seconds=1)
"""How often budgets of other workers are loaded."""
_SHARE_EVERY = timedelta(seconds=5)
"""How often a decreasing budget is shared with them."""
_WORTH_SHARING = timedelta(seconds=2)
"""Shorter shortages are not shared or logged."""
_QUIET = timedelta(minutes=10)
"""An admin is notified once in this time, not in each of the vendor's minutes."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A request that may not be sent yet.

    Attributes:
        is_over: The budget is used up; otherwise the rest is reserved for more urgent requests.
    """

    scope: Scope
    seconds: float
    is_over: bool


class Board(Protocol):
    """Shares a connection's budgets between the worker processes of one bridge."""

    def load(self, now: datetime) -> Sequence[Budget]:
        """The budgets that are still valid."""

    def save(self, budgets: Sequence[Budget], now: datetime) -> None:
        """Share budgets with the other workers."""


class Budgets:
    """The budgets of one connection; thread-safe, and shared with other processes by a board.

    A reading is valid until the budget renews, less the requests sent since. A failing board stops nothing: the
    vendor itself refuses what is too much.

    Args:
        board: Shares budgets with other processes; None: there are none.
    """

    def __init__(self, board: Board | None = None) -> None:
        self._board = board
        self._lock = threading.Lock()
        self._known: dict[str, Budget] = {}
        self._sent: dict[tuple[str, float], deque[datetime]] = {}
        self._looked_at: datetime | None = None
        self._shared: dict[str, tuple[Standing, datetime | None, datetime]] = {}
        self._announced: dict[str, tuple[Standing, datetime]] = {}

    def take(self, scopes: Sequence[Scope], urgency: Urgency, now: datetime) -> Wait | None:
        """Consume the budget of a request.

        Returns:
            The longest wait; then nothing was consumed. None: it may be sent.
        """
        self._look(now)
        with self._lock:
            waits = [wait for scope in scopes for wait in self._waits(scope, urgency, now)]
            if waits:
                return max(waits, key=lambda wait: wait.seconds)
            for scope in scopes:
                known = self._known.get(scope.name)
                if known is not None and known.left is not None:
                    self._known[scope.name] = replace(known, left=known.left - scope.cost)
                for _, seconds in scope.windows:
                    self._sent.setdefault((scope.name, seconds), deque()).append(now)
        return None

    def note(self, readings: Iterable[Reading], now: datetime) -> tuple[Budget, ...]:
        """Store the readings of an answer.

        Returns:
            The budgets to report to an admin now.
        """
        with self._lock:
            changed = [self._read(reading, now) for reading in readings]
        return self._spread(changed, now)

    def close(self, scope: str, seconds: float, now: datetime) -> tuple[Budget, ...]:
        """Close a scope after a refusal, for some seconds; an earlier closing is not shortened.

        Returns:
            As `note`.
        """
        until = now + timedelta(seconds=seconds)
        with self._lock:
            known = self._known.get(scope) or Budget(scope, now)
            until = max(until, known.closed_until or until)
            changed = self._known[scope] = replace(known, closed_until=until, noted_at=now)
        return self._spread([changed], now)

    def standing(self, now: datetime) -> tuple[Budget, ...]:
        """The budgets that are low or used up."""
        self._look(now)
        with self._lock:
            return tuple(each for each in self._known.values() if each.standing(now) > Standing.AMPLE)

    def forget(self) -> None:
        """Reset everything: for tests that do not want to wait."""
        with self._lock:
            self._known.clear()
            self._sent.clear()

    def _waits(self, scope: Scope, urgency: Urgency, now: datetime) -> Iterator[Wait]:
        known = self._known.get(scope.name)
        if known is not None and (seconds := known.wait(urgency, scope.cost, now)) > 0:
            yield Wait(scope, seconds, is_over=known.wait(Urgency.PROMISE, scope.cost, now) > 0)
        for most, window in scope.windows:
            sent = self._sent.get((scope.name, window), deque())
            _drop_before(sent, now - timedelta(seconds=window))
            if len(sent) >= most:
                yield Wait(scope, (sent[0] - now).total_seconds() + window, is_over=True)

    def _read(self, reading: Reading, now: datetime) -> Budget:
        known = self._known.get(reading.scope) or Budget(reading.scope, now)
        if reading.renews_in is not None:
            renews_at = now + timedelta(seconds=reading.renews_in)
        elif known.renews_at is not None and known.renews_at > now and not _was_renewed(known, reading):
            renews_at = known.renews_at  # still the turn whose beginning was seen
        else:
            renews_at = now + _VALIDITY
        read = replace(known, left=reading.left, total=reading.total, renews_at=renews_at, noted_at=now)
        self._known[reading.scope] = read
        return read

    # --- other processes, and the admin -----------------------------------------------------------------------------

    def _look(self, now: datetime) -> None:
        with self._lock:
            if self._looked_at is not None and timedelta() <= now - self._looked_at < _LOAD_EVERY:
                return
            self._looked_at = now
            self._tidy(now)
        if self._board is None:
            return
        try:
            shared = self._board.load(now)
        except StoreUnavailable as error:
            _log.warning("budgets.not_read", error=str(error))
            return
        with self._lock:
            for budget in shared:
                known = self._known.get(budget.scope, budget)
                newest = max(known, budget, key=lambda each: each.noted_at)
                until = max(
                    (each.closed_until for each in (known, budget) if each.closed_until), default=None
                )
                self._known[budget.scope] = replace(newest, closed_until=until)

    def _spread(self, changed: Sequence[Budget], now: datetime) -> tuple[Budget, ...]:
        lasting = [budget for budget in changed if budget.ends() - now > _WORTH_SHARING]
        with self._lock:
            to_share = [budget for budget in lasting if self._is_news(budget, now)]
            to_announce = tuple(budget for budget in lasting if self._is_worse(budget, now))
        if self._board is not None and to_share:
            try:
                self._board.save(to_share, now)
            except StoreUnavailable as error:
                _log.warning("budgets.not_told", error=str(error))
        return to_announce

    def _is_news(self, budget: Budget, now: datetime) -> bool:
        """Whether to share it with other processes: a database commit for each request would be too many."""
        standing, closed = budget.standing(now), budget.closed_until
        before, closed_before, at = self._shared.get(budget.scope, (Standing.AMPLE, None, now))
        is_same = standing is before and closed == closed_before
        if is_same and (standing is Standing.AMPLE or now - at < _SHARE_EVERY):
            return False
        self._shared[budget.scope] = standing, closed, now
        return True

    def _is_worse(self, budget: Budget, now: datetime) -> bool:
        """Whether to report it to an admin."""
        standing = budget.standing(now)
        before, at = self._announced.get(budget.scope, (Standing.AMPLE, now))
        if standing is Standing.AMPLE or (standing <= before and now - at < _QUIET):
            return False
        self._announced[budget.scope] = standing, now
        return True

    def _tidy(self, now: datetime) -> None:
        """Delete expired budgets: there are as many scopes as tickets."""
        self._known = {name: each for name, each in self._known.items() if each.ends() > now}
        for (_, seconds), sent in self._sent.items():
            _drop_before(sent, now - timedelta(seconds=seconds))
        self._sent = {key: sent for key, sent in self._sent.items() if sent}
        self._shared = {scope: sent for scope, sent in self._shared.items() if now - sent[-1] <= _QUIET}
        self._announced = {scope: sent for scope, sent in self._announced.items() if now - sent[-1] <= _QUIET}


def _renewing(reading: Reading, seconds: float) -> Reading:
    return reading if reading.renews_in is not None else replace(reading, renews_in=seconds)


def _drop_before(sent: deque[datetime], then: datetime) -> None:
    while sent and sent[0] <= then:
        sent.popleft()


def _was_renewed(known: Budget, reading: Reading) -> bool:
    """Whether much more is left than before: the budget was renewed. A little more means that answers overtook each
    other.
    """
    return known.left is None or reading.left - known.left > 0.1 * (reading.total or 0.0) + 1.0


@dataclass(frozen=True)
class Meter:
    """What a transport calls before each request and after each answer.

    Attributes:
        connection: The connection's name, for errors and logs.
        budgets: The connection's own.
        now: The wall clock.
        limits: The vendor's rate limits.
    """

    connection: str
    budgets: Budgets
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)

    def admit(self, operation: str, method: str, url: str, params: Mapping[str, object]) -> None:
        """Consume the budget of a request.

        Raises:
            RateLimited: There is not enough. The request must not be sent: it would be refused and counted.
        """
        scopes = self.limits.scopes(method.upper(), urlsplit(url).path, params)
        wait = self.budgets.take(scopes, present_urgency(), self.now())
        if wait is None:
            return
        why = "the vendor takes no more for now" if wait.is_over else "what is left is kept for promises"
        # Jitter, so that waiting requests do not return at the same instant.
        seconds = wait.seconds + random.uniform(0.0, min(_SPREAD, wait.seconds))  # noqa: S311 - spreading load, not hiding anything
        at = Circumstances(self.connection, operation, retry_after=seconds)
        raise RateLimited(f"{wait.scope.name}: {why}", at, advice=wait.scope.advice)

    def heed(self, method: str, url: str, response: requests.Response, refused_for: float | None) -> None:
        """Store the readings of an answer. `refused_for`: how many seconds it refuses further requests; None: it
        does not.
        """
        asked = method.upper(), urlsplit(url).path, response.headers
        readings = self.limits.readings(*asked)
        if refused_for is None:
            news = self.budgets.note(readings, self.now())
        else:
            closed = self.limits.closed(*asked)
            # The refusal contains the renewal time if nothing else does.
            updated = (_renewing(each, refused_for) if each.scope == closed else each for each in readings)
            news = self.budgets.note(updated, self.now()) + self.budgets.close(
                closed, refused_for, self.now()
            )
        for budget in news:
            self._announce(budget)

    def _announce(self, budget: Budget) -> None:
        event = "over" if budget.standing(self.now()) is Standing.OVER else "near"
        _log.warning(
            f"connection.{event}_limit",
            connection=self.connection,
            scope=budget.scope,
            left=budget.left,
            total=budget.total,
            until=budget.ends().isoformat(timespec="seconds"),
        )

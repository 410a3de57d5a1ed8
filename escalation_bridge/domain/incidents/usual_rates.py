"""How often tickets usually speak of something: what is unusual is measured against this."""

from bisect import bisect_left, insort
from collections import Counter, deque
from datetime import datetime, timedelta
from math import exp, log

from escalation_bridge.domain.incidents.subjects import CONCEPT, DISTRICT, TOPIC, WORD, usual_share

_STRENGTH_OF_CONCEPTS, _STRENGTH_OF_WORDS = 87.0, 22.0
"""How many tickets of its own a stream needs until they count as much as the first estimate."""
_HEAVIEST = 6.1
"""Seldom is seldom: two accidents do not prove more the less they were expected."""
_FACTORS = {WORD: 0.57, DISTRICT: 0.7, TOPIC: 0.79}
"""A word may be any word, a district comes with its city, and a topic is vague."""
_SCOPE, _FACTOR_OF_SCOPE = f"{CONCEPT}:everyone", 0.28
_PER_HOUR = 12.0
_FIRST_HOURS = 2.0
"""For this time the first estimate of the arrivals counts as much as the stream."""
_DAY = timedelta(hours=24)
_SETTLES_AFTER = timedelta(minutes=30)
"""What tickets speak of is usual only some time after: a wave that begins does not make itself usual."""


class UsualRates:
    """Counts of what tickets speak of, and of their arrivals; tickets of incidents are not among them.

    Attributes:
        tickets: How many tickets count.
        names: Subjects that were written as names; they say more than other words.
    """

    def __init__(self) -> None:
        self.tickets = 0
        self.names: set[str] = set()
        self._fresh: deque[tuple[datetime, frozenset[str]]] = deque()
        self._counts: Counter[str] = Counter()
        self._arrivals: list[datetime] = []
        self._first: datetime | None = None
        self._weights: dict[str, float] = {}

    def add(self, subjects: frozenset[str], at: datetime) -> None:
        """A ticket arrived; it counts later."""
        self._first = at if self._first is None else min(self._first, at)
        insort(self._arrivals, at)
        self._fresh.append((at, subjects))

    def remove(self, subjects: frozenset[str], at: datetime) -> None:
        """A ticket counts no longer: it belongs to an incident, or is too old."""
        position = bisect_left(self._arrivals, at)
        if position < len(self._arrivals) and self._arrivals[position] == at:
            del self._arrivals[position]
        if (at, subjects) in self._fresh:
            self._fresh.remove((at, subjects))
            return
        self.tickets -= 1
        self._counts.subtract(subjects)
        self._weights.clear()

    def proceed(self, now: datetime) -> None:
        """Time goes on: what arrived some time ago counts."""
        while self._fresh and now - self._fresh[0][0] > _SETTLES_AFTER:
            _, subjects = self._fresh.popleft()
            self.tickets += 1
            self._counts.update(subjects)
            self._weights.clear()

    def weight(self, subject: str) -> float:
        """How much it says that a ticket speaks of this: the negative logarithm of how many do."""
        found = self._weights.get(subject)
        if found is None:
            found = self._weights[subject] = self._weight(subject)
        return found

    def _weight(self, subject: str) -> float:
        kind = subject.partition(":")[0]
        strength = _STRENGTH_OF_CONCEPTS if kind in {CONCEPT, TOPIC} else _STRENGTH_OF_WORDS
        share = (self._counts[subject] + strength * usual_share(subject)) / (self.tickets + strength)
        factor = 1.0 if subject in self.names else _FACTORS.get(kind, 1.0)
        if subject == _SCOPE:
            factor = _FACTOR_OF_SCOPE
        return min(-log(min(share, 1.0)) * factor, _HEAVIEST)

    def per_hour(self, now: datetime) -> float:
        """How many tickets arrive in an hour, measured over the last day."""
        hours = 0.0 if self._first is None else max(0.0, min(now - self._first, _DAY) / timedelta(hours=1))
        lately = len(self._arrivals) - bisect_left(self._arrivals, now - _DAY)
        return (lately + _PER_HOUR * _FIRST_HOURS) / (hours + _FIRST_HOURS)


def unlikelihood(count: int, expected: float) -> float:
    """How unlikely it is to see so many where fewer are expected, as a power of ten: 4.0 is one in ten thousand.

    The arrivals of everyday tickets are taken for independent of each other (a Poisson distribution).
    """
    term = exp(-expected)
    for number in range(1, count + 1):
        term *= expected / number
    total, number = term, count
    while term > total * 1e-9:
        number += 1
        term *= expected / number
        total += term
    return -log(min(1.0, max(total, 1e-300))) / log(10)

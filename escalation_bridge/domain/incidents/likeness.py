"""How alike two tickets are, or a ticket and the tickets of an incident: the weight of what they both speak of."""

from collections import Counter
from collections.abc import Iterable

from escalation_bridge.domain.incidents.subjects import CONCEPT, PLACE, concepts_of
from escalation_bridge.domain.incidents.tables.topics import TOPICS_OF
from escalation_bridge.domain.incidents.usual_rates import UsualRates

_NEXT = 0.69
"""What is shared besides counts less and less: a parcel that is late is also one that was ordered."""
_ALONE = 0.75
"""Two tickets that share a single subject may be about anything of it."""
_OTHER_PLACE = 3.0
_OTHER_PLACE_THAN_ALL = 4.5
"""Taken off where both name a place, and not the same one."""
_NAMED_BY_MANY = 0.4
"""The share of an incident's tickets that has to name its place, so that another place speaks against it."""
_TYPICAL = 0.59
"""What this share of the tickets speaks of, and more, counts in full."""
_BY_CHANCE = 0.15
"""At most so much counts what a single ticket of several brought along."""
_SEVERAL = 3


def combined(weights: Iterable[float]) -> float:
    """The weights together, the heaviest first."""
    total, factor = 0.0, 1.0
    for weight in sorted(weights, reverse=True):
        total += weight * factor
        factor *= _NEXT
    return total


def likeness(one: frozenset[str], other: frozenset[str], rates: UsualRates) -> float:
    """How alike two tickets are; 0 and less is not at all."""
    shared = one & other
    if not shared:
        return 0.0
    weights = [rates.weight(subject) for subject in shared if not concepts_of(subject) & shared]
    found = combined(weights) if len(weights) > 1 else weights[0] * _ALONE
    places, others = _places(one), _places(other)
    return found - _OTHER_PLACE if places and others and not places & others else found


class Profile:
    """What the tickets of an incident speak of, and how many of them do."""

    def __init__(self, tickets: Iterable[frozenset[str]] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self._named: Counter[str] = Counter()
        self.tickets = 0
        for subjects in tickets:
            self.add(subjects)

    def add(self, subjects: frozenset[str]) -> None:
        """One more ticket."""
        self.counts.update(subjects)
        self._named.update(_places(subjects))
        self.tickets += 1

    def likeness(self, subjects: frozenset[str], rates: UsualRates, *, is_member: bool = False) -> float:
        """How alike a ticket is to the others. A member is compared without itself."""
        less = 1 if is_member else 0
        others = self.tickets - less
        if others <= 0:
            return 0.0
        weights: list[float] = []
        topics: list[tuple[str, float]] = []
        within: dict[str, float] = {}
        for subject in subjects:
            count = self.counts.get(subject, 0) - less
            if count <= 0:
                continue
            part = min(1.0, count / others / _TYPICAL)
            if count == 1 and self.tickets > _SEVERAL:
                part = min(part, _BY_CHANCE)
            weight = rates.weight(subject) * part
            kind, _, what = subject.partition(":")
            if concepts_of(subject):
                topics.append((what, weight))
                continue
            weights.append(weight)
            for topic in TOPICS_OF.get(what, ()) if kind == CONCEPT else ():
                within[topic] = max(within.get(topic, 0.0), weight)
        # What a concept says of its topic is not said twice.
        weights += [more for topic, weight in topics if (more := weight - within.get(topic, 0.0)) > 0]
        found = combined(weights)
        return found - _OTHER_PLACE_THAN_ALL if self._is_elsewhere(subjects) else found

    def _is_elsewhere(self, subjects: frozenset[str]) -> bool:
        if not self._named or max(self._named.values()) < self.tickets * _NAMED_BY_MANY:
            return False
        places = _places(subjects)
        return bool(places) and not places & self._named.keys()


def _places(subjects: frozenset[str]) -> frozenset[str]:
    return frozenset(subject for subject in subjects if subject.startswith(PLACE))

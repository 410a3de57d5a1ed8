"""How well the rules find what people labelled: precision, recall, F by kind, and how many traps they fall into."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.domain.triage.assess import Report, RuleBook
from escalation_bridge.domain.triage.rules import EMERGENCIES, Kind

Labelled = tuple[Report, str, bool]


@dataclass(frozen=True, slots=True)
class Quality:
    """What the rules made of labelled texts.

    Attributes:
        pairs: By the label and what the rules found, how many.
        traps: How many texts only look like another severity than theirs.
        fallen_for: How many of these got the wrong severity.
    """

    pairs: Mapping[tuple[str, str], int]
    traps: int
    fallen_for: int

    KINDS: ClassVar[tuple[str, ...]] = tuple(map(str, Kind))

    @property
    def texts(self) -> int:
        return sum(self.pairs.values())

    def _count(self, *, label: bool | None, found: bool | None) -> int:
        return sum(
            count
            for (kind, other), count in self.pairs.items()
            if label in (None, kind in EMERGENCIES) and found in (None, other in EMERGENCIES)
        )

    @property
    def precision(self) -> float:
        return _share(self._count(label=True, found=True), self._count(label=None, found=True))

    @property
    def recall(self) -> float:
        return _share(self._count(label=True, found=True), self._count(label=True, found=None))

    def f_of(self, kind: str) -> float:
        """The harmonic mean of precision and recall of a kind."""
        labels = sum(count for (label, _), count in self.pairs.items() if label == kind)
        found = sum(count for (_, other), count in self.pairs.items() if other == kind)
        return _share(2 * self.pairs.get((kind, kind), 0), labels + found)

    def as_dict(self) -> dict[str, object]:
        """All figures as plain values."""
        return {
            "texts": self.texts,
            "precision": round(self.precision, 3),
            "recall": round(self.recall, 3),
            "f": {kind: round(self.f_of(kind), 3) for kind in self.KINDS},
            "traps": self.traps,
            "traps_wrong": self.fallen_for,
        }


def measure(book: RuleBook, labelled: Sequence[Labelled]) -> Quality:
    """Compare labels with what the rules find."""
    pairs = Counter[tuple[str, str]]()
    fallen_for = 0
    for report, label, trap in labelled:
        found = book.assess(report)
        pairs[label, str(found.kind)] += 1
        fallen_for += trap and (found.severity is Severity.EMERGENCY) != (label in EMERGENCIES)
    return Quality(pairs, sum(trap for _, _, trap in labelled), fallen_for)


def quality_lines(quality: Quality) -> Iterator[str]:
    """The figures for people."""
    yield f"{quality.texts} texts; emergency or not: precision {quality.precision:.2f}, recall {quality.recall:.2f}"
    for kind in Quality.KINDS:
        labels = sum(count for (label, _), count in quality.pairs.items() if label == kind)
        yield f"  {kind:<11} F {quality.f_of(kind):.2f}  ({labels} texts)"
    yield f"traps: {quality.fallen_for} of {quality.traps} wrong"


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0

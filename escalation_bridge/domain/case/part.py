"""What a rule contributes to a decision."""

from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case.cases import FiredStep, Link, TimelineEntry
from escalation_bridge.domain.case.write_records import KeyedIntent


@dataclass(frozen=True, slots=True)
class Part:
    """A rule's contribution; parts are added up in the order of the rules.

    Attributes:
        withdrawn: Keys of writes that have not been sent and are no longer wanted.
        retried: Keys of failed writes that get another chance.
        wake_at: Instants at which this rule would decide differently although nothing happened.
    """

    intents: tuple[KeyedIntent, ...] = ()
    links: tuple[Link, ...] = ()
    fired: tuple[FiredStep, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    withdrawn: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    wake_at: tuple[datetime, ...] = ()

    def __add__(self, other: "Part") -> "Part":
        return Part(
            self.intents + other.intents,
            self.links + other.links,
            self.fired + other.fired,
            self.timeline + other.timeline,
            self.withdrawn + other.withdrawn,
            self.retried + other.retried,
            self.wake_at + other.wake_at,
        )


NOTHING = Part()

"""What a rule contributes to a decision."""

from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case.cases import FiredStep, Link, TimelineEntry
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Part:
    """A rule's contribution; parts are added up in the order of the rules.

    Attributes:
        withdrawn: Keys of writes that have not been sent and are no longer wanted.
        retried: Keys of failed writes that get another chance.
        wake_at: Instants at which this rule would decide differently although nothing happened.
        revised: Writes of steps that waited, with what they say now and when they may go.
        frozen: Keys of writes of steps that must not go now, and may later.
        rests_on: The tickets that have to be fresh for it, for it cannot be taken back.
    """

    intents: tuple[KeyedIntent, ...] = ()
    links: tuple[Link, ...] = ()
    fired: tuple[FiredStep, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    withdrawn: tuple[str, ...] = ()
    retried: tuple[str, ...] = ()
    wake_at: tuple[datetime, ...] = ()
    revised: tuple[KeyedIntent, ...] = ()
    frozen: frozenset[str] = frozenset()
    rests_on: frozenset[TicketRef] = frozenset()

    def __add__(self, other: "Part") -> "Part":
        return Part(
            self.intents + other.intents,
            self.links + other.links,
            self.fired + other.fired,
            self.timeline + other.timeline,
            self.withdrawn + other.withdrawn,
            self.retried + other.retried,
            self.wake_at + other.wake_at,
            self.revised + other.revised,
            self.frozen | other.frozen,
            self.rests_on | other.rests_on,
        )


NOTHING = Part()

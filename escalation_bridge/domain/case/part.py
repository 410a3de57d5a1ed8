"""The contribution of a rule to a decision."""

from dataclasses import dataclass
from datetime import datetime

from escalation_bridge.domain.case.cases import FiredStep, Link, TimelineEntry
from escalation_bridge.domain.case.escalations import Escalation, merged
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.sla.events import TicketEvent
from escalation_bridge.domain.teams.absence import Absence
from escalation_bridge.domain.tickets.classification import Correction
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Part:
    """A rule's contribution; parts are merged in the order of the rules.

    Attributes:
        withdrawn: Keys of unsent writes that are no longer wanted.
        retried: Keys of failed writes that are retried.
        wake_at: Instants at which this rule would decide differently without news.
        revised: Writes of waiting steps, with new texts and times.
        frozen: Keys of writes of steps that must wait.
        rests_on: The tickets that must be fresh for it, because it cannot be undone.
        happened: New events of the ticket's history.
        escalations: The escalations that change.
        absences: Who is away, or back.
        assigns: Whether it chooses somebody by what everybody has.
        corrections: Severities that people determined; the last one counts.
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
    happened: tuple[TicketEvent, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    absences: tuple[Absence, ...] = ()
    assigns: bool = False
    corrections: tuple[Correction, ...] = ()

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
            self.happened + other.happened,
            merged(self.escalations, other.escalations),
            self.absences + other.absences,
            self.assigns or other.assigns,
            self.corrections + other.corrections,
        )


NOTHING = Part()

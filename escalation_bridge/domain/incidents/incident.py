"""What is known of tickets and incidents while waves are looked for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from escalation_bridge.domain.incidents.likeness import Profile
from escalation_bridge.domain.incidents.subjects import Reading


@dataclass(frozen=True, slots=True)
class Settings:
    """When similar tickets are one incident.

    Attributes:
        min_tickets: Fewer never are.
        window: Tickets that are further apart do not raise an incident together.
        quiet: An incident without a new ticket for this long takes none any more.
        unlikely: How unlikely it has to be that everyday tickets look like this, as a power of ten.
    """

    min_tickets: int = 3
    window: timedelta = timedelta(hours=5.7)
    quiet: timedelta = timedelta(hours=6)
    unlikely: float = 3.6


class Why(StrEnum):
    """Why a ticket belongs to an incident, or to none."""

    RAISED = "raised"
    ALIKE = "alike"
    TOO_FEW = "too_few"
    USUAL = "usual"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Reason:
    """The facts behind a finding.

    Attributes:
        shared: What the ticket has in common with the others, in its own words.
        tickets: How many tickets are alike, this one included.
        span: From the first of them to the last.
        expected: How many everyday tickets would look like this in that time.
    """

    why: Why
    shared: tuple[str, ...] = ()
    tickets: int = 1
    span: timedelta = timedelta(0)
    expected: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What the arrival of a ticket means.

    Attributes:
        incident: The incident that it belongs to; None for none.
        raised: It is the ticket by which the incident was noticed.
        joined: Earlier tickets that belong to the incident from now on.
    """

    ticket: str
    incident: str | None
    raised: bool
    joined: tuple[str, ...]
    reason: Reason


@dataclass(slots=True, eq=False)
class Ticket:
    """A ticket that arrived.

    Attributes:
        incident: The incident that it belongs to; None for none.
        kept_out: A person took it out of an incident; it is not put into another by itself.
    """

    id: str
    at: datetime
    reading: Reading
    incident: str | None = None
    kept_out: bool = False

    @property
    def subjects(self) -> frozenset[str]:
        """What it speaks of."""
        return self.reading.subjects


@dataclass(slots=True, eq=False)
class Incident:
    """Tickets about one thing.

    Attributes:
        threshold: How alike a ticket has to be to join.
        gap: Usual time between two of its tickets.
        ended: It takes no more tickets.
    """

    id: str
    threshold: float = 0.0
    gap: timedelta = timedelta(minutes=30)
    ended: bool = False
    members: list[Ticket] = field(default_factory=list)
    profile: Profile = field(default_factory=Profile)

    @property
    def last_at(self) -> datetime:
        """When its newest ticket arrived."""
        return max(ticket.at for ticket in self.members)

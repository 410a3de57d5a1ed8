"""The incident that a case belongs to, as its decisions know it, and the rules for incidents."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from escalation_bridge.domain.incidents.incident import Settings
from escalation_bridge.domain.tickets.classification import Classification, raised
from escalation_bridge.domain.tickets.tickets import Severity, TicketRef

if TYPE_CHECKING:
    from escalation_bridge.domain.case.cases import CaseView

MANY_CUSTOMERS = "many customers report the same"
"""The reason of a severity; a word of the message catalogues."""


@dataclass(frozen=True, slots=True)
class IncidentRules:
    """The configuration of incidents.

    Attributes:
        routes: Along which routes an incident is escalated: one for each connection, all to the same other one.
        emergency_customers: An incident of so many customers is an emergency; None: no number makes it one.
        settings: When similar tickets are an incident.
    """

    routes: tuple[str, ...] = ()
    emergency_customers: int | None = None
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class CaseIncident:
    """The incident that a case's ticket belongs to.

    Attributes:
        id: Its number.
        time: The how manieth time the ticket belongs to an incident; a person may take it out and put it in again.
        shared: What its ticket has in common with the others, in its own words.
        alike: How many tickets were alike then.
        by: Who put it in; empty: the bridge.
        subject: What the incident is about, in words of its tickets.
        raised_at: When it was raised.
        tickets: How many tickets it has.
        customers: How many customers wrote them.
        places: What places they name, the most frequent first.
        leads: Whether this case escalates it and writes about it for all its tickets.
        linked: Its linked ticket; None: there is none yet.
        emergency: Whether it touches so many customers that it is an emergency.
        ended_at: When it ended; None: it goes on.
        ended_by: Who ended it; empty: its linked ticket was done.
        review: Its review, as `Review.choice`; None: there is none yet.
        speaks: Whether its customer is informed in this ticket: one of the tickets that a customer has in it is enough.
        informed: The occasions of which its customer was informed in another one of these tickets.
    """

    id: int
    time: int
    shared: tuple[str, ...]
    alike: int
    by: str
    subject: str
    raised_at: datetime
    tickets: int
    customers: int
    places: tuple[str, ...] = ()
    leads: bool = False
    linked: TicketRef | None = None
    emergency: bool = False
    ended_at: datetime | None = None
    ended_by: str = ""
    review: tuple[str, ...] | None = None
    speaks: bool = True
    informed: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its number as people write it."""
        return f"I-{self.id}"


def raised_occasion(incident: int) -> str:
    """The occasion that an incident was raised, of which its customers are informed."""
    return f"I-{incident} raised"


def over_occasion(incident: int) -> str:
    """The occasion that it is over."""
    return f"I-{incident} over"


_FIRST_STEP = 5


def growth(tickets: int) -> int:
    """How often the number of an incident's tickets has doubled, from five on: its size is reported then, and not for each ticket."""
    step, least = 0, _FIRST_STEP
    while tickets >= least:
        step, least = step + 1, least * 2
    return step


def with_incident(view: "CaseView", incident: CaseIncident | None) -> "CaseView":
    """The case with its incident, which may make it an emergency, unless a person determined its severity."""
    grave = Classification(Severity.EMERGENCY, "disruption", MANY_CUSTOMERS)
    found = raised(view.classification, grave) if incident is not None and incident.emergency else None
    return replace(view, incident=incident, classification=found or view.classification)

"""How a policy keeps customers informed while their tickets are escalated: settings, no decisions."""

from dataclasses import dataclass
from enum import StrEnum

from escalation_bridge.domain.tickets.conditions import Condition


class Sending(StrEnum):
    """OFF: customers get no updates. DRAFT: agents find them as internal notes. SENT: they are public comments."""

    OFF = "off"
    DRAFT = "draft"
    SENT = "sent"


class Occasion(StrEnum):
    """Why a customer gets an update; the first one in this order that applies decides how it begins.

    DONE: the ticket is solved. INCIDENT: an incident was raised, or is over. ESCALATED: another team has the request. PROGRESS: work on
    it has begun or ended, there is a question, it was taken up again. MISSED: the expected time has passed. DUE: the expected time is
    another one. SILENCE: nothing was heard for a while.
    """

    DONE = "done"
    INCIDENT = "incident"
    ESCALATED = "escalated"
    PROGRESS = "progress"
    MISSED = "missed"
    DUE = "due"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class CustomerUpdates:
    """What the customers of a policy's tickets are informed of.

    Attributes:
        every_seconds: The longest working time without a word while an escalation is open; None: there is no limit.
        quiet_seconds: How long nothing is sent after an agent's public comment.
        nights: Whether updates are sent at any hour; otherwise by day at the customer's, and in the policy's working hours.
        opt_out: Tickets whose customers want none; None: all want them.
        timezone: The time zone of customers whose own is unknown; None: the calendar's.
    """

    mode: Sending
    occasions: frozenset[Occasion] = frozenset(Occasion)
    every_seconds: int | None = None
    quiet_seconds: int = 30 * 60
    nights: bool = False
    opt_out: Condition | None = None
    timezone: str | None = None

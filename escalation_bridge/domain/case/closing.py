"""When solved tickets are closed: the rule for a connection."""

from dataclasses import dataclass
from datetime import timedelta

from escalation_bridge.domain.tickets.tickets import Visibility

CLOSE_SOLVED = "close_solved"
"""The name of the rule, by which its writes are counted."""


@dataclass(frozen=True, slots=True)
class ClosingRule:
    """How a connection's solved tickets are closed.

    Attributes:
        after: How long after they were solved.
        notice: How long before a notice is written; zero: no notice.
        visibility: Who reads the notice: the customer, or agents alone.
        status: The status to set, by its id, name or kind; None: the helpdesk closes its tickets itself, so that only the notice is
            written.
        hourly_cap: The maximum number of notices and closings per hour, over all cases.
    """

    after: timedelta
    notice: timedelta
    visibility: Visibility = Visibility.PUBLIC
    status: str | None = "closed"
    hourly_cap: int = 100

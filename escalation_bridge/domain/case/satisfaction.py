"""How customers of escalated cases are asked whether they are satisfied: the rule for a connection."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SATISFACTION = "satisfaction"
"""The name of the rule."""
RATE = "rate"
"""The page of the receiver on which a customer answers."""


class Survey(StrEnum):
    """Whose survey it is.

    HELPDESK: the helpdesk sends its own, and only its answer is read. LINK: the bridge writes a link to a page of the receiver.
    """

    HELPDESK = "helpdesk"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class SatisfactionRule:
    """How a connection's customers are asked.

    Attributes:
        after: How long after the escalation ended, if the ticket is still solved then.
        valid_for: For how long the link works, or the helpdesk's answer is read.
    """

    survey: Survey
    after: timedelta = timedelta(hours=1)
    valid_for: timedelta = timedelta(days=14)

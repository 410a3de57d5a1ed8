"""How satisfied a customer says to be with the handling of a ticket."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a customer answers, whatever the scale."""

    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """An answer to a survey.

    Attributes:
        score: The answer on the survey's own scale, as people read it: "good", "103", "4".
        comment: What the customer wrote with it; empty: nothing.
        at: When it was given; None if the vendor does not show it.
    """

    verdict: Verdict
    score: str
    comment: str = ""
    at: datetime | None = None

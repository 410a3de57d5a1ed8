"""Who is away, until when."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away; a later one of the same person replaces it.

    Attributes:
        person: The e-mail address.
        until: The end; in the past: back already.
        at: When it was recorded.
    """

    person: str
    until: datetime
    at: datetime

"""Whether a notice tells a recipient what another one does: one thing is one notice, whatever the number of causes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge.domain.notices.notice import Notice

_SAME_MOMENT = timedelta(minutes=1)
"""What several rules have to say about a case within this time is one thing to a person."""
SAME_INCIDENT = timedelta(hours=12)
"""So is what is said about an incident within this time, whatever its cases."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A notice that the same recipient got.

    Attributes:
        thing: What it was about.
        page: Whether it paged.
    """

    thing: str
    page: bool
    created_at: datetime


def is_reported(notice: Notice, others: Collection[Reported]) -> bool:
    """Whether one of the others makes a notice superfluous. Nothing does that for a page but another page about an incident."""
    if notice.sent:
        return False
    since = until = notice.created_at
    if notice.about.incident:
        since -= SAME_INCIDENT
    elif notice.page:
        return False
    else:
        since, until = since - _SAME_MOMENT, until + _SAME_MOMENT
    return any(
        other.thing == notice.thing and since <= other.created_at <= until and (other.page or not notice.page)
        for other in others
    )

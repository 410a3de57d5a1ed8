"""The customer's feedback on a request of Jira Service Management."""

from escalation_bridge.plugin import (
    Intercepted,
    Satisfaction,
    TicketNotFound,
    Verdict,
)
from escalation_bridge_jira.site.desk import Desk

_NOT_FOUND = 404
_NEUTRAL = 3
"""Of 1 to 5."""


def satisfaction(desk: Desk, ticket_id: str) -> tuple[Satisfaction, ...]:
    """The feedback; empty for other issues and where there is none. Jira shows no time of it."""
    try:
        answer = desk.jira.service_desk(f"/request/{ticket_id}/feedback")
    except TicketNotFound:
        return ()  # no request of a service project, or Jira without Service Management
    except Intercepted as page:
        # Data Center without Service Management has a page for paths that it does not know.
        if page.at.status == _NOT_FOUND and not desk.settings.cloud:
            return ()
        raise
    rating = (answer / "rating").maybe_number()
    if not rating:
        return ()
    comment = (answer / "comment" / "body").maybe_text() or ""
    return (Satisfaction(_verdict(rating), str(rating), comment),)


def _verdict(rating: int) -> Verdict:
    if rating == _NEUTRAL:
        return Verdict.NEUTRAL
    return Verdict.GOOD if rating > _NEUTRAL else Verdict.BAD

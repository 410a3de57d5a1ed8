"""The search index, which lags behind the tickets: "updates will take a few minutes to get indexed"."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from escalation_bridge_sandbox.freshdesk.state.records import Ticket

Document = dict[str, object]


class SearchIndex:
    """Tickets as the search sees them: each state becomes visible only after the lag."""

    def __init__(self, lag: timedelta, clock: Callable[[], datetime]) -> None:
        self.lag = lag
        self._clock = clock
        self._visible: dict[int, Document] = {}
        self._coming: list[tuple[datetime, int, Document]] = []

    def put(self, ticket: Ticket) -> None:
        """Take a ticket's present state; it is found after the lag."""
        self._coming.append((self._clock() + self.lag, ticket.id, ticket_document(ticket)))

    def documents(self) -> dict[int, Document]:
        """What can be found at present, by ticket."""
        now = self._clock()
        waiting = []
        for visible_at, ticket_id, document in self._coming:
            if visible_at <= now:
                self._visible[ticket_id] = document
            else:
                waiting.append((visible_at, ticket_id, document))
        self._coming = waiting
        return {number: document for number, document in self._visible.items() if document["listed"]}


def ticket_document(ticket: Ticket) -> Document:
    """What of a ticket can be searched; dates are days, as the search knows no times."""
    dues = ticket.sla.shown
    return {
        "listed": ticket.listed,
        "agent_id": ticket.responder_id,
        "group_id": ticket.group_id,
        "priority": ticket.priority,
        "status": ticket.status,
        "tag": list(ticket.tags),
        "type": ticket.type,
        "due_by": _day(dues.due_by if dues else None),
        "fr_due_by": _day(dues.fr_due_by if dues else None),
        "created_at": _day(ticket.created_at),
        "updated_at": _day(ticket.updated_at),
        **ticket.custom_fields,
    }


def _day(instant: datetime | None) -> date | None:
    return None if instant is None else instant.date()

"""The search index: it learns of changes later than the tickets themselves."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.zendesk.state.records import Ticket
from escalation_bridge_sandbox.zendesk.state.settings import ZendeskSettings


@dataclass(frozen=True)
class IndexedTicket:
    """A ticket as it was when the index learned of it, and the text that is searched."""

    ticket: Ticket
    text: str


class SearchIndex:
    """The tickets, as they were `search_lag_seconds` ago."""

    def __init__(self, clock: SandboxClock, settings: ZendeskSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._known: dict[int, IndexedTicket] = {}
        self._pending: deque[tuple[datetime, int, IndexedTicket | None]] = deque()

    def note(self, ticket: Ticket, *, is_gone: bool) -> None:
        """Learn of a change, after the lag."""
        found = None if is_gone else _indexed(ticket)
        lag = timedelta(seconds=self._settings.search_lag_seconds)
        self._pending.append((self._clock.now() + lag, ticket.id, found))

    def tickets(self) -> list[IndexedTicket]:
        """What the index knows by now."""
        now = self._clock.now()
        while self._pending and self._pending[0][0] <= now:
            _, ticket_id, found = self._pending.popleft()
            if found is None:
                self._known.pop(ticket_id, None)
            else:
                self._known[ticket_id] = found
        return list(self._known.values())


def _indexed(ticket: Ticket) -> IndexedTicket:
    frozen = replace(ticket, tags=list(ticket.tags), custom_fields=dict(ticket.custom_fields))
    words = [ticket.subject or "", *(comment.plain_body for comment in ticket.comments)]
    return IndexedTicket(frozen, "\n".join(words).lower())

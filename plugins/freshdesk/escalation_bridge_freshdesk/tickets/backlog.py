"""Open tickets for a backfill: the list of all tickets, oldest change first."""

from dataclasses import dataclass
from datetime import UTC, datetime

from escalation_bridge.plugin import (
    OpenTickets,
    Rejected,
)
from escalation_bridge_freshdesk.account import Account
from escalation_bridge_freshdesk.http.api import LAST_PAGE
from escalation_bridge_freshdesk.http.client import FreshdeskClient

_OPERATION = "open_tickets"
_LONGEST_QUERY = 512


@dataclass(frozen=True)
class Backlog:
    """Reads the open tickets of one account.

    Freshdesk's search by status ends at 300 results; so all tickets are listed, and
    finished ones are skipped. The list is sorted by the time of change, and a page begins where the previous one ended: a ticket that
    changes meanwhile moves to the end, and no other one is skipped because of it.
    """

    client: FreshdeskClient
    account: Account

    def page(self, cursor: str | None) -> OpenTickets:
        """The next page; the first one includes their number, if the search has it."""
        since, number = self._place(cursor)
        rows, more = self.client.list_changed_tickets(
            datetime.fromtimestamp(since, UTC), None, number, _OPERATION
        )
        ids = tuple(str(raw.id) for raw in rows if not self.account.status(raw.status).kind.done)
        total = self._count() if cursor is None else None
        if not more or not rows:
            return OpenTickets(ids, None, total)
        # A second earlier: whether the list begins at `updated_since` or just after it is not documented.
        last = int((rows[-1].updated_at or rows[-1].created_at).timestamp()) - 1
        if last > since:
            return OpenTickets(ids, f"{last}:1", total)
        if number < LAST_PAGE:
            return OpenTickets(ids, f"{since}:{number + 1}", total)
        return OpenTickets(ids, f"{since + 1}:1", total)

    def _place(self, cursor: str | None) -> tuple[int, int]:
        if cursor is None:
            return 0, 1
        since, _, number = cursor.partition(":")
        if not (since.isdecimal() and number.isdecimal() and 1 <= int(number) <= LAST_PAGE):
            self.client.transport.refuse(
                Rejected, _OPERATION, "the cursor is not one of Freshdesk's: begin again"
            )
        return int(since), int(number)

    def _count(self) -> int | None:
        codes = [status.id for status in self.account.statuses() if not status.kind.done]
        query = " OR ".join(f"status:{code}" for code in codes)
        return self.client.count_tickets(query) if codes and len(query) < _LONGEST_QUERY else None

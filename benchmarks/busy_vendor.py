"""A vendor for `beside_worker.py`: its tickets are there as soon as they are asked for, and change all the time.

A ticket's id says when its first response is due, as seconds since 1970: `<due>-<number>`. Each call takes
`BENCHMARK_VENDOR_MS` milliseconds. Each note is written to the file `BENCHMARK_NOTES` with the moment at which it came.
"""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from escalation_bridge.domain.tickets.tickets import Comment, CommentDraft, Ticket, TicketRef
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.testing.memory import MemoryHelpdesk

TARGET_SECONDS = 3600


class BusyHelpdesk(MemoryHelpdesk):
    """Every ticket exists, and was changed a moment ago."""

    vendor: ClassVar[str] = "busy"
    title: ClassVar[str] = "Busy"

    @hookimpl
    def fetch_ticket(self, ticket_id: str) -> Ticket:
        self._take_time()
        with self._lock:
            if ticket_id not in self.tickets:
                opened = self.tickets.pop(self.customer_writes("Printer on fire", "It burns."))
                due = int(ticket_id.partition("-")[0])
                self.tickets[ticket_id] = replace(
                    opened,
                    ref=TicketRef(self.name, ticket_id),
                    key=ticket_id,
                    created_at=datetime.fromtimestamp(due - TARGET_SECONDS, UTC),
                )
            self.tickets[ticket_id] = replace(self.tickets[ticket_id], updated_at=datetime.now(UTC))
            return self.tickets[ticket_id]

    @hookimpl
    def fetch_comments(self, ticket_id: str, after: str | None) -> tuple[Comment, ...]:
        self._take_time()
        return super().fetch_comments(ticket_id, after)

    @hookimpl
    def add_comment(self, ticket_id: str, comment: CommentDraft, key: str) -> Comment:
        self._take_time()
        with Path(os.environ["BENCHMARK_NOTES"]).open("a") as notes:
            notes.write(f"{ticket_id} {time.time()}\n")
        return super().add_comment(ticket_id, comment, key)

    @staticmethod
    def _take_time() -> None:
        time.sleep(float(os.environ["BENCHMARK_VENDOR_MS"]) / 1000)

"""The list of a ticket's conversations; long lists are not read from their beginning each time."""

import threading
from collections import OrderedDict
from itertools import pairwise

from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import ConversationShape

_MOST_TICKETS = 500


class Listing:
    """The cache of an account's lists. Thread-safe.

    Freshdesk lists the oldest first, by pages, and cannot start in the middle. For lists of several pages the first conversation of each
    page is stored: if a page still begins with it, no earlier conversation was deleted, and the following ones are complete.
    """

    def __init__(self, client: FreshdeskClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        # By ticket: with which conversation each page begins, from the first on.
        self._begins: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def is_long(self, ticket_id: str) -> bool:
        """Whether the list had more than one page."""
        with self._lock:
            return ticket_id in self._begins

    def from_(self, ticket_id: str, after: str | None) -> tuple[ConversationShape, ...]:
        """The conversations, oldest first: all, or at least all after a known one."""
        with self._lock:
            begins = self._begins.get(ticket_id, ())
        start = _page_of(after, begins)
        if start > 1:
            found = self._read(ticket_id, begins[: start - 1], start)
            if found and found[0].id == begins[start - 1]:
                return found
        return self._read(ticket_id, (), 1)

    def _read(self, ticket_id: str, begins: tuple[int, ...], start: int) -> tuple[ConversationShape, ...]:
        found: list[ConversationShape] = []
        for page in self._client.pages_of_conversations(ticket_id, start):
            found += page
            begins += tuple(entry.id for entry in page[:1])
        with self._lock:
            self._begins.pop(ticket_id, None)
            # In any other order what is new may stand anywhere.
            if len(begins) > 1 and all(one < next_ for one, next_ in pairwise(begins)):
                self._begins[ticket_id] = begins
            while len(self._begins) > _MOST_TICKETS:
                self._begins.popitem(last=False)
        return tuple(found)


def _page_of(after: str | None, begins: tuple[int, ...]) -> int:
    """The number of the last page that begins at or before a conversation; 1 if unknown."""
    if after is None or not after.isdecimal():
        return 1
    return max(1, sum(first <= int(after) for first in begins))

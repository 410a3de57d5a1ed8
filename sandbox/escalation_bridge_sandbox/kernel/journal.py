"""What was asked of a stand-in, by whom, and what it answered."""

import threading
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class JournalEntry:
    """One request. `body` is the parsed JSON, or None when there was none; `user` is empty before log-in."""

    at: datetime
    method: str
    path: str
    query: str
    user: str
    status: int
    write: bool
    fault: str | None
    body: object


class Journal:
    """All requests but the control requests, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[JournalEntry] = []

    def record(self, entry: JournalEntry) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self, writes: bool | None = None, user: str | None = None) -> list[JournalEntry]:
        """The entries, of writes or reads only, of one user only."""
        with self._lock:
            return [
                entry
                for entry in self._entries
                if (writes is None or entry.write is writes) and (user is None or entry.user == user)
            ]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

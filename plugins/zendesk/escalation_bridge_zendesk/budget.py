"""Zendesk's thirty updates of a ticket in ten minutes: once they are used up, nothing is sent in vain."""

import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

_HEADER = "zendesk-ratelimit-per-ticket-updates"
_UPDATE = re.compile(r"/tickets/(\d+)")
_PART = re.compile(r"\s*(total|remaining|resets)=(\d{1,9})\s*")


class TicketBudget:
    """Which tickets take no update for a while, as Zendesk's answers tell; safe to use from several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._full: dict[str, datetime] = {}

    def wait(self, method: str, path: str) -> float:
        """How many seconds an update has to wait; 0 for everything that is no update of such a ticket."""
        ticket_id = _updated(method, path)
        if ticket_id is None:
            return 0.0
        with self._lock:
            until = self._full.get(ticket_id)
        return 0.0 if until is None else max(0.0, (until - self._now()).total_seconds())

    def note(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Remember what an answer to an update says."""
        ticket_id = _updated(method, path)
        left = updates_left(headers)
        if ticket_id is None or left is None:
            return
        remaining, resets = left
        now = self._now()
        with self._lock:
            self._full = {ticket: until for ticket, until in self._full.items() if until > now}
            if remaining == 0:
                self._full[ticket_id] = now + timedelta(seconds=resets)


def updates_left(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """How many updates the ticket takes, and in how many seconds the count begins anew: "total=30; remaining=29; resets=468"."""
    told = {}
    for part in headers.get(_HEADER, "").split(";"):
        match = _PART.fullmatch(part)
        if match:
            told[match[1]] = int(match[2])
    if "remaining" not in told or "resets" not in told:
        return None
    return told["remaining"], told["resets"]


def _updated(method: str, path: str) -> str | None:
    match = _UPDATE.fullmatch(path) if method == "PUT" else None
    return match[1] if match else None

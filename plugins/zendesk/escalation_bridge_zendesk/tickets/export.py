"""Reconciliation: changed tickets, by Zendesk's incremental export."""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from escalation_bridge.plugin import (
    ChangePage,
    Circumstances,
    Gone,
    JsonPart,
    PermissionDenied,
    RateLimited,
    Rejected,
    TicketNotFound,
    UnreadableAnswer,
)
from escalation_bridge_zendesk.http.client import ZendeskClient

_log = structlog.get_logger(__name__)

_OPERATION = "changes_since"
_PATH = "/incremental/tickets/cursor"
_UNSETTLED = timedelta(seconds=60)
"""Zendesk leaves out the newest minute, which may still change, and refuses a start within it."""
_OVERLAP = timedelta(minutes=5)
"""How far before the known position an export without a cursor starts: clocks differ."""
_A_MINUTE = timedelta(seconds=60)
_MOST_A_MINUTE = 8
"""Zendesk allows the whole account ten exports a minute; other programs need some, too."""
_VERSION = 1
_LONGEST_CURSOR = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """The position of an export.

    Attributes:
        cursor: Zendesk's cursor; None if the export starts at `safe`.
        safe: All changes before this Unix time were returned.
    """

    cursor: str | None
    safe: int

    def __str__(self) -> str:
        return json.dumps({"v": _VERSION, "cursor": self.cursor, "safe": self.safe}, separators=(",", ":"))


def read_place(stored: str) -> Place | None:
    """Parse a stored position; None if it is invalid."""
    try:
        raw = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or raw.get("v") != _VERSION:
        return None
    cursor, safe = raw.get("cursor"), raw.get("safe")
    if isinstance(safe, bool) or not isinstance(safe, int) or safe < 0:
        return None
    if cursor is not None and not (isinstance(cursor, str) and 0 < len(cursor) <= _LONGEST_CURSOR):
        return None
    return Place(cursor, safe)


class TicketExport:
    """The changed tickets, including deleted ones. Thread-safe."""

    def __init__(self, client: ZendeskClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._sent: deque[datetime] = deque()

    def since(self, stored: str | None) -> ChangePage:
        """The next page.

        Zendesk's cursor points between two changes, so nothing is skipped or repeated while it is valid. If Zendesk no longer
        accepts it, the export restarts a little before the last change that was certainly read.

        Raises:
            Rejected: This plugin did not create the cursor.
            RateLimited: The account's exports of this minute are used up.
            PermissionDenied: The bridge's user is not an admin.
        """
        asked_at = self._now()
        place = self._place(stored, asked_at)
        if place.cursor is not None:
            try:
                return self._page({"cursor": place.cursor}, place, asked_at)
            except (Rejected, TicketNotFound, Gone) as refusal:
                _log.warning(
                    "zendesk.export_cursor_given_up",
                    connection=self._client.connection,
                    reason=refusal.message,
                    begins_again_at=place.safe,
                )
        latest = int((asked_at - _UNSETTLED - _UNSETTLED).timestamp())
        start = max(0, min(place.safe - int(_OVERLAP.total_seconds()), latest))
        return self._page({"start_time": start}, place, asked_at)

    def _place(self, stored: str | None, asked_at: datetime) -> Place:
        if stored is None:
            return Place(None, int(asked_at.timestamp()))
        place = read_place(stored)
        if place is None:
            raise Rejected(
                "the stored place in the export is none that this plugin wrote",
                Circumstances(self._client.connection, _OPERATION),
                advice="Begin anew without one, and look through the tickets that changed meanwhile.",
            )
        return place

    def _page(self, params: dict[str, object], place: Place, asked_at: datetime) -> ChangePage:
        self._take_a_turn()
        try:
            answer = self._client.read(_OPERATION, _PATH, params)
        except PermissionDenied as refusal:
            raise PermissionDenied(
                refusal.message,
                refusal.at,
                advice="Only an admin may export tickets: give the bridge's user the role Admin, and its tokens the scope read.",
            ) from refusal
        tickets = (answer / "tickets").as_list().objects()
        ended = (answer / "end_of_stream").flag()
        cursor = (answer / "after_cursor").maybe_text() or place.cursor
        if not ended and cursor == place.cursor:
            self._client.refuse(UnreadableAnswer, _OPERATION, "the export does not move on")
        ids = (found for raw in tickets if (found := (raw / "id").maybe_identifier()) is not None)
        # The newest minute is not in the export, also where the stream has ended.
        read_to = int((asked_at - _UNSETTLED).timestamp()) if ended else _newest(tickets)
        going_on = Place(cursor, max(place.safe, read_to))
        return ChangePage(tuple(dict.fromkeys(ids)), str(going_on), more=not ended)

    def _take_a_turn(self) -> None:
        """Count an export, or raise with the time of the next one: Zendesk would count a refused one, too."""
        with self._lock:
            now = self._now()
            while self._sent and now - self._sent[0] >= _A_MINUTE:
                self._sent.popleft()
            if len(self._sent) < _MOST_A_MINUTE:
                self._sent.append(now)
                return
            left = (self._sent[0] + _A_MINUTE - now).total_seconds()
        raise RateLimited(
            f"the connection's {_MOST_A_MINUTE} exports of this minute are used up",
            Circumstances(self._client.connection, _OPERATION, retry_after=max(left, 0.0)),
        )


def _newest(tickets: tuple[JsonPart, ...]) -> int:
    """The newest change of a page within the stream, which is ordered by `generated_timestamp`."""
    stamps = [stamp for raw in tickets if (stamp := (raw / "generated_timestamp").maybe_number()) is not None]
    return max(stamps, default=0)

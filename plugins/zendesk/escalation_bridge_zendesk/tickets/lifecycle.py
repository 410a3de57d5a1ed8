"""The fate of a ticket: why it is not found, and into which ticket it was merged.

A deleted ticket is reported as not found, with the reason, and not with the presence "deleted": Zendesk shows only number, subject
and time of deleted tickets, and the plugin invents nothing for the rest. A restored ticket is read like any other.
Spam is among the deleted tickets without a mark.
"""

import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    JsonPart,
    PermissionDenied,
    TicketNotFound,
    VendorError,
    read_identifier,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path

_LAST_DELETED = {"sort_by": "deleted_at", "sort_order": "desc", "per_page": 100}
_BETWEEN_LOOKS = timedelta(seconds=10)
"""Zendesk lists deleted tickets ten times a minute; if many are deleted at once, one request serves them all."""
_REFERENCE = re.compile(r"#(\d{1,20})(?!\d)")
_MOST_REFERENCES = 3
_AT_THE_SAME_TIME = timedelta(minutes=10)


class Lifecycle:
    """Finds facts that a ticket itself does not show. Thread-safe."""

    def __init__(self, client: ZendeskClient, account: Account, now: Callable[[], datetime]) -> None:
        self._client = client
        self._account = account
        self._now = now
        self._lock = threading.Lock()
        self._deleted: Mapping[str, str] = {}
        self._looked_at: datetime | None = None

    def explained(self, ticket_id: str, missing: TicketNotFound) -> TicketNotFound:
        """The same error with its cause, as far as it can be found: Zendesk answers 404 for deleted and for invisible tickets alike."""
        try:
            deleted_at = self._deleted_at(ticket_id)
            if deleted_at is not None:
                return TicketNotFound(
                    f"the ticket was deleted ({deleted_at})",
                    missing.at,
                    advice="An agent can restore it for 30 days: Views > Deleted tickets.",
                )
            me = self._account.raw_me()
        except VendorError:
            return missing  # the role may not look; the answer stays as Zendesk gave it
        restriction = (me / "ticket_restriction").maybe_text()
        if restriction is not None:
            return TicketNotFound(
                f"there is no such ticket, or the bridge's user may not see it (ticket access: {restriction})",
                missing.at,
                advice="Let the role of the bridge's user see all tickets.",
            )
        return TicketNotFound(
            "there is no such ticket, although the bridge's user may see all: it was deleted for good, or archived and deleted",
            missing.at,
            advice="Nothing can be done about it; withdraw what the case still plans.",
        )

    def merged_into(self, ticket_id: str) -> str | None:
        """The ticket into which this one was merged; None if it is not certain.

        REST has no member for it. A merge writes a comment to both tickets that names the other one, in the agent's language,
        and the agent can edit it. So a reference in the last comment counts only if the other ticket names this one at the same time.
        """
        operation = "fetch_ticket"
        newest = self._newest_comments(operation, ticket_id, 1)
        if not newest:
            return None
        written = (newest[0] / "created_at").maybe_instant()
        named = dict.fromkeys(str(int(number)) for number in _REFERENCE.findall(_body(newest[0])))
        candidates = [
            number for number in named if read_identifier(number) is not None and number != ticket_id
        ]
        if written is None or len(candidates) > _MOST_REFERENCES:
            return None
        found = [number for number in candidates if self._names(operation, number, ticket_id, written)]
        return found[0] if len(found) == 1 else None

    def _names(self, operation: str, other_id: str, ticket_id: str, at: datetime) -> bool:
        try:
            comments = self._newest_comments(operation, other_id, 100)
        except (TicketNotFound, PermissionDenied):
            return False  # trouble of any other kind says nothing about what is written there
        for raw in comments:
            written = (raw / "created_at").maybe_instant()
            if written is None or abs(written - at) > _AT_THE_SAME_TIME:
                continue
            if ticket_id in (str(int(number)) for number in _REFERENCE.findall(_body(raw))):
                return True
        return False

    def _newest_comments(self, operation: str, ticket_id: str, count: int) -> tuple[JsonPart, ...]:
        asked = {"page[size]": count, "sort": "-created_at"}
        answer = self._client.read(operation, ticket_path(ticket_id, "comments"), asked)
        return (answer / "comments").as_list().objects()

    def _deleted_at(self, ticket_id: str) -> str | None:
        with self._lock:
            if self._looked_at is not None and self._now() - self._looked_at < _BETWEEN_LOOKS:
                return self._deleted.get(ticket_id)
            answer = self._client.read("fetch_ticket", "/deleted_tickets", _LAST_DELETED)
            listed = (answer / "deleted_tickets").as_list().objects()
            self._looked_at = self._now()
            self._deleted = {
                found: (raw / "deleted_at").maybe_text() or "at an unknown time"
                for raw in listed
                if (found := (raw / "id").maybe_identifier()) is not None
            }
            return self._deleted.get(ticket_id)


def _body(comment: JsonPart) -> str:
    return (comment / "plain_body").maybe_text() or (comment / "body").maybe_text() or ""

"""Open tickets for a backfill: Zendesk's export of search results."""

from dataclasses import dataclass

from escalation_bridge.plugin import (
    Gone,
    OpenTickets,
    Rejected,
    TicketNotFound,
    UnreadableAnswer,
)
from escalation_bridge_zendesk.http.client import ZendeskClient

_OPERATION = "open_tickets"
_QUERY = "status<solved"
_PAGE = 1000


@dataclass(frozen=True)
class Backlog:
    """Reads the open tickets of one account."""

    client: ZendeskClient

    def page(self, cursor: str | None) -> OpenTickets:
        """The next page; the first one includes their number.

        The export's cursor expires after an hour. With an expired one, the export restarts at the first page.

        Raises:
            VendorError: Zendesk does not answer.
        """
        if cursor is not None:
            try:
                return self._read(cursor, None)
            except (Rejected, TicketNotFound, Gone):
                pass
        answer = self.client.read(_OPERATION, "/search/count", {"query": f"type:ticket {_QUERY}"})
        return self._read(None, (answer / "count").number())

    def _read(self, cursor: str | None, total: int | None) -> OpenTickets:
        params: dict[str, object] = {"filter[type]": "ticket", "query": _QUERY, "page[size]": _PAGE}
        if cursor is not None:
            params["page[after]"] = cursor
        answer = self.client.read(_OPERATION, "/search/export", params)
        results = (answer / "results").as_list().objects()
        meta = (answer / "meta").as_object()
        more = (meta / "has_more").flag()
        after = (meta / "after_cursor").maybe_text()
        if more and after in (None, cursor):
            self.client.refuse(UnreadableAnswer, _OPERATION, "the export does not move on")
        ids = (found for raw in results if (found := (raw / "id").maybe_identifier()) is not None)
        return OpenTickets(tuple(dict.fromkeys(ids)), after if more else None, total)

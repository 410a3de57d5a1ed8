"""Open issues for a backfill: oldest first, by search."""

from dataclasses import dataclass

from escalation_bridge.plugin import (
    OpenTickets,
    Rejected,
    UnreadableAnswer,
)
from escalation_bridge_jira.site.desk import Desk

_PAGE = 500
_OPEN = "statusCategory != Done"


@dataclass(frozen=True)
class Backlog:
    """Reads the open issues of one site, within the scope of its webhooks."""

    desk: Desk

    def page(self, cursor: str | None) -> OpenTickets:
        """The next page; the first one includes their number.

        Cloud's page tokens expire after 7 days; with an expired one, the search restarts at the first page.
        """
        if not self.desk.settings.cloud:
            return self._by_number(cursor)
        if cursor is not None:
            try:
                return self._by_token(cursor, None)
            except Rejected:
                pass
        counted = self.desk.jira.write(
            "POST", "/search/approximate-count", {"jql": self._jql}, repeatable=True
        )
        return self._by_token(None, (counted / "count").maybe_number())

    @property
    def _jql(self) -> str:
        scope = self.desk.settings.webhook_jql
        return f"({scope}) AND {_OPEN}" if scope else _OPEN

    def _by_token(self, token: str | None, total: int | None) -> OpenTickets:
        body: dict[str, object] = {
            "jql": f"{self._jql} ORDER BY created ASC",
            "maxResults": _PAGE,
            "fields": ["id"],
        }
        if token is not None:
            body["nextPageToken"] = token
        answer = self.desk.jira.write("POST", self.desk.jira.edition.search, body, repeatable=True)
        ids = tuple((issue / "id").identifier() for issue in (answer / "issues").elements())
        following = (answer / "nextPageToken").maybe_text()
        last = (answer / "isLast").maybe_flag() is True or following is None
        return OpenTickets(ids, None if last else following, total)

    def _by_number(self, cursor: str | None) -> OpenTickets:
        # Issues that are done meanwhile leave the list, and the others move forward: each page begins with some known ones.
        start = int(cursor) if cursor is not None and cursor.isdecimal() else 0
        body: dict[str, object] = {
            "jql": f"{self._jql} ORDER BY created ASC",
            "maxResults": _PAGE,
            "fields": ["id"],
            "startAt": start,
        }
        answer = self.desk.jira.write("POST", self.desk.jira.edition.search, body, repeatable=True)
        ids = tuple((issue / "id").identifier() for issue in (answer / "issues").elements())
        total = (answer / "total").maybe_number()
        if total is None:
            self.desk.refuse(UnreadableAnswer, "total is missing")
        reached = start + len(ids)
        return OpenTickets(
            ids, str(max(reached - _AGAIN, start + 1)) if ids and reached < total else None, total
        )


_AGAIN = 20
"""The number of issues of a page that the next one repeats."""

"""Changes of a ticket's status, from its audits: Zendesk records every update in one."""

from collections.abc import Iterator
from datetime import datetime

from escalation_bridge.plugin import (
    JsonPart,
    StatusChange,
    read_identifier,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path

_NEWEST_FIRST = {"sort": "-created_at"}


class History:
    """The audits of the account's tickets."""

    def __init__(self, client: ZendeskClient, account: Account) -> None:
        self._client = client
        self._account = account

    def status_changes(self, ticket_id: str, since: datetime) -> tuple[StatusChange, ...]:
        """The status changes of a ticket since an instant, oldest first."""
        operation = "fetch_status_changes"
        found: list[StatusChange] = []
        for raw in self.audits(operation, ticket_id, since):
            change = self._change(raw)
            if change is not None and change.at >= since:
                found.append(change)
        return tuple(sorted(found, key=lambda change: (change.at, int(change.id))))

    def audits(self, operation: str, ticket_id: str, since: datetime | None = None) -> Iterator[JsonPart]:
        """A ticket's audits, newest first if Zendesk honors the sort order. Those before `since` may be missing."""
        for page in self._client.pages(operation, ticket_path(ticket_id, "audits"), _NEWEST_FIRST):
            raws = (page / "audits").as_list().objects()
            yield from raws
            if since is None or not raws:
                continue
            first, last = ((raw / "created_at").instant() for raw in (raws[0], raws[-1]))
            # The order is not documented for all accounts' kinds of paging: only one that was heeded ends the reading early.
            if last < since and last <= first:
                return

    def _change(self, audit: JsonPart) -> StatusChange | None:
        """The status that an audit led to; None if it changed other fields."""
        after = {
            (event / "field_name").maybe_text(): (event / "value").value
            for event in (audit / "events").objects()
            if (event / "type").maybe_text() in ("Create", "Change")
        }
        word = after.get("status")
        if not isinstance(word, str):
            return None
        custom = read_identifier(after.get("custom_status_id"))
        return StatusChange(
            id=(audit / "id").identifier(),
            at=(audit / "created_at").instant(),
            status=self._account.statuses_with(custom).status(word, custom),
        )

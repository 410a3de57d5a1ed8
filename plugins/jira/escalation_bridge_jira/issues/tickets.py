"""Find issues by the bridge's key, and create issues with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    FoundNothing,
    OutcomeUnknown,
    Ticket,
    TicketDraft,
    TicketNotFound,
    Unavailable,
    UnreadableAnswer,
    VendorError,
    find_named,
    found_nothing,
)
from escalation_bridge_jira.files.attached import with_files
from escalation_bridge_jira.issues.creation import Created, Creation
from escalation_bridge_jira.issues.service_requests import ServiceRequests, carries, mark
from escalation_bridge_jira.site.desk import Desk

_KEY_OR_ID = re.compile(r"([A-Za-z][A-Za-z0-9_]*-[0-9]+|[0-9]+)", re.ASCII)
_DRAFT_FIELDS = ("project", "issue_type", "request_type", "raise_on_behalf_of", "fields")

_SEARCHABLE = re.compile(r"[\w-]+", re.ASCII)
"""A key that is a single phrase for the text search, whatever else it contains."""


@dataclass(frozen=True)
class _Place:
    project: str
    further: Mapping[str, object]


@dataclass(frozen=True)
class Tickets:
    """Find or create. The key is a label, which JQL finds, and an entity property, which a clone does not inherit.

    If the create screen has no labels, and in a customer's request, whose labels come later, it is the description's last line.
    """

    desk: Desk

    def find(self, key: str, sent_at: datetime | None) -> Ticket | FoundNothing:
        quoted = key.replace("\\", "\\\\").replace('"', '\\"')
        query = f'labels = "{quoted}"'
        if _SEARCHABLE.fullmatch(key):
            query += f' OR description ~ "\\"{key}\\""'  # an exact phrase
        hits = ((hit / "id").identifier() for hit in self.desk.jira.search(query))
        found = [ticket for hit in sorted(hits, key=int) if (ticket := self._confirmed(hit, key))]
        if found:
            # Somebody's clone has the label too. The one with the property is ours; else the oldest.
            ours = min(found, key=lambda ticket: ticket.bridge_key != key)
            if key not in (*ours.tags, ours.bridge_key):
                mark(self.desk, ours.ref.id, key)  # a request whose create was cut off in the middle
            return replace(ours, bridge_key=key, left_out=self.desk.memory.left_out.get(key))
        return found_nothing(
            self.desk.connection, sent_at, timedelta(seconds=self.desk.settings.search_lag_seconds)
        )

    def find_by_key(self, text: str) -> Ticket | FoundNothing:
        """The issue with a key. Jira accepts a key in any case, the one from before a move, and the id.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-get
        """
        return find_named(text, _KEY_OR_ID, lambda found: with_files(self.desk, self.desk.jira.issue(found)))

    def _confirmed(self, issue_id: str, key: str) -> Ticket | None:
        """The issue that the search found, if it still exists and is the bridge's: the index may lag."""
        try:
            ticket = with_files(self.desk, self.desk.jira.issue(issue_id))
        except TicketNotFound:
            return None
        if key in (*ticket.tags, ticket.bridge_key):
            return ticket
        return ticket if carries(ticket.description.text, key) and self._is_mine(ticket) else None

    def _is_mine(self, ticket: Ticket) -> bool:
        """Whether the bridge's own account opened it: people quote what they read."""
        return ticket.created_by.id == self.desk.myself().id

    def create(self, draft: TicketDraft, key: str) -> Ticket:
        place = self._place(draft)
        requests = ServiceRequests(self.desk, place.project)
        request = requests.drafted(draft, key, place.further) if draft.fields.get("request_type") else None
        try:
            if request:
                self.desk.memory.left_out.put(key, request.left_out)
                created = Created(requests.create(request), request.left_out)
            else:
                created = Creation(self.desk, draft, key, place.project, place.further).create()
        except (Unavailable, UnreadableAnswer) as error:
            # A 5xx does not prove that nothing was made: listeners run after the issue is stored.
            raise OutcomeUnknown(f"the create failed: {error.message}", error.at) from error
        made, left_out = created.answer, created.left_out
        try:
            issue_id = (made / ("issueId" if request else "id")).identifier()
            if request:
                left_out = (*left_out, *requests.complete(issue_id, request, key))
            return replace(with_files(self.desk, self.desk.jira.issue(issue_id)), left_out=left_out)
        except VendorError as error:
            # It was made: what keeps it from being read must not look as if it was not.
            name = (made / ("issueKey" if request else "key")).maybe_text() or "an issue"
            raise OutcomeUnknown(
                f"{name} was created but cannot be read: {error.message}", error.at
            ) from error

    def _place(self, draft: TicketDraft) -> _Place:
        """The project and type of the ticket, and its route's fields."""
        desk, asked = self.desk, draft.fields
        unknown = sorted(set(asked) - set(_DRAFT_FIELDS))
        if unknown:
            desk.reject(f"{', '.join(unknown)}: a route to Jira takes {', '.join(_DRAFT_FIELDS)}")
        project = asked.get("project") or desk.settings.project
        if not project:
            desk.reject("there is no project: set it in the route or in the connection")
        further = asked.get("fields") or {}
        if not isinstance(further, Mapping):
            desk.reject("fields: write names or ids of fields, each with its value")
        if asked.get("request_type") and asked.get("issue_type"):
            desk.reject("give either issue_type or request_type, which has an issue type of its own")
        if asked.get("raise_on_behalf_of") and not asked.get("request_type"):
            desk.reject("raise_on_behalf_of needs a request_type")
        return _Place(str(project), further)

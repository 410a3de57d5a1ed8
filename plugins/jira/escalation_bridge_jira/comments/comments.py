"""Read the comments of an issue, and write each once with the requested visibility."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

import structlog

from escalation_bridge.plugin import (
    Comment,
    CommentDraft,
    JsonPart,
    PermissionDenied,
    TicketNotFound,
    Visibility,
)
from escalation_bridge_jira.comments.readers import Readers
from escalation_bridge_jira.comments.standing import Standing
from escalation_bridge_jira.comments.whole_text import WholeText
from escalation_bridge_jira.files.attached import Attached
from escalation_bridge_jira.http.client import DATA_CENTER
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.text import wiki_reader
from escalation_bridge_jira.text.document import Runs
from escalation_bridge_jira.translation.mapping import is_internal, is_service_project, key_of, rich_text
from escalation_bridge_jira.vocabulary import INTERNAL_PROPERTY, PROPERTY

_log = structlog.get_logger(__name__)

_LOOKED_AT = 500
"""The number of newest comments among which the comment of an earlier attempt is searched."""


@dataclass(frozen=True)
class Comments:
    """The comments of one issue."""

    desk: Desk
    ticket_id: str

    def fetch(self, after: str | None, issue: JsonPart | None = None) -> tuple[Comment, ...]:
        """All comments with an id above `after`, oldest first. Jira's ids are ascending.

        Args:
            after: The last known one; None for all.
            issue: The issue, if it was read just now; None: it has to be read.
        """
        jira = self.desk.jira
        issue = jira.brief_issue(self.ticket_id) if issue is None else jira.with_project(issue)
        known = int(after) if after is not None and after.isdigit() else -1
        wanted = [raw for raw in self.desk.comments(self.ticket_id) if int((raw / "id").identifier()) > known]
        files = Attached(self.desk, issue).by_comment(wanted)
        comments = [self.desk.mapper.comment(raw, issue) for raw in wanted]
        judged = Standing(self.desk, issue).judged(comments)
        with_files = (replace(each, attachments=files.get(each.id, ())) for each in judged)
        return tuple(sorted(with_files, key=lambda comment: int(comment.id)))

    @property
    def _readers(self) -> Readers:
        return Readers(self.desk, self.ticket_id)

    def add(self, draft: CommentDraft, key: str) -> Comment:
        issue = self.desk.jira.brief_issue(self.ticket_id)
        raw = None if draft.first_attempt else self._written_before(draft, key, issue)
        if raw is None:
            rest = WholeText(self.desk, self.ticket_id, key).put(draft, issue)
            if draft.visibility is Visibility.PRIVATE and is_service_project(issue):
                raw = self._write_internal(draft, key, rest)
            if raw is None:
                raw = self._write(draft, key, issue, rest)
        visibility = self._readers.checked(raw, draft.visibility, issue)
        comment = self.desk.mapper.comment(raw, issue)
        self.desk.memory.account = comment.author.id or self.desk.memory.account
        return replace(comment, visibility=visibility or comment.visibility, marker=key)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _written_before(self, draft: CommentDraft, key: str, issue: JsonPart) -> JsonPart | None:
        """The comment that an earlier attempt with this key wrote, if it is among the newest ones.

        If the site did not store the key, it is the bridge's own comment with the same text: its comments name the quoted person
        and the time.
        """
        alike: list[JsonPart] = []
        words = words_of(rich_text(self._as_sent(draft)).text)
        for raw in islice(self.desk.comments(self.ticket_id), _LOOKED_AT):
            found = key_of(raw)
            if found == key:
                return raw
            if found is None and words_of(rich_text(raw / "body").text) == words:
                alike.append(raw)
        private = draft.visibility is Visibility.PRIVATE
        if is_service_project(issue):
            alike = [raw for raw in alike if is_internal(raw) is private]
        if not alike:
            return None
        me = self.desk.myself().id
        mine = next((raw for raw in alike if self.desk.mapper.person(raw / "author").id == me), None)
        if mine is None:
            return None
        self._warn("jira.comment_known_by_its_words", mine)
        try:
            return self._marked((mine / "id").identifier(), key)
        except PermissionDenied:
            return mine

    def _as_sent(self, draft: CommentDraft) -> JsonPart:
        document = self.desk.jira.edition.document(draft.body, self.desk.language)
        return JsonPart(document, "body", self.desk.reject)

    def _warn(self, event: str, comment: JsonPart) -> None:
        comment_id = (comment / "id").identifier()
        _log.warning(event, connection=self.desk.connection.name, ticket=self.ticket_id, comment=comment_id)

    # --- internal comments of requests --------------------------------------------------------------------------------

    def _write_internal(self, draft: CommentDraft, key: str, rest: Runs) -> JsonPart | None:
        """Write an internal comment through the service desk's interface; None if the issue is not a request.

        It is internal from the beginning, independent of comment properties, so that no mail is sent to the customer.
        The key follows in a second request. If that is lost, the comment is recognized by its text.
        """
        markup = DATA_CENTER.document(draft.body, self.desk.language, rest)
        unmarked = self._without_key(words_of(wiki_reader.rich_text(str(markup)).text))
        if unmarked is not None:
            return self._marked(unmarked, key)
        path = f"/rest/servicedeskapi/request/{self.ticket_id}/comment"
        body = {"body": markup, "public": False}
        try:
            made = self.desk.jira.call("POST", path, json=body, headers=self.desk.jira.experimental)
        except TicketNotFound:
            return None
        comment_id = (made / "id").identifier()
        if (made / "public").maybe_flag() is not False:
            self._readers.revoke(comment_id, "came out public")
        return self._marked(comment_id, key)

    def _marked(self, comment_id: str, key: str) -> JsonPart:
        path = f"/comment/{comment_id}/properties/{PROPERTY}"
        self.desk.jira.write("PUT", path, {"key": key}, repeatable=True)
        return self.desk.jira.get(f"/issue/{self.ticket_id}/comment/{comment_id}", expand="properties")

    def _without_key(self, words: list[str]) -> str | None:
        """The id of an internal comment by the bridge's own account with the same text and without a key."""
        for raw in islice(self.desk.comments(self.ticket_id), _LOOKED_AT):
            alike = (
                key_of(raw) is None and is_internal(raw) and words_of(rich_text(raw / "body").text) == words
            )
            if alike and self.desk.mapper.person(raw / "author").id == self.desk.myself().id:
                return (raw / "id").identifier()
        return None

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self, draft: CommentDraft, key: str, issue: JsonPart, rest: Runs) -> JsonPart:
        private = draft.visibility is Visibility.PRIVATE
        properties: list[Mapping[str, object]] = [{"key": PROPERTY, "value": {"key": key}}]
        body: dict[str, object] = {
            "body": self.desk.jira.edition.document(draft.body, self.desk.language, rest),
            "properties": properties,
        }
        if is_service_project(issue):
            # Public ones, and those of issues that are no requests: the service desk does not know these.
            properties.append({"key": INTERNAL_PROPERTY, "value": {"internal": private}})
        elif private and (restriction := self._readers.restriction()):
            body["visibility"] = restriction
        elif private and self.desk.settings.customers_read_comments:
            self.desk.reject(
                "customers read the comments of this project, so a private one needs private_comment_role or "
                "private_comment_group in the connection"
            )
        path = f"/issue/{self.ticket_id}/comment"
        # As for lists, `properties` is not among the described expansions, and costs nothing where it is not known.
        raw = self.desk.jira.write("POST", path, body, expand="properties")
        if raw / "properties" and key_of(raw) is None:
            self._warn("jira.comment_properties_not_kept", raw)
        return raw


def words_of(text: str) -> list[str]:
    """A text without what a conversion between markups may change."""
    return re.findall(r"\w+", text.casefold())

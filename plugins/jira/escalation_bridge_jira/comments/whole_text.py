"""The full text of a comment that is too long for Jira: a text file at the issue, with the comment's visibility, deleted with it."""

import re
from dataclasses import dataclass

import structlog

from escalation_bridge.plugin import (
    CommentDraft,
    FileRefused,
    JsonPart,
    PermissionDenied,
    Rejected,
    RichText,
    TicketNotFound,
    Visibility,
    whole_text,
)
from escalation_bridge_jira.comments.readers import Readers
from escalation_bridge_jira.files.files import Files
from escalation_bridge_jira.http.client import DATA_CENTER
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.text.document import Run, Runs
from escalation_bridge_jira.translation.mapping import is_service_project, key_of
from escalation_bridge_jira.vocabulary import FILES_PROPERTY

_log = structlog.get_logger(__name__)

_NAME = re.compile(r"\bfull-text-[0-9a-f]{8}\.txt\b")


def names_a_file(text: str) -> bool:
    """Whether a comment's text was cut and names the file with the full text."""
    return _NAME.search(text) is not None


@dataclass(frozen=True)
class WholeText:
    """The file of one comment. Its key at the issue begins with the comment's own."""

    desk: Desk
    ticket_id: str
    key: str

    def put(self, draft: CommentDraft, issue: JsonPart) -> Runs:
        """Attach the file if the comment needs one. Returns how the comment names it; empty without a file.

        A cut comment is better than none: if the file is refused, or would have other readers than the
        comment, the notice names the linked ticket instead.
        """
        private = draft.visibility is Visibility.PRIVATE
        by_service_desk = private and is_service_project(issue)
        if not self.desk.jira.edition.too_long(draft.body) and not (
            by_service_desk and DATA_CENTER.too_long(draft.body)
        ):
            return ()
        if private and not is_service_project(issue) and Readers(self.desk, self.ticket_id).restriction():
            return ()  # a file cannot be kept to a role or a group
        name = f"full-text-{_digest(draft.body)}.txt"
        file = whole_text(draft.body, draft.visibility, name)
        try:
            receipt = Files(self.desk, self.ticket_id).add(file, self._key(draft.body))
        except (FileRefused, Rejected, PermissionDenied) as refusal:
            _log.warning(
                "jira.rest_of_a_comment_left_out",
                connection=self.desk.connection.name,
                ticket=self.ticket_id,
                reason=refusal.message,
            )
            return ()
        if is_service_project(issue) and not private:
            return (Run(name),)  # the portal has another address for it, which Jira does not tell
        return (Run(name, href=f"{self.desk.settings.url}/secure/attachment/{receipt.remote_id}/{name}"),)

    def drop(self, but: CommentDraft | None = None) -> None:
        """Delete the comment's files, and the service desk's comments that carry them, except `but` that of a new text."""
        issue = self.desk.jira.issue_with_files(self.ticket_id)
        claims = dict((issue / "properties" / FILES_PROPERTY).mapping())
        kept = None if but is None else self._key(but.body)
        old = [key for key in claims if key.startswith(f"{self.key}-text-") and key != kept]
        for key in old:
            self._delete(f"/attachment/{claims.pop(key)}")
        if old and is_service_project(issue):
            for comment in list(self.desk.comments(self.ticket_id)):
                if key_of(comment) in old:
                    self._delete(f"/issue/{self.ticket_id}/comment/{(comment / 'id').identifier()}")
        if old:
            path = f"/issue/{self.ticket_id}/properties/{FILES_PROPERTY}"
            self.desk.jira.write("PUT", path, claims, repeatable=True)

    def _key(self, body: RichText) -> str:
        return f"{self.key}-text-{_digest(body)}"

    def _delete(self, path: str) -> None:
        try:
            self.desk.jira.write("DELETE", path, None, repeatable=True)
        except TicketNotFound:
            return


def _digest(body: RichText) -> str:
    return whole_text(body, Visibility.PRIVATE).sha256[:8]

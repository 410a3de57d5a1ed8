"""Edit and delete the bridge's own comments; other people's stay unchanged."""

from dataclasses import dataclass, replace
from typing import NoReturn

from escalation_bridge.plugin import (
    Circumstances,
    Comment,
    CommentDraft,
    CommentNotFound,
    JsonPart,
    NotApplied,
    Rejected,
    TicketNotFound,
    Visibility,
    WriteReceipt,
)
from escalation_bridge_jira.comments.readers import Readers
from escalation_bridge_jira.comments.whole_text import WholeText, names_a_file
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.translation.mapping import is_service_project, key_of, rich_text
from escalation_bridge_jira.vocabulary import INTERNAL_PROPERTY, PROPERTY

_EDIT = ("EDIT_OWN_COMMENTS", "Edit own comments")
_DELETE = ("DELETE_OWN_COMMENTS", "Delete own comments")


@dataclass(frozen=True)
class Rewording:
    """One comment of one issue."""

    desk: Desk
    ticket_id: str
    comment_id: str

    def edit(self, draft: CommentDraft, key: str) -> Comment:
        """Replace its text. Its visibility and properties are sent again: the effect of leaving them out is not documented."""
        issue = self.desk.jira.brief_issue(self.ticket_id)
        before = self._stored()
        if before is None:
            self.desk.refuse(CommentNotFound, f"comment {self.comment_id} is not there any more")
        if key_of(before) != key:
            self.desk.reject(f"comment {self.comment_id} does not carry the bridge's key")
        seen = self._seen(before, issue)
        if draft.visibility is Visibility.PRIVATE and seen is Visibility.PUBLIC:
            # Somebody shared it since. What is private now must not be shared with it.
            self.desk.reject(f"customers read comment {self.comment_id}, and its new text is private")
        whole = WholeText(self.desk, self.ticket_id, key)
        rest = whole.put(CommentDraft(draft.body, seen), issue)
        document = self.desk.jira.edition.document(draft.body, self.desk.language, rest)
        wanted = rich_text(JsonPart(document, "", self.desk.jira.unreadable))
        if rich_text(before / "body").html == wanted.html:
            whole.drop(but=draft if rest else None)  # what an earlier attempt may have left
            return self._comment(before, issue, key, seen)
        body: dict[str, object] = {"body": document, "properties": self._properties(key, issue, seen)}
        if before / "visibility":
            body["visibility"] = {
                name: part.value for name, part in (before / "visibility").members() if part
            }
        try:
            self.desk.jira.write("PUT", self._path, body, repeatable=True)
        except Rejected as error:
            self._explain(error, _EDIT)
        after = self._stored()
        if after is None or rich_text(after / "body").text.split() != wanted.text.split():
            self.desk.refuse(
                NotApplied, f"Jira accepted the new text of comment {self.comment_id} and kept the old one"
            )
        if seen is Visibility.PRIVATE:
            self._still_private(before, after, issue)
        whole.drop(but=draft if rest else None)
        return self._comment(after, issue, key, seen)

    def delete(self) -> WriteReceipt:
        """Delete it. A comment that no longer exists is fine, provided that its issue is visible."""
        before = self._stored()
        if before is None:
            self.desk.jira.brief_issue(self.ticket_id)
            return WriteReceipt(self.comment_id, f"comment {self.comment_id} was gone already")
        key = key_of(before)
        if key is None:
            self.desk.reject(f"comment {self.comment_id} does not carry a key of the bridge")
        if names_a_file(rich_text(before / "body").text):
            WholeText(self.desk, self.ticket_id, key).drop()
        try:
            self.desk.jira.write("DELETE", self._path, None, repeatable=True)
        except TicketNotFound:
            self.desk.jira.brief_issue(self.ticket_id)
        except Rejected as error:
            self._explain(error, _DELETE)
        if self._stored() is not None:
            self.desk.refuse(NotApplied, f"Jira said that comment {self.comment_id} was deleted; it is there")
        return WriteReceipt(self.comment_id, f"comment {self.comment_id} deleted")

    @property
    def _path(self) -> str:
        return f"/issue/{self.ticket_id}/comment/{self.comment_id}"

    @property
    def _readers(self) -> Readers:
        return Readers(self.desk, self.ticket_id)

    def _stored(self) -> JsonPart | None:
        try:
            stored = self.desk.jira.get(self._path, expand="properties")
        except TicketNotFound:
            return None
        (
            stored / "id"
        ).identifier()  # without it this is no comment, let alone one that lacks the bridge's key
        return stored

    def _seen(self, stored: JsonPart, issue: JsonPart) -> Visibility:
        if not is_service_project(issue) or stored / "visibility":
            return self.desk.mapper.comment(stored, issue).visibility
        internal = self._readers.internal(stored, self.comment_id)
        return Visibility.PUBLIC if internal is False else Visibility.PRIVATE

    def _properties(self, key: str, issue: JsonPart, seen: Visibility) -> list[dict[str, object]]:
        properties: list[dict[str, object]] = [{"key": PROPERTY, "value": {"key": key}}]
        if is_service_project(issue):
            internal = {"internal": seen is Visibility.PRIVATE}
            properties.append({"key": INTERNAL_PROPERTY, "value": internal})
        return properties

    def _still_private(self, before: JsonPart, after: JsonPart, issue: JsonPart) -> None:
        if before / "visibility" and not after / "visibility":
            self._readers.revoke(self.comment_id, "lost its restriction to a role or group")
        if self._seen(after, issue) is not Visibility.PRIVATE:
            self._readers.revoke(self.comment_id, "came out public")

    def _comment(self, stored: JsonPart, issue: JsonPart, key: str, seen: Visibility) -> Comment:
        return replace(self.desk.mapper.comment(stored, issue), visibility=seen, marker=key)

    def _explain(self, error: Rejected, permission: tuple[str, str]) -> NoReturn:
        """Jira answers 400 to a missing permission, too, in the account's language."""
        name, title = permission
        answer = self.desk.jira.get("/mypermissions", permissions=name, issueId=self.ticket_id)
        if (answer / "permissions" / name / "havePermission").maybe_flag() is not False:
            raise error
        at: Circumstances = error.at
        raise Rejected(
            f"the account lacks the permission {title!r} in this project",
            at,
            advice=f"Give the bridge's account {title!r}; until then a further comment takes its place.",
        ) from error

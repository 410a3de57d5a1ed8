"""The visibility of a comment: how it is requested, checked, and corrected."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from escalation_bridge.plugin import (
    JsonPart,
    TicketNotFound,
    Visibility,
    ensure_visibility,
    revoke,
)
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.translation.mapping import is_internal, is_service_project


@dataclass(frozen=True)
class Readers:
    """The visibility of one issue's comments."""

    desk: Desk
    ticket_id: str

    def restriction(self) -> dict[str, str] | None:
        """The role or group that can read private comments of software and business projects."""
        settings = self.desk.settings
        if settings.private_comment_role:
            return {"type": "role", "value": settings.private_comment_role}
        if settings.private_comment_group:
            return {"type": "group", "value": settings.private_comment_group}
        return None

    def checked(self, raw: JsonPart, wanted: Visibility, issue: JsonPart) -> Visibility | None:
        """Check the visibility that Jira stored; None if the comment does not show it.

        Raises:
            PrivacyBreach: It was requested as private and is not.
            NotApplied: It was requested as public and is not.
        """
        private = wanted is Visibility.PRIVATE
        comment_id = (raw / "id").identifier()
        if not is_service_project(issue):
            restriction = self.restriction() if private else None
            if restriction and (raw / "visibility" / "type").value != restriction["type"]:
                self.revoke(comment_id, f"is not restricted to the {restriction['type']}")
            return None
        ensure_visibility(
            self.desk.jira.transport,
            self.desk.jira.operation,
            f"comment {comment_id}",
            wanted,
            self.internal(raw, comment_id),
            partial(self._delete, comment_id),
        )
        return wanted

    def internal(self, raw: JsonPart, comment_id: str) -> bool | None:
        """Whether Jira stored a comment of a service project as internal; None if unknown."""
        if (raw / "jsdPublic").maybe_flag() is not None:
            return is_internal(raw)
        # Data Center does not tell in the comment; its service desk does, for issues that are requests.
        try:
            seen = self.desk.jira.service_desk(f"/request/{self.ticket_id}/comment/{comment_id}")
        except TicketNotFound:
            stored = self.desk.jira.get(f"/issue/{self.ticket_id}/comment/{comment_id}", expand="properties")
            (stored / "id").identifier()
            return is_internal(stored)
        (seen / "id").identifier()  # an answer without the comment is no breach: it is asked again
        public = (seen / "public").maybe_flag()
        return None if public is None else not public

    def revoke(self, comment_id: str, problem: str) -> NoReturn:
        """Delete a comment that is public by mistake, and raise `PrivacyBreach`."""
        jira = self.desk.jira
        delete = partial(self._delete, comment_id)
        revoke(jira.transport, jira.operation, f"comment {comment_id}", problem, delete)

    def _delete(self, comment_id: str) -> None:
        path = f"/issue/{self.ticket_id}/comment/{comment_id}"
        with suppress(TicketNotFound):
            self.desk.jira.write("DELETE", path, None, repeatable=True)

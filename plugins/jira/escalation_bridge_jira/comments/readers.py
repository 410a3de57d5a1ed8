"""Who may read a comment: how that is asked for, what Jira made of it, and taking back what came out wrong."""

from dataclasses import dataclass
from typing import NoReturn

from escalation_bridge.plugin import (
    NotApplied,
    PrivacyBreach,
    TicketNotFound,
    VendorError,
    Visibility,
)
from escalation_bridge_jira.shapes import Part
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.translation.mapping import is_internal, is_service_project


@dataclass(frozen=True)
class Readers:
    """The readers of one issue's comments."""

    desk: Desk
    ticket_id: str

    def restriction(self) -> dict[str, str] | None:
        """The role or group that alone may read private comments of software and business projects."""
        settings = self.desk.settings
        if settings.private_comment_role:
            return {"type": "role", "value": settings.private_comment_role}
        if settings.private_comment_group:
            return {"type": "group", "value": settings.private_comment_group}
        return None

    def checked(self, raw: Part, wanted: Visibility, issue: Part) -> Visibility | None:
        """See from what Jira stored who may read the comment; None where the comment itself tells.

        Raises:
            PrivacyBreach: It was to be private and is not.
            NotApplied: It was to be public and is not.
        """
        private = wanted is Visibility.PRIVATE
        comment_id = (raw / "id").identifier()
        if not is_service_project(issue):
            restriction = self.restriction() if private else None
            if restriction and (raw / "visibility" / "type").value != restriction["type"]:
                self.take_back(comment_id, f"it is not restricted to the {restriction['type']}")
            return None
        internal = self.internal(raw, comment_id)
        if private and internal is not True:
            self.take_back(comment_id, "Jira Service Management shows it to the customer")
        if not private and internal is not False:
            self.desk.refuse(
                NotApplied, f"comment {comment_id} was to be public, and Jira does not show it so"
            )
        return wanted

    def internal(self, raw: Part, comment_id: str) -> bool | None:
        """Whether a comment of a service project is internal, as Jira stored it; None where nothing tells."""
        if (raw / "jsdPublic").flag() is not None:
            return is_internal(raw)
        # Data Center does not tell in the comment; its service desk does, for issues that are requests.
        try:
            seen = self.desk.jira.service_desk(f"/request/{self.ticket_id}/comment/{comment_id}")
        except TicketNotFound:
            stored = self.desk.jira.get(f"/issue/{self.ticket_id}/comment/{comment_id}", expand="properties")
            (stored / "id").identifier()
            return is_internal(stored)
        (seen / "id").identifier()  # an answer without the comment is no breach: it is asked again
        public = (seen / "public").flag()
        return None if public is None else not public

    def take_back(self, comment_id: str, problem: str) -> NoReturn:
        """Delete a comment that was to be private, and raise `PrivacyBreach`."""
        path = f"/issue/{self.ticket_id}/comment/{comment_id}"
        try:
            self.desk.jira.write("DELETE", path, None, repeatable=True)
            outcome = "it was deleted again"
        except TicketNotFound:
            outcome = "it is gone again"
        except VendorError as error:
            outcome = f"it could NOT be deleted again ({error.message}): delete it by hand"
        self.desk.refuse(PrivacyBreach, f"comment {comment_id} was to be private, and {problem}; {outcome}")

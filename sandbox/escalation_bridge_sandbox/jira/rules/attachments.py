"""Files on issues."""

from collections.abc import Iterable

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.model.issue import Attachment, ChangeItem, Issue
from escalation_bridge_sandbox.jira.rules.session import Session

MOST_FILES = 60

NamedFile = tuple[str, str, bytes]
"""Name, type and contents."""


def attach_files(
    session: Session, issue: Issue, files: Iterable[NamedFile], size_limit: int
) -> list[Attachment]:
    """Attach files, all of them or none.

    Raises:
        JiraError: 403 without the permission, 413 when they are too many or too large.
    """
    site = session.site
    if not session.may("CREATE_ATTACHMENTS", issue):
        raise JiraError(403, "You do not have permission to create attachments for this issue.")
    taken = list(files)
    check_files(taken, size_limit)
    attached: list[Attachment] = []
    items: list[ChangeItem] = []
    for filename, mime_type, content in taken:
        attachment = Attachment(
            site.next_id("attachment"),
            filename,
            mime_type,
            len(content),
            session.actor.account_id,
            site.now(),
        )
        site.files[attachment.id] = content
        issue.attachments.append(attachment)
        attached.append(attachment)
        items.append(ChangeItem("Attachment", "attachment", "jira", None, None, attachment.id, filename))
    if items:
        session.announce("jira:issue_updated", issue, "issue_updated", session.record(issue, items))
    return attached


def check_files(files: list[NamedFile], size_limit: int) -> None:
    if len(files) > MOST_FILES:
        raise JiraError(413, f"No more than {MOST_FILES} files can be uploaded at once.")
    for filename, _, content in files:
        if len(content) > size_limit:
            raise JiraError(
                413, f"The file '{filename}' exceeds the maximum attachment size of {size_limit} bytes."
            )


def remove_attachment(session: Session, issue: Issue, attachment: Attachment) -> None:
    own = attachment.author == session.actor.account_id and session.may("DELETE_OWN_ATTACHMENTS", issue)
    if not own and not session.may("DELETE_ALL_ATTACHMENTS", issue):
        raise JiraError(403, f"You do not have permission to delete attachment with id: {attachment.id}")
    issue.attachments.remove(attachment)
    session.site.files.pop(attachment.id, None)
    item = ChangeItem("Attachment", "attachment", "jira", attachment.id, attachment.filename, None, None)
    session.announce("jira:issue_updated", issue, "issue_updated", session.record(issue, [item]))

"""Comments: who may write, change and remove them, and who may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from escalation_bridge_sandbox.jira.errors import FieldProblem, JiraError, field_errors
from escalation_bridge_sandbox.jira.fields.texts import NO_DOCUMENT, InvalidDocumentError, read_rich_text
from escalation_bridge_sandbox.jira.model.issue import Comment, Issue, Visibility
from escalation_bridge_sandbox.jira.richtext.text import RichText
from escalation_bridge_sandbox.jira.rules.bean import read_properties
from escalation_bridge_sandbox.jira.rules.permissions import ROLES, is_agent, sees_comment
from escalation_bridge_sandbox.jira.rules.session import Session

KNOWN = frozenset({"body", "visibility", "properties"})
# Sent back by clients that change what they have read; Jira reads over them.
READ_ONLY = frozenset(
    {
        "self",
        "id",
        "author",
        "updateAuthor",
        "created",
        "updated",
        "renderedBody",
        "jsdPublic",
        "jsdAuthorCanSeeRequest",
    }
)


@dataclass(frozen=True)
class Draft:
    """A comment that is to be written."""

    body: RichText | None
    visibility: Visibility | None
    has_visibility: bool
    properties: Mapping[str, Any]


def read_draft(value: Any, session: Session, issue: Issue, *, body_required: bool = True) -> Draft:
    """Read the body of a comment.

    Raises:
        JiraError: 400, in the words that Jira has for it.
    """
    cloud = session.site.edition.is_cloud
    if not isinstance(value, dict):
        raise JiraError(
            400, "Comment body is not valid!" if cloud else "Can not instantiate value of CommentJsonBean"
        )
    unknown = sorted(set(value) - KNOWN - READ_ONLY)
    if unknown and not cloud:
        raise JiraError(
            400,
            f'Unrecognized field "{unknown[0]}" (Class com.atlassian.jira.rest.v2.issue.CommentJsonBean), '
            "not marked as ignorable",
        )
    body = None
    if value.get("body") is not None or body_required:
        body = _read_body(value.get("body"), session)
    return Draft(
        body,
        _read_visibility(value.get("visibility"), session, issue),
        "visibility" in value,
        read_properties(value.get("properties"), session.site.edition),
    )


def add_comment(session: Session, issue: Issue, draft: Draft) -> Comment:
    """Write a comment and tell of it."""
    comment = store_comment(session, issue, draft)
    session.touch(issue)
    announce_comment(session, "created", issue, comment)
    return comment


def store_comment(session: Session, issue: Issue, draft: Draft) -> Comment:
    """Write a comment without telling of it, as a part of something larger."""
    if not session.may("ADD_COMMENTS", issue):
        raise JiraError(
            400, f"{session.actor.display_name}, you do not have the permission to comment on this issue."
        )
    if draft.body is None:
        raise field_errors({"comment": "Comment body can not be empty!"})
    return put_comment(session, issue, draft.body, draft.visibility, draft.properties)


def put_comment(
    session: Session,
    issue: Issue,
    body: RichText,
    visibility: Visibility | None,
    properties: Mapping[str, Any],
) -> Comment:
    """Put a comment to its issue, whoever writes it."""
    now = session.site.now()
    author = session.actor.account_id
    comment = Comment(
        session.site.next_id("comment"),
        author,
        body,
        now,
        now,
        author,
        visibility,
        {} if session.site.drops_comment_properties else dict(properties),
        by_agent=is_agent(session.actor, session.site.project_of(issue))
        and author != issue.values["reporter"],
    )
    issue.comments.append(comment)
    return comment


def announce_comment(session: Session, what: str, issue: Issue, comment: Comment) -> None:
    """Tell of a comment. Data Center also says that the issue was updated, Cloud does not."""
    session.announce(f"comment_{what}", issue, comment=comment)
    if not session.site.edition.is_cloud:
        type_name = {
            "created": "issue_commented",
            "updated": "issue_comment_edited",
            "deleted": "issue_comment_deleted",
        }[what]
        # A comment that is gone is not shown any more (recorded webhooks).
        shown = None if what == "deleted" else comment
        session.announce("jira:issue_updated", issue, type_name, comment=shown)


def find_comment(session: Session, issue: Issue, comment_id: str) -> Comment:
    """A comment that the visitor may see.

    Raises:
        JiraError: 404.
    """
    comment = issue.comment(comment_id)
    if comment is None or not sees_comment(session.person, comment, session.site.project_of(issue)):
        raise JiraError(404, f"Can not find a comment for the id: {comment_id}.")
    return comment


def find_comment_anywhere(session: Session, comment_id: str) -> tuple[Issue, Comment]:
    """A comment by its id alone.

    Raises:
        JiraError: 404.
    """
    for issue in session.site.issues.values():
        if session.may("BROWSE_PROJECTS", issue) and issue.comment(comment_id) is not None:
            return issue, find_comment(session, issue, comment_id)
    raise JiraError(404, f"Can not find a comment for the id: {comment_id}.")


def change_comment(session: Session, issue: Issue, comment: Comment, draft: Draft) -> None:
    require_own(session, issue, comment, "EDIT")
    if draft.body is not None:
        comment.body = draft.body
    if draft.has_visibility:
        comment.visibility = draft.visibility
    comment.properties.update(draft.properties)
    comment.updated = session.site.now()
    comment.update_author = session.actor.account_id
    session.touch(issue)
    announce_comment(session, "updated", issue, comment)


def remove_comment(session: Session, issue: Issue, comment: Comment) -> None:
    require_own(session, issue, comment, "DELETE")
    issue.comments.remove(comment)
    session.touch(issue)
    announce_comment(session, "deleted", issue, comment)


def require_own(session: Session, issue: Issue, comment: Comment, what: str) -> None:
    """Refuse whoever may change neither all comments nor, being its author, this one."""
    own = comment.author == session.actor.account_id and session.may(f"{what}_OWN_COMMENTS", issue)
    if not own and not session.may(f"{what}_ALL_COMMENTS", issue):
        verb = what.lower()
        raise JiraError(400, f"You do not have permission to {verb} the comment with id: {comment.id}.")


def _read_body(value: Any, session: Session) -> RichText:
    if value is None or value == "":
        raise field_errors({"comment": "Comment body can not be empty!"})
    try:
        body = read_rich_text(value, session.api)
    except FieldProblem as problem:
        message = str(problem)
        raise field_errors(
            {"comment": "Comment body is not valid!" if message == NO_DOCUMENT else message}
        ) from None
    except InvalidDocumentError as problem:
        raise JiraError(400, str(problem)) from problem
    if body.is_blank:
        raise field_errors({"comment": "Comment body can not be empty!"})
    return body


def _read_visibility(value: Any, session: Session, issue: Issue) -> Visibility | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("type") not in ("role", "group"):
        raise field_errors({"visibility": 'Invalid type value. Only "role" and "group" are accepted.'})
    kind, name = value["type"], value.get("value") or value.get("identifier")
    if not isinstance(name, str):
        raise field_errors(
            {"visibility": "Either the value or the identifier of the visibility is required."}
        )
    project = session.site.project_of(issue)
    if kind == "role" and (name not in ROLES or session.actor.account_id not in project.members(name)):
        raise field_errors({"commentLevel": f"You are currently not a member of the project role: {name}."})
    if kind == "group" and name not in session.actor.groups:
        raise field_errors({"commentLevel": f"You are currently not a member of the group: {name}."})
    return Visibility(kind, name)

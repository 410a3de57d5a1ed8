"""Creating, editing, assigning, moving and deleting issues."""

from collections.abc import Mapping
from typing import Any

from escalation_bridge_sandbox.jira.errors import FieldProblem, JiraError, field_errors
from escalation_bridge_sandbox.jira.fields.catalogue import EDITABLE, empty_values
from escalation_bridge_sandbox.jira.fields.kind import not_on_screen
from escalation_bridge_sandbox.jira.model.issue import ChangeItem, Comment, Issue
from escalation_bridge_sandbox.jira.model.project import IssueType, Project
from escalation_bridge_sandbox.jira.rules.bean import IssueBean, Operation
from escalation_bridge_sandbox.jira.rules.comments import announce_comment, read_draft, store_comment
from escalation_bridge_sandbox.jira.rules.links import link_from_update
from escalation_bridge_sandbox.jira.rules.permissions import may
from escalation_bridge_sandbox.jira.rules.session import Session
from escalation_bridge_sandbox.jira.rules.values import Reading, put_values, read_values, require_filled

# Read apart from the fields with values.
ON_CREATE = frozenset({"project", "issuetype", "issuelinks"})
ON_EDIT = frozenset({"issuetype", "comment", "issuelinks"})
AUTOMATIC = "-1"


def create_issue(session: Session, bean: IssueBean) -> Issue:
    """Create an issue in the first status of its workflow.

    Raises:
        JiraError: 400 with one message for each field that is wrong; 401 for anonymous visitors.
    """
    site = session.site
    actor = session.actor
    project = _creatable_project(bean.fields.get("project"), session)
    issue_type = _issue_type(bean.fields.get("issuetype"), project, session)
    kept = empty_values() | {"priority": site.default_priority, "reporter": actor.account_id}
    reading = read_values(bean, project.create_screen, kept, session.frame(project), elsewhere=ON_CREATE)
    _forbid_foreign_reporter(reading, bean, session, project)
    require_filled(reading, project.create_screen, kept)
    reading.refuse_if_wrong()
    issue = store_issue(session, project, issue_type.id, kept | reading.values)
    issue.properties.update(bean.properties)
    for operation in bean.update.get("issuelinks", ()):
        link_from_update(session, issue, operation)
    session.announce("jira:issue_created", issue, "issue_created")
    return issue


def store_issue(session: Session, project: Project, type_id: str, values: Mapping[str, Any]) -> Issue:
    """Put a new issue into the site without telling of it."""
    site = session.site
    now = site.now()
    issue = Issue(
        site.next_id("issue"),
        site.next_key(project),
        project.key,
        type_id,
        project.workflow_of(type_id).initial,
        session.actor.account_id,
        now,
        now,
        now,
        dict(values),
    )
    site.issues[issue.id] = issue
    return issue


def edit_issue(session: Session, issue: Issue, bean: IssueBean) -> None:
    """Set fields; what is not a change is not one in the history and no event either."""
    site = session.site
    project = site.project_of(issue)
    if not session.may("EDIT_ISSUES", issue):
        raise field_errors({name: not_on_screen(name) for name in [*bean.fields, *bean.update]})
    reading = read_values(bean, project.edit_screen, issue.values, session.frame(project), elsewhere=ON_EDIT)
    _forbid_foreign_reporter(reading, bean, session, project)
    touched = tuple(each for each in project.edit_screen if each.field_id in reading.values)
    require_filled(reading, touched, issue.values)
    new_type = _new_type(bean, issue, project, session)
    if "comment" in bean.fields:
        reading.errors["comment"] = "Field does not support update 'set'"
    reading.refuse_if_wrong()
    for operation in bean.update.get("issuelinks", ()):
        link_from_update(session, issue, operation)
    comments = comments_of(bean.update.get("comment", ()), session, issue)
    items = _retyped(issue, new_type, session) + put_values(issue, reading.values, site)
    issue.properties.update(bean.properties)
    if items:
        change = session.record(issue, items)
        only_assigned = [item.field for item in items] == ["assignee"]
        session.announce(
            "jira:issue_updated", issue, "issue_assigned" if only_assigned else "issue_updated", change
        )
    for comment in comments:
        session.touch(issue)
        announce_comment(session, "created", issue, comment)


def comments_of(operations: tuple[Operation, ...], session: Session, issue: Issue) -> list[Comment]:
    """Write the comments that an `update` adds, all or none; they are announced by the caller."""
    drafts = []
    for operation in operations:
        if operation.verb != "add":
            raise field_errors(
                {"comment": f"The sandbox does not do '{operation.verb}' to comments in an update."}
            )
        drafts.append(read_draft(operation.value, session, issue))
    return [store_comment(session, issue, draft) for draft in drafts]


def assign_issue(session: Session, issue: Issue, body: Any) -> None:
    """Assign, or take the assignee away with null."""
    site = session.site
    if not session.may("ASSIGN_ISSUES", issue):
        raise JiraError(403, "You do not have permission to assign issues.")
    known = ("accountId",) if site.edition.is_cloud else ("name", "key")
    if not isinstance(body, dict) or not any(name in body for name in known):
        raise field_errors({"assignee": f"expected '{known[0]}' property to be provided"})
    reference = next(body[name] for name in known if name in body)
    try:
        new = (
            None
            if reference in (None, AUTOMATIC)
            else EDITABLE["assignee"].read(body, session.frame(site.project_of(issue)))
        )
    except FieldProblem as problem:
        raise field_errors({"assignee": str(problem)}) from problem
    items = put_values(issue, {"assignee": new}, site)
    if items:
        session.announce("jira:issue_updated", issue, "issue_assigned", session.record(issue, items))


def delete_issue(session: Session, issue: Issue) -> None:
    """Delete for good; only the webhook and the 404 tell of it."""
    if not session.may("DELETE_ISSUES", issue):
        raise JiraError(403, "You do not have permission to delete issues in this project.")
    site = session.site
    session.announce("jira:issue_deleted", issue)
    for link in site.links_of(issue):
        del site.links[link.id]
    for attachment in issue.attachments:
        site.files.pop(attachment.id, None)
    del site.issues[issue.id]
    site.index.remove(issue.id, site.now())


def move_issue(
    session: Session, issue: Issue, project: Project, issue_type: IssueType, status_id: str
) -> None:
    """Move to another project: a new key, the same id."""
    site = session.site
    old_project, old_key = site.project_of(issue), issue.key
    old_type, old_status = site.issue_types[issue.type_id], site.statuses[issue.status_id]
    issue.former_keys.append(old_key)
    issue.key, issue.project_key = site.next_key(project), project.key
    items = [
        ChangeItem("project", "project", "jira", old_project.id, old_project.name, project.id, project.name),
        ChangeItem("Key", None, "jira", None, old_key, None, issue.key),
    ]
    if issue_type.id != old_type.id:
        issue.type_id = issue_type.id
        items.append(_type_item(old_type, issue_type))
    if status_id != old_status.id:
        issue.status_id = status_id
        status = site.statuses[status_id]
        items.append(
            ChangeItem("status", "status", "jira", old_status.id, old_status.name, status.id, status.name)
        )
    session.announce("jira:issue_updated", issue, "issue_moved", session.record(issue, items))


def _creatable_project(value: Any, session: Session) -> Project:
    cloud = session.site.edition.is_cloud
    reference = value.get("id", value.get("key")) if isinstance(value, dict) else None
    if not isinstance(reference, str):
        raise field_errors(
            {"project": "Specify a valid project ID or key" if cloud else "project is required"}
        )
    project = session.site.project(reference)
    if project is None or not may(session.person, "BROWSE_PROJECTS", project):
        raise field_errors(
            {"project": "Specify a valid project ID or key" if cloud else "valid project is required"}
        )
    if not may(session.person, "CREATE_ISSUES", project):
        raise field_errors({"project": "You do not have permission to create issues in this project."})
    return project


def _issue_type(value: Any, project: Project, session: Session) -> IssueType:
    cloud = session.site.edition.is_cloud
    if not isinstance(value, dict) or not (value.keys() & {"id", "name"}):
        raise field_errors({"issuetype": "Specify an issue type" if cloud else "issue type is required"})
    for type_id in project.issue_type_ids:
        issue_type = session.site.issue_types[type_id]
        if value.get("id") == type_id or ("id" not in value and value.get("name") == issue_type.name):
            return issue_type
    raise field_errors(
        {"issuetype": "Specify a valid issue type" if cloud else "valid issue type is required"}
    )


def _new_type(bean: IssueBean, issue: Issue, project: Project, session: Session) -> IssueType | None:
    """The type that an edit asks for; only one with the same workflow can be had without moving the issue."""
    if "issuetype" not in bean.fields:
        return None
    new = _issue_type(bean.fields["issuetype"], project, session)
    if project.workflow_of(new.id) is not project.workflow_of(issue.type_id):
        raise field_errors({"issuetype": "The issue type selected is invalid."})
    return new if new.id != issue.type_id else None


def _retyped(issue: Issue, new: IssueType | None, session: Session) -> list[ChangeItem]:
    if new is None:
        return []
    old = session.site.issue_types[issue.type_id]
    issue.type_id = new.id
    return [_type_item(old, new)]


def _type_item(old: IssueType, new: IssueType) -> ChangeItem:
    return ChangeItem("issuetype", "issuetype", "jira", old.id, old.name, new.id, new.name)


def _forbid_foreign_reporter(reading: Reading, bean: IssueBean, session: Session, project: Project) -> None:
    """Without *Modify reporter* the field is on no screen."""
    sent = "reporter" in bean.fields or "reporter" in bean.update
    if sent and not may(session.person, "MODIFY_REPORTER", project):
        reading.errors["reporter"] = not_on_screen("reporter")

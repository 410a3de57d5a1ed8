"""Requests of customers: who may see them, and writing to them from the portal's side."""

from typing import Any

from escalation_bridge_sandbox.jira.errors import BareError, FieldProblem
from escalation_bridge_sandbox.jira.fields.catalogue import empty_values
from escalation_bridge_sandbox.jira.fields.texts import InvalidDocumentError, read_rich_text
from escalation_bridge_sandbox.jira.model.issue import INTERNAL_COMMENT, Comment, Issue
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project, RequestType, ServiceDesk
from escalation_bridge_sandbox.jira.richtext.text import RichText
from escalation_bridge_sandbox.jira.rules.bean import IssueBean
from escalation_bridge_sandbox.jira.rules.comments import announce_comment, put_comment
from escalation_bridge_sandbox.jira.rules.issues import store_issue
from escalation_bridge_sandbox.jira.rules.permissions import CUSTOMERS, is_agent
from escalation_bridge_sandbox.jira.rules.session import Session
from escalation_bridge_sandbox.jira.rules.values import read_values, require_filled
from escalation_bridge_sandbox.jira.site import JiraSite

# Markup here, whatever the platform's API makes of them, unless the request says that it is a document.
RICH_TEXTS = frozenset({"description", "environment"})


class DeskError(BareError):
    """A refusal in the service desk API's form."""

    def __init__(self, status: int, message: str, key: str = "sd.rest.error") -> None:
        super().__init__(
            status, {"errorMessage": message, "i18nErrorMessage": {"i18nKey": key, "parameters": []}}
        )


def require_user(person: Person | None) -> Person:
    if person is None:
        raise DeskError(401, "You are not authenticated. Authentication required to perform this operation.")
    return person


def may_use(person: Person, project: Project) -> bool:
    """Whether somebody may raise requests in a service desk: its agents and its customers."""
    return is_agent(person, project) or person.account_id in project.members(CUSTOMERS)


def find_desk(
    site: JiraSite, reference: str, person: Person, *, missing: int = 404
) -> tuple[Project, ServiceDesk]:
    """A service desk by its id, or by the id or key of its project.

    Raises:
        DeskError: `missing` when there is none, 403 when it may not be used.
    """
    for project in site.projects.values():
        desk = project.service_desk
        if desk is not None and reference in (desk.id, project.id, project.key):
            if not may_use(person, project):
                raise DeskError(403, "You do not have permission to access this service desk.")
            return project, desk
    raise DeskError(
        missing, f"The service desk with id '{reference}' does not exist.", "sd.servicedesk.error.not.found"
    )


def sees_request(person: Person, issue: Issue, project: Project) -> bool:
    """Whether somebody sees a request: agents all of them, customers their own, participants those that were shared with them."""
    return (
        is_agent(person, project)
        or person.account_id in issue.participants
        or (may_use(person, project) and person.account_id in (issue.values["reporter"], issue.creator))
    )


def find_request(session: Session, ref: str) -> tuple[Issue, Project, ServiceDesk]:
    """An issue that is a request, if it may be seen.

    Raises:
        DeskError: 404.
    """
    person = require_user(session.person)
    issue = session.site.issue(ref)
    project = None if issue is None else session.site.project_of(issue)
    if (
        issue is None
        or project is None
        or project.service_desk is None
        or not sees_request(person, issue, project)
    ):
        raise DeskError(
            404, "The request you are trying to view does not exist.", "sd.request.error.not.found"
        )
    return issue, project, project.service_desk


def write_comment(session: Session, issue: Issue, project: Project, body: str, *, public: bool) -> Comment:
    """Comment on a request; only agents write what customers do not see.

    Raises:
        DeskError: 403 for a customer's internal comment, 400 for no or too much text.
    """
    if not public and not is_agent(session.person, project):
        raise DeskError(403, "You do not have permission to add internal comments.")
    try:
        text = read_rich_text(body, 2)
    except FieldProblem as problem:
        raise DeskError(400, str(problem)) from problem
    if text.is_blank:
        raise DeskError(400, "Comment body can not be empty!")
    comment = put_comment(session, issue, text, None, {INTERNAL_COMMENT: {"internal": not public}})
    session.touch(issue)
    announce_comment(session, "created", issue, comment)
    return comment


def create_request(
    session: Session,
    project: Project,
    request_type: RequestType,
    reporter: Person,
    values: dict[str, Any],
    *,
    as_document: bool,
    channel: str = "api",
) -> Issue:
    """Raise a request, from the form's values.

    Raises:
        DeskError: 400, with what is wrong in one sentence.
    """
    site = session.site
    errors = {
        name: "The field is not valid for this request type."
        for name in values
        if name not in request_type.form
    }
    kept = empty_values() | {"priority": site.default_priority, "reporter": reporter.account_id}
    texts = RICH_TEXTS.intersection(values)
    bean = IssueBean(fields={name: value for name, value in values.items() if name not in texts})
    reading = read_values(bean, project.create_screen, kept, session.frame(project))
    reading.errors.update(errors)
    for name in texts - set(errors):
        if values[name] is not None:
            try:
                reading.values[name] = _rich_text(values[name], as_document=as_document)
            except (FieldProblem, InvalidDocumentError) as problem:
                reading.errors[name] = str(problem)
    require_filled(reading, tuple(each for each in project.create_screen if each.field_id == "summary"), kept)
    if reading.errors:
        wrong = " ".join(f"{name}: {message}" for name, message in reading.errors.items())
        raise DeskError(
            400,
            f"Your request could not be created. Please check the fields have been correctly filled in. {wrong}",
            "sd.request.create.error.fields",
        )
    issue = store_issue(session, project, request_type.issue_type_id, kept | reading.values)
    issue.request_type = request_type.id
    # Seen in databases of Data Center; the API does not document it.
    issue.properties["request.channel.type"] = {"value": channel}
    session.announce("jira:issue_created", issue, "issue_created")
    return issue


def _rich_text(value: Any, *, as_document: bool) -> RichText | None:
    text = read_rich_text(value, 3 if as_document else 2)
    return None if text.is_blank else text

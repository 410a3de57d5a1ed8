"""Who may do what. Permissions are given by project role; an administrator has the global ones."""

from collections.abc import Mapping

from escalation_bridge_sandbox.jira.errors import JiraError, not_logged_in
from escalation_bridge_sandbox.jira.model.issue import Comment
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project

ADMINISTRATORS = "Administrators"
DEVELOPERS = "Developers"
INTEGRATIONS = "Integrations"
SERVICE_TEAM = "Service Desk Team"
VIEWERS = "Viewers"
CUSTOMERS = "Service Desk Customers"

_VIEW = frozenset({"BROWSE_PROJECTS"})
_WORK = _VIEW | {
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "ASSIGN_ISSUES",
    "ASSIGNABLE_USER",
    "LINK_ISSUES",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "DELETE_OWN_COMMENTS",
    "CREATE_ATTACHMENTS",
    "DELETE_OWN_ATTACHMENTS",
}
_SERVICE = _WORK | {"SERVICEDESK_AGENT"}
_INTEGRATE = _SERVICE | {"MODIFY_REPORTER", "MOVE_ISSUES"}
_ADMINISTER = _INTEGRATE | {
    "ADMINISTER_PROJECTS",
    "DELETE_ISSUES",
    "EDIT_ALL_COMMENTS",
    "DELETE_ALL_COMMENTS",
    "DELETE_ALL_ATTACHMENTS",
}

# In the order of their ids, which answers show.
ROLES: Mapping[str, frozenset[str]] = {
    ADMINISTRATORS: _ADMINISTER,
    DEVELOPERS: _WORK,
    SERVICE_TEAM: _SERVICE,
    INTEGRATIONS: _INTEGRATE,
    VIEWERS: _VIEW,
    CUSTOMERS: frozenset(),
}
FIRST_ROLE_ID = 10002
GLOBAL_PERMISSIONS = frozenset({"ADMINISTER", "SYSTEM_ADMIN", "USER_PICKER", "BULK_CHANGE"})
PROJECT_PERMISSIONS = _ADMINISTER


def role_id(role: str) -> str:
    return str(FIRST_ROLE_ID + list(ROLES).index(role))


def may(person: Person | None, permission: str, project: Project) -> bool:
    """Whether somebody has a project permission; anonymous visitors have none."""
    if person is None or not person.active:
        return False
    return any(
        permission in granted and person.account_id in project.members(role)
        for role, granted in ROLES.items()
    )


def administers(person: Person, project: Project) -> bool:
    """Whether somebody administers a project, or the site."""
    return person.active and (person.is_admin or may(person, "ADMINISTER_PROJECTS", project))


def may_globally(person: Person | None, permission: str) -> bool:
    if person is None or not person.active or not person.is_licensed:
        return False
    return person.is_admin or permission in ("USER_PICKER", "BULK_CHANGE")


def is_agent(person: Person | None, project: Project) -> bool:
    """Whether somebody works in the service desk of a project."""
    return project.service_desk is not None and may(person, "SERVICEDESK_AGENT", project)


def sees_comment(person: Person | None, comment: Comment, project: Project) -> bool:
    """Whether a visitor who sees the issue sees the comment as well."""
    visibility = comment.visibility
    if visibility is None:
        return True
    if person is None:
        return False
    if visibility.kind == "group":
        return visibility.value in person.groups
    return person.account_id in project.members(visibility.value)


def require_admin(person: Person | None) -> Person:
    """Refuse whoever does not administer the site."""
    if person is None:
        raise not_logged_in()
    if not person.is_admin:
        raise JiraError(403, "You do not have permission to administer Jira.")
    return person


def require_login(person: Person | None) -> Person:
    if person is None:
        raise not_logged_in()
    return person

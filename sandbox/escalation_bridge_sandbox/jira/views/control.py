"""What people do in Jira's own pages, for tests and demonstrations: `/_sandbox/...`."""

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

import flask

from escalation_bridge_sandbox.jira.fields.catalogue import FIELDS
from escalation_bridge_sandbox.jira.live_site import LiveSite
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project
from escalation_bridge_sandbox.jira.model.workflow import ScreenField
from escalation_bridge_sandbox.jira.rules.issues import move_issue
from escalation_bridge_sandbox.jira.rules.permissions import ROLES
from escalation_bridge_sandbox.jira.rules.session import Session
from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX, ControlError, control_body

LONGEST_LAG = 86400
SCREENS = ("create", "edit")
USER_FIELDS: dict[str, type] = {
    "active": bool,
    "email_visible": bool,
    "locale": str,
    "time_zone": str,
    "groups": list,
}


def control_blueprint(sandbox: LiveSite) -> flask.Blueprint:
    """Control endpoints that only Jira has."""
    control = flask.Blueprint("jira_control", __name__, url_prefix=CONTROL_PREFIX)

    @control.post("/issues/<ref>/move")
    def move(ref: str) -> tuple[dict[str, Any], int]:
        """Move to another project, as the dialog *Move issue* does."""
        body = control_body(("project", "issuetype", "status", "user"))
        site = sandbox.site
        issue = site.issue(ref)
        if issue is None:
            raise ControlError(f"there is no issue {ref}")
        project = _project(sandbox, body.get("project"))
        name = body.get("issuetype") or site.issue_types[issue.type_id].name
        types = [site.issue_types[each] for each in project.issue_type_ids]
        issue_type = next(
            (each for each in types if each.name == name), None if "issuetype" in body else types[0]
        )
        if issue_type is None:
            raise ControlError(f"issuetype must be one of {', '.join(each.name for each in types)}")
        workflow = project.workflow_of(issue_type.id)
        by_name = {site.statuses[each].name: each for each in workflow.status_ids()}
        status = body.get("status")
        if status is not None and (not isinstance(status, str) or status not in by_name):
            raise ControlError(f"status must be one of {', '.join(by_name)}")
        kept = issue.status_id if issue.status_id in workflow.status_ids() else workflow.initial
        session = Session(site, _person(sandbox, body.get("user", "admin")), 2, sandbox.publish)
        move_issue(session, issue, project, issue_type, by_name[status] if status else kept)
        return {"id": issue.id, "key": issue.key}, 200

    @control.put("/issues/<ref>/security")
    def set_security(ref: str) -> dict[str, Any]:
        """Set an issue's security level: who may see it besides having the project's permission; null for everybody."""
        users = control_body(("users",)).get("users")
        issue = sandbox.site.issue(ref)
        if issue is None:
            raise ControlError(f"there is no issue {ref}")
        if users is not None and not isinstance(users, list):
            raise ControlError("users must be a list of user names, or null")
        issue.seen_by = (
            None if users is None else frozenset(_person(sandbox, each).account_id for each in users)
        )
        return {"id": issue.id, "key": issue.key, "users": users}

    @control.put("/projects/<key>/roles/<role>")
    def set_role(key: str, role: str) -> dict[str, Any]:
        """Say who is in a project role, and with that who may do what."""
        project = _project(sandbox, key)
        if role not in ROLES:
            raise ControlError(f"the roles are {', '.join(ROLES)}")
        users = control_body(("users",)).get("users")
        if not isinstance(users, list):
            raise ControlError("users must be a list of user names")
        members = frozenset(_person(sandbox, each).account_id for each in users)
        sandbox.site.set_project(replace(project, roles={**project.roles, role: members}))
        return {"project": project.key, "role": role, "users": users}

    @control.put("/projects/<key>/screens/<operation>")
    def set_screen(key: str, operation: str) -> dict[str, Any]:
        """Say which fields are on a project's create or edit screen, and which of them are required."""
        project = _project(sandbox, key)
        if operation not in SCREENS:
            raise ControlError(f"the screens are {', '.join(SCREENS)}")
        body = control_body(("fields", "required"))
        fields = _field_ids(body.get("fields"), "fields")
        required = _field_ids(body.get("required", []), "required")
        screen = tuple(ScreenField(each, required=each in {*required, "summary"}) for each in fields)
        changed = (
            replace(project, create_screen=screen)
            if operation == "create"
            else replace(project, edit_screen=screen)
        )
        sandbox.site.set_project(changed)
        return {"project": project.key, "screen": operation, "fields": fields, "required": required}

    @control.put("/comment-properties")
    def keep_comment_properties() -> dict[str, Any]:
        """Say whether the site keeps the entity properties of comments."""
        kept = control_body(("kept",)).get("kept")
        if not isinstance(kept, bool):
            raise ControlError("kept must be true or false")
        sandbox.site.drops_comment_properties = not kept
        return {"kept": kept}

    @control.put("/statuses/<status_id>")
    def rename_status(status_id: str) -> dict[str, Any]:
        """Rename a status; its id stays."""
        name = control_body(("name",)).get("name")
        if status_id not in sandbox.site.statuses:
            raise ControlError(f"the statuses are {', '.join(sandbox.site.statuses)}")
        if not isinstance(name, str) or not name.strip():
            raise ControlError("name must be a text")
        sandbox.site.rename_status(status_id, name)
        return {"id": status_id, "name": name}

    @control.put("/users/<name>")
    def change_user(name: str) -> dict[str, Any]:
        """Deactivate an account, hide its address, or move it to another time zone or group."""
        body = control_body(USER_FIELDS)
        for key, value in body.items():
            if not isinstance(value, USER_FIELDS[key]):
                raise ControlError(f"{key} must be a {USER_FIELDS[key].__name__}")
        if body.get("time_zone") not in (None, *available_timezones()):
            raise ControlError("time_zone must be a name such as Asia/Jakarta")
        person = _person(sandbox, name)
        if "groups" in body:
            body["groups"] = frozenset(map(str, body["groups"]))
        changed = replace(person, **body)
        sandbox.site.people[person.account_id] = changed
        return {"name": changed.name, "active": changed.active, "groups": sorted(changed.groups)}

    @control.route("/search", methods=["GET", "PUT"])
    def search() -> dict[str, Any]:
        """How many seconds search lags behind."""
        if flask.request.method == "PUT":
            lag = control_body(("lag",)).get("lag")
            if isinstance(lag, bool) or not isinstance(lag, int | float) or not 0 <= lag <= LONGEST_LAG:
                raise ControlError(f"lag must be a number of seconds from 0 to {LONGEST_LAG}")
            sandbox.site.index.lag = lag
        return {"lag": sandbox.site.index.lag}

    return control


def _project(sandbox: LiveSite, key: object) -> Project:
    project = sandbox.site.project(key) if isinstance(key, str) else None
    if project is None:
        raise ControlError(f"project must be one of {', '.join(sandbox.site.projects)}")
    return project


def _field_ids(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not all(each in FIELDS for each in value):
        raise ControlError(f"{name} must be a list of field ids; there are {', '.join(FIELDS)}")
    return value


def _person(sandbox: LiveSite, name: object) -> Person:
    people = sandbox.site.people.values()
    person = next((each for each in people if name in (each.name, each.email, each.account_id)), None)
    if person is None:
        raise ControlError(f"there is no user {name}; there are {', '.join(each.name for each in people)}")
    return person

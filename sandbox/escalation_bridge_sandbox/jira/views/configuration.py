"""Projects, statuses, priorities, types, fields and what can be created."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.fields.catalogue import FIELDS
from escalation_bridge_sandbox.jira.http import Call, Routes, answer
from escalation_bridge_sandbox.jira.model.project import Priority, Project
from escalation_bridge_sandbox.jira.model.workflow import Category, Status
from escalation_bridge_sandbox.jira.render.meta import (
    creatable_fields,
    createmeta_field,
    field_details,
    project_details,
    project_statuses,
)
from escalation_bridge_sandbox.jira.rules.permissions import may, require_login


def register(routes: Routes) -> None:
    routes.api("/project", list_projects, "GET")
    routes.api("/project/<project_ref>", get_project, "GET")
    routes.api("/project/<project_ref>/statuses", get_project_statuses, "GET")
    routes.api("/priority", list_priorities, "GET")
    routes.api("/priority/<priority_id>", get_priority, "GET")
    routes.api("/status", list_statuses, "GET")
    routes.api("/status/<name>", get_status, "GET")
    routes.api("/statuscategory", list_categories, "GET")
    routes.api("/resolution", list_resolutions, "GET")
    routes.api("/issuetype", list_issue_types, "GET")
    routes.api("/field", list_fields, "GET")
    routes.api("/issue/createmeta/<project_ref>/issuetypes", createmeta_types, "GET")
    routes.api("/issue/createmeta/<project_ref>/issuetypes/<type_id>", createmeta_fields, "GET")
    routes.api("/issue/createmeta", createmeta, "GET")
    if routes.is_cloud:
        routes.api("/project/search", search_projects, "GET")
        routes.api("/priority/search", search_priorities, "GET")
        routes.api("/statuses/search", search_statuses, "GET")


def _visible_projects(call: Call, permission: str = "BROWSE_PROJECTS") -> list[Project]:
    return [each for each in call.site.projects.values() if may(call.person, permission, each)]


def find_project(call: Call, project_ref: str) -> Project:
    project = call.site.project(project_ref)
    if project is None or not may(call.person, "BROWSE_PROJECTS", project):
        what = "id" if project_ref.isdecimal() else "key"
        raise JiraError(404, f"No project could be found with {what} '{project_ref}'.")
    return project


def _paged(call: Call, values: list[Any], path: str, default_size: int, largest: int) -> flask.Response:
    start, size = call.page(default_size, largest)
    return answer(
        {
            "self": call.renderer.url(f"{path}?maxResults={size}&startAt={start}"),
            "maxResults": size,
            "startAt": start,
            "total": len(values),
            "isLast": start + size >= len(values),
            "values": values[start : start + size],
        }
    )


def list_projects(call: Call) -> flask.Response:
    return answer([project_details(each, call.renderer) for each in _visible_projects(call)])


def search_projects(call: Call) -> flask.Response:
    query, keys = (call.text("query") or "").lower(), call.names("keys")
    found = [
        each
        for each in _visible_projects(call)
        if (query in each.key.lower() or query in each.name.lower()) and (not keys or each.key in keys)
    ]
    return _paged(call, [project_details(each, call.renderer) for each in found], "project/search", 50, 100)


def get_project(call: Call, project_ref: str) -> flask.Response:
    return answer(project_details(find_project(call, project_ref), call.renderer))


def get_project_statuses(call: Call, project_ref: str) -> flask.Response:
    return answer(project_statuses(find_project(call, project_ref), call.renderer))


def _priority(priority: Priority, call: Call) -> dict[str, Any]:
    shown = {
        **call.renderer.priority(priority),
        "statusColor": priority.color,
        "description": priority.description,
    }
    if call.site.edition.is_cloud:
        shown["isDefault"] = priority.id == call.site.default_priority
    return shown


def list_priorities(call: Call) -> flask.Response:
    require_login(call.person)
    return answer([_priority(each, call) for each in call.site.priorities.values()])


def search_priorities(call: Call) -> flask.Response:
    require_login(call.person)
    values = [_priority(each, call) for each in call.site.priorities.values()]
    return _paged(call, values, "priority/search", 50, 50)


def get_priority(call: Call, priority_id: str) -> flask.Response:
    require_login(call.person)
    if priority_id not in call.site.priorities:
        raise JiraError(404, f"The priority with id '{priority_id}' does not exist")
    return answer(_priority(call.site.priorities[priority_id], call))


def list_statuses(call: Call) -> flask.Response:
    """The statuses of the workflows that the visitor's projects use."""
    used = {
        status_id
        for project in _visible_projects(call)
        for workflow in project.workflows.values()
        for status_id in workflow.status_ids()
    }
    return answer([call.renderer.status(each) for each in call.site.statuses.values() if each.id in used])


def get_status(call: Call, name: str) -> flask.Response:
    for status in call.site.statuses.values():
        if name == status.id or name.lower() == status.name.lower():
            return answer(call.renderer.status(status))
    raise JiraError(404, f"The status with id '{name}' does not exist")


def search_statuses(call: Call) -> flask.Response:
    if not _visible_projects(call, "ADMINISTER_PROJECTS"):
        # 401, as the API description has it, and not 403.
        raise JiraError(401, "You do not have permission to perform this operation.")
    wanted = (call.text("searchString") or "").lower()
    found = [each for each in call.site.statuses.values() if wanted in each.name.lower()]
    return _paged(call, [_plain_status(each) for each in found], "statuses/search", 200, 200)


def _plain_status(status: Status) -> dict[str, Any]:
    category = {Category.NEW: "TODO", Category.DONE: "DONE"}.get(status.category, "IN_PROGRESS")
    return {
        "id": status.id,
        "name": status.name,
        "statusCategory": category,
        "scope": {"type": "GLOBAL"},
        "description": status.description,
    }


def list_categories(call: Call) -> flask.Response:
    require_login(call.person)
    return answer([call.renderer.category(each) for each in Category])


def list_resolutions(call: Call) -> flask.Response:
    require_login(call.person)
    return answer([call.renderer.resolution(each) for each in call.site.resolutions.values()])


def list_issue_types(call: Call) -> flask.Response:
    used = {type_id for project in _visible_projects(call) for type_id in project.issue_type_ids}
    return answer(
        [call.renderer.issue_type(each) for each in call.site.issue_types.values() if each.id in used]
    )


def list_fields(call: Call) -> flask.Response:
    return answer([field_details(each, call.renderer) for each in FIELDS.values()])


def createmeta(call: Call) -> flask.Response:
    """All projects at once. Where that was removed, `createmeta` is taken for the key of an issue."""
    if not call.site.edition.has_whole_createmeta:
        call.find_issue("createmeta")
    keys = (*call.names("projectKeys"), *call.names("projectIds"))
    with_fields = "projects.issuetypes.fields" in call.expand()
    projects = [
        _createmeta_project(call, each, with_fields=with_fields)
        for each in _visible_projects(call, "CREATE_ISSUES")
        if not keys or each.key in keys or each.id in keys
    ]
    return answer({"expand": "projects", "projects": projects})


def _createmeta_project(call: Call, project: Project, *, with_fields: bool) -> dict[str, Any]:
    ids, names = call.names("issuetypeIds"), call.names("issuetypeNames")
    types: list[dict[str, Any]] = []
    for type_id in project.issue_type_ids:
        shown = call.renderer.issue_type(call.site.issue_types[type_id])
        if (ids and type_id not in ids) or (names and shown["name"] not in names):
            continue
        if with_fields:
            fields = [
                createmeta_field(each, project, type_id, call.renderer) for each in creatable_fields(project)
            ]
            shown["expand"] = "fields"
            # By their ids here, so that the id is not repeated inside.
            shown["fields"] = {each["fieldId"]: _without_id(each, call) for each in fields}
        types.append(shown)
    return {
        "self": call.renderer.url(f"project/{project.id}"),
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "avatarUrls": call.renderer.avatars("projectavatar", "avatarId=10324"),
        "issuetypes": types,
    }


def _without_id(field: dict[str, Any], call: Call) -> dict[str, Any]:
    if not call.site.edition.is_cloud:
        return field
    return {name: value for name, value in field.items() if name != "fieldId"}


def _creatable_project(call: Call, project_ref: str) -> Project:
    project = find_project(call, project_ref)
    if not may(call.person, "CREATE_ISSUES", project):
        raise JiraError(400, "You do not have permission to create issues in this project.")
    return project


def _createmeta_page(call: Call, name: str, values: list[Any]) -> flask.Response:
    start, size = call.page(50, 200)
    # Cloud names the list after its contents, Data Center calls it values.
    shown: dict[str, Any] = {"startAt": start, "maxResults": size, "total": len(values)}
    if call.site.edition.is_cloud:
        return answer({**shown, name: values[start : start + size]})
    return answer({**shown, "isLast": start + size >= len(values), "values": values[start : start + size]})


def createmeta_types(call: Call, project_ref: str) -> flask.Response:
    project = _creatable_project(call, project_ref)
    types = [call.renderer.issue_type(call.site.issue_types[each]) for each in project.issue_type_ids]
    return _createmeta_page(call, "issueTypes", types)


def createmeta_fields(call: Call, project_ref: str, type_id: str) -> flask.Response:
    project = _creatable_project(call, project_ref)
    if type_id not in project.issue_type_ids:
        raise JiraError(
            400, f"The issue type with id '{type_id}' is not available in project '{project.key}'."
        )
    fields = [createmeta_field(each, project, type_id, call.renderer) for each in creatable_fields(project)]
    return _createmeta_page(call, "fields", fields)

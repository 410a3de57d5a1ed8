"""`project/{key}/role`: who is in the roles of a project. Told to its administrators only."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer
from escalation_bridge_sandbox.jira.model.project import Project
from escalation_bridge_sandbox.jira.rules.permissions import ROLES, administers, require_login, role_id


def register(routes: Routes) -> None:
    routes.api("/project/<project_ref>/role", list_roles, "GET")
    routes.api("/project/<project_ref>/role/<role_ref>", get_role, "GET")


def _project(call: Call, ref: str) -> Project:
    project = call.site.project(ref)
    if project is None or not administers(require_login(call.person), project):
        raise JiraError(404, f"No project could be found with key '{ref}'.")  # to strangers, too
    return project


def list_roles(call: Call, project_ref: str) -> flask.Response:
    path = f"project/{_project(call, project_ref).id}/role"
    return answer({role: call.renderer.url(f"{path}/{role_id(role)}") for role in ROLES})


def get_role(call: Call, project_ref: str, role_ref: str) -> flask.Response:
    project = _project(call, project_ref)
    role = next((each for each in ROLES if role_id(each) == role_ref), None)
    if role is None:
        raise JiraError(404, f"Can not retrieve a role actor for role with id {role_ref}.")
    actors: list[dict[str, Any]] = []
    for number, account in enumerate(sorted(project.members(role)), start=10240):
        person = call.site.people[account]
        who: dict[str, Any] = {"name": person.name}
        if call.site.edition.is_cloud:
            who = {"actorUser": {"accountId": person.account_id}}
        shown = {"id": number, "displayName": person.display_name, "type": "atlassian-user-role-actor"}
        actors.append(shown | who)
    return answer(
        {
            "self": call.renderer.url(f"project/{project.id}/role/{role_ref}"),
            "name": role,
            "id": int(role_ref),
            "description": "",
            "actors": actors,
        }
    )

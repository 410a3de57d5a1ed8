"""`myself`, `user`, `mypermissions`, `serverInfo`."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.model.project import Project
from escalation_bridge_sandbox.jira.rules.permissions import (
    GLOBAL_PERMISSIONS,
    PROJECT_PERMISSIONS,
    administers,
    may,
    may_globally,
    require_admin,
    require_login,
)

LARGEST_PAGE = 1000


def register(routes: Routes) -> None:
    routes.api("/serverInfo", server_info, "GET")
    routes.api("/myself", myself, "GET")
    routes.api("/user", get_user, "GET")
    routes.api("/user/search", search_users, "GET")
    routes.api("/user/assignable/search", search_assignable, "GET")
    routes.api("/user/permission/search", search_permitted, "GET")
    routes.api("/mypermissions", my_permissions, "GET")
    routes.at("/rest/applinks/latest/listApplicationlinks", list_application_links, "GET")
    if routes.is_cloud:
        routes.at("/_edge/tenant_info", tenant_info, "GET")


def server_info(call: Call) -> flask.Response:
    edition, site = call.site.edition, call.site
    renderer = call.renderer
    info: dict[str, Any] = {
        "baseUrl": renderer.base_url,
        "version": edition.version_text,
        "versionNumbers": list(edition.version),
        # Data Center calls itself Server here (recorded answers of Jira 9.12 and 10.3).
        "deploymentType": "Cloud" if edition.is_cloud else "Server",
        "buildNumber": 100300
        if edition.is_cloud
        else edition.version[0] * 1_000_000 + edition.version[1] * 10_000,
        "buildDate": "2026-01-12T00:00:00.000+0000",
        "serverTime": renderer.time(site.now()),
        "scmInfo": "0" * 40,
        "serverTitle": "Jira",
    }
    if edition.is_cloud:
        info["serverTimeZone"] = "Etc/UTC"
    else:
        info["databaseBuildNumber"] = info["buildNumber"]
    return answer(info)


def tenant_info(call: Call) -> flask.Response:
    """Where anybody learns the cloud id that the API gateway's addresses begin with."""
    return answer({"cloudId": call.site.cloud_id})


def list_application_links(call: Call) -> flask.Response:
    """Other applications that this Jira is linked with: none. Clients ask before they make a remote link."""
    require_admin(call.person)
    return answer({"list": []})


def myself(call: Call) -> flask.Response:
    person = require_login(call.person)
    shown = call.renderer.user(person)
    groups = sorted(person.groups) if "groups" in call.expand() else []
    items = [{"name": each, "self": call.renderer.url(f"group?groupname={each}")} for each in groups]
    return answer(
        {
            **shown,
            "groups": {"size": len(person.groups), "items": items},
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }
    )


def get_user(call: Call) -> flask.Response:
    require_login(call.person)
    reference = (
        call.text("accountId") if call.site.edition.is_cloud else call.text("username") or call.text("key")
    )
    if not reference:
        raise JiraError(400, "The query parameter 'accountId' is required.")
    person = call.site.person(reference)
    if person is None:
        raise JiraError(404, f"The user named '{reference}' does not exist")
    return answer(call.renderer.user(person))


def search_users(call: Call) -> flask.Response:
    cloud = call.site.edition.is_cloud
    query, account_id = call.text("query" if cloud else "username"), call.text("accountId")
    if cloud and call.text("username") is not None:
        raise JiraError(400, "The query parameter 'username' is not supported in GDPR strict mode.")
    if query is None and not (cloud and account_id is not None):
        raise JiraError(
            400,
            "The query parameter is missing." if cloud else "The username query parameter was not provided",
        )
    if call.person is None:
        return answer([])
    found = [
        each
        for each in call.site.people.values()
        if each.active and _is_meant(each, query, account_id, cloud)
    ]
    return answer(_page(call, found))


def search_assignable(call: Call) -> flask.Response:
    project = _assignable_project(call)
    cloud = call.site.edition.is_cloud
    query, account_id = call.text("query" if cloud else "username"), call.text("accountId")
    found = [
        each
        for each in call.site.people.values()
        if may(each, "ASSIGNABLE_USER", project) and _is_meant(each, query or "", account_id, cloud)
    ]
    return answer(_page(call, found))


def search_permitted(call: Call) -> flask.Response:
    """Who has all of some permissions in a project; only its administrators may ask."""
    wanted = call.names("permissions")
    if not wanted or not set(wanted) <= PROJECT_PERMISSIONS:
        raise JiraError(400, f"Unrecognized permissions: {', '.join(wanted) or 'none'}")
    ref, name = call.text("issueKey"), call.text("projectKey")
    project = call.site.project_of(call.find_issue(ref)) if ref else call.site.project(name or "")
    if project is None:
        raise JiraError(404, f"No project could be found with key '{name}'.")
    if not administers(require_login(call.person), project):
        raise JiraError(403, "You do not have permission to administer this project.")
    cloud = call.site.edition.is_cloud
    query, account_id = call.text("query" if cloud else "username"), call.text("accountId")
    found = [
        each
        for each in call.site.people.values()
        if all(may(each, permission, project) for permission in wanted)
        and _is_meant(each, query or "", account_id, cloud)
    ]
    return answer(_page(call, found))


def _assignable_project(call: Call) -> Project:
    ref = call.text("issueKey") or call.text("issueId")
    if ref is not None:
        return call.site.project_of(call.find_issue(ref))
    name = call.text("project")
    if name is None:
        raise JiraError(400, "Either the project or the issue key must be specified.")
    project = call.site.project(name)
    if project is None or not may(call.person, "BROWSE_PROJECTS", project):
        raise JiraError(404, f"No project could be found with key '{name}'.")
    return project


def _is_meant(person: Person, query: str | None, account_id: str | None, cloud: bool) -> bool:
    if account_id is not None:
        return person.account_id == account_id
    wanted = (query or "").lower()
    attributes = [*person.display_name.split(), person.display_name, person.email]
    if not cloud:
        attributes.append(person.name)
    return any(each.lower().startswith(wanted) for each in attributes)


def _page(call: Call, people: list[Person]) -> list[dict[str, Any]]:
    start, size = call.page(50, LARGEST_PAGE)
    return [call.renderer.user(each) for each in people[start : start + size]]


def my_permissions(call: Call) -> flask.Response:
    names = call.names("permissions")
    known = sorted(GLOBAL_PERMISSIONS | PROJECT_PERMISSIONS)
    unknown = [each for each in names if each not in known]
    if call.site.edition.is_cloud and not names:
        raise JiraError(400, "The 'permissions' query parameter is required.")
    if unknown:
        raise JiraError(400, f"Unrecognized permission keys: {', '.join(unknown)}")
    projects = _context_projects(call)
    shown = {
        name: {
            "id": str(known.index(name)),
            "key": name,
            "name": name.replace("_", " ").capitalize(),
            "type": "GLOBAL" if name in GLOBAL_PERMISSIONS else "PROJECT",
            "description": "",
            "havePermission": may_globally(call.person, name)
            if name in GLOBAL_PERMISSIONS
            else any(may(call.person, name, project) for project in projects),
        }
        for name in names or known
    }
    return answer({"permissions": shown})


def _context_projects(call: Call) -> list[Project]:
    """The project that is asked about, or all: in the global context one project with the permission is enough."""
    ref = call.text("issueId") or call.text("issueKey")
    if ref is not None:
        return [call.site.project_of(call.find_issue(ref))]
    name = call.text("projectId") or call.text("projectKey")
    if name is None:
        return list(call.site.projects.values())
    project = call.site.project(name)
    if project is None or not may(call.person, "BROWSE_PROJECTS", project):
        raise JiraError(404, f"No project could be found with key '{name}'.")
    return [project]

"""`/rest/servicedeskapi/servicedesk`: desks, their request types with their forms, and their customers."""

import flask

from escalation_bridge_sandbox.jira.http import Call, Routes, answer
from escalation_bridge_sandbox.jira.rules.permissions import CUSTOMERS, is_agent
from escalation_bridge_sandbox.jira.servicedesk.pages import BASE, page_of, renderer_of
from escalation_bridge_sandbox.jira.servicedesk.requests import DeskError, find_desk, may_use, require_user


def register(routes: Routes) -> None:
    routes.at(f"{BASE}/servicedesk", list_desks, "GET")
    routes.at(f"{BASE}/servicedesk/<desk_id>", get_desk, "GET")
    routes.at(f"{BASE}/servicedesk/<desk_id>/requesttype", list_request_types, "GET")
    routes.at(f"{BASE}/servicedesk/<desk_id>/requesttype/<type_id>/field", list_form_fields, "GET")
    routes.at(f"{BASE}/servicedesk/<desk_id>/customer", list_customers, "GET")


def list_desks(call: Call) -> flask.Response:
    person = require_user(call.person)
    desks = [
        renderer_of(call).desk(project, project.service_desk)
        for project in call.site.projects.values()
        if project.service_desk is not None and may_use(person, project)
    ]
    return page_of(call, desks, "servicedesk")


def get_desk(call: Call, desk_id: str) -> flask.Response:
    return answer(renderer_of(call).desk(*find_desk(call.site, desk_id, require_user(call.person))))


def list_request_types(call: Call, desk_id: str) -> flask.Response:
    _, desk = find_desk(call.site, desk_id, require_user(call.person))
    query = (call.text("searchQuery") or "").lower()
    types = [
        renderer_of(call).request_type(desk, each)
        for each in desk.request_types
        if query in each.name.lower()
    ]
    return page_of(call, types, f"servicedesk/{desk.id}/requesttype")


def list_form_fields(call: Call, desk_id: str, type_id: str) -> flask.Response:
    """What the form of a request type asks for, and what else the visitor may say in it."""
    project, desk = find_desk(call.site, desk_id, require_user(call.person))
    request_type = next((each for each in desk.request_types if each.id == type_id), None)
    if request_type is None:
        raise DeskError(404, f"The request type with id '{type_id}' does not exist in this service desk.")
    agent = is_agent(call.person, project)
    return answer(
        {
            "requestTypeFields": [renderer_of(call).form_field(each) for each in request_type.form],
            "canRaiseOnBehalfOf": agent,
            "canAddRequestParticipants": agent,
        }
    )


def list_customers(call: Call, desk_id: str) -> flask.Response:
    """The desk's customers, for its agents; Data Center counts this among the experimental operations."""
    project, desk = find_desk(call.site, desk_id, require_user(call.person))
    if not call.site.edition.is_cloud and "X-ExperimentalApi" not in flask.request.headers:
        raise DeskError(412, "This is an experimental API. Opt in to use it.")
    if not is_agent(call.person, project):
        raise DeskError(403, "You do not have permission to view the customers of this service desk.")
    query = (call.text("query") or "").lower()
    people = [call.site.people[each] for each in sorted(project.members(CUSTOMERS))]
    cloud = call.site.edition.is_cloud  # where the account id stands for the name
    found = [
        renderer_of(call).desk_user(each)
        for each in people
        if any(
            word.lower().startswith(query)
            for word in (*each.display_name.split(), each.account_id if cloud else each.name, each.email)
        )
    ]
    return page_of(call, found, f"servicedesk/{desk.id}/customer")

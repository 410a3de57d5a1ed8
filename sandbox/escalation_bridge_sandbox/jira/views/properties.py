"""Entity properties: values that integrations keep at an issue."""

import json
from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.rules.bean import PROPERTY_LIMIT, check_property_key


def register(routes: Routes) -> None:
    routes.api("/issue/<ref>/properties", list_issue_properties, "GET")
    routes.api("/issue/<ref>/properties/<key>", get, "GET")
    routes.api("/issue/<ref>/properties/<key>", put, "PUT")
    routes.api("/issue/<ref>/properties/<key>", delete, "DELETE")


def list_issue_properties(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    return list_properties(call, issue.properties, f"issue/{issue.id}/properties")


def get(call: Call, ref: str, key: str) -> flask.Response:
    issue = call.find_issue(ref)
    if key not in issue.properties:
        raise JiraError(404, f"The property {key} does not exist.")
    return answer({"key": key, "value": issue.properties[key]})


def put(call: Call, ref: str, key: str) -> flask.Response:
    issue = call.find_issue(ref)
    if not call.session.may("EDIT_ISSUES", issue):
        raise JiraError(403, "You do not have permission to edit issues in this project.")
    # The issue counts as unchanged: neither its `updated` nor its history tell of properties.
    return put_property(call, issue.properties, key)


def delete(call: Call, ref: str, key: str) -> flask.Response:
    issue = call.find_issue(ref)
    if key not in issue.properties or not call.session.may("EDIT_ISSUES", issue):
        raise JiraError(404, f"The property {key} does not exist.")
    del issue.properties[key]
    return nothing()


def list_properties(call: Call, properties: dict[str, Any], path: str) -> flask.Response:
    keys = [{"self": call.renderer.url(f"{path}/{key}"), "key": key} for key in properties]
    return answer({"keys": keys})


def put_property(call: Call, properties: dict[str, Any], key: str) -> flask.Response:
    """Set a property to whatever JSON was sent: 201 when it is new, 200 when it was there."""
    check_property_key(key)
    value = call.json()
    if len(json.dumps(value, ensure_ascii=False)) > PROPERTY_LIMIT:
        raise JiraError(400, f"The property value cannot be longer than {PROPERTY_LIMIT} characters.")
    is_new = key not in properties
    properties[key] = value
    return nothing(201 if is_new else 200)

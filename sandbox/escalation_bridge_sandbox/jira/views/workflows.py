"""Workflows as administrators read them. Cloud only."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError, invalid_payload
from escalation_bridge_sandbox.jira.http import Call, Routes, answer
from escalation_bridge_sandbox.jira.model.workflow import Category, Status, Transition, Workflow

_CATEGORY = {Category.NEW: "TODO", Category.INDETERMINATE: "IN_PROGRESS", Category.DONE: "DONE"}
_GLOBAL = {"type": "GLOBAL"}


def register(routes: Routes) -> None:
    if routes.is_cloud:
        routes.api("/workflows", read, "POST")


def read(call: Call) -> flask.Response:
    """The workflows that projects use for issue types."""
    if call.person is None or not call.person.is_admin:
        # 401, as the API description has it, and not 403. All workflows here are global ones.
        raise JiraError(401, "You are not authorized to perform this action.")
    body = call.json_object(("projectAndIssueTypes", "workflowIds", "workflowNames"))
    pairs = body.get("projectAndIssueTypes") or []
    if not isinstance(pairs, list):
        raise invalid_payload()
    found: dict[str, Workflow] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or not {"projectId", "issueTypeId"} <= set(pair):
            raise invalid_payload()
        project = call.site.project(str(pair["projectId"]))
        if project is None or str(pair["issueTypeId"]) not in project.issue_type_ids:
            raise JiraError(400, "The project or the issue type does not exist.")
        workflow = project.workflow_of(str(pair["issueTypeId"]))
        found[workflow.name] = workflow
    used = dict.fromkeys(each for workflow in found.values() for each in workflow.status_ids())
    return answer(
        {
            "statuses": [_status(call.site.statuses[each]) for each in used],
            "workflows": [_workflow(each) for each in found.values()],
        }
    )


def _status(status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "name": status.name,
        "description": status.description,
        "scope": _GLOBAL,
        "statusCategory": _CATEGORY.get(status.category, "IN_PROGRESS"),
        "statusReference": status.id,
    }


def _workflow(workflow: Workflow) -> dict[str, Any]:
    start = {
        "id": "1",
        "name": "Create",
        "type": "INITIAL",
        "toStatusReference": workflow.initial,
        "links": [],
        "properties": {},
    }
    return {
        "id": f"workflow-{workflow.name.lower().replace(' ', '-')}",
        "name": workflow.name,
        "description": "",
        "isEditable": True,
        "scope": _GLOBAL,
        "statuses": [
            {"statusReference": each, "properties": {}, "deprecated": False} for each in workflow.status_ids()
        ],
        "transitions": [start, *(_transition(each) for each in workflow.transitions)],
        "version": {"id": "1", "versionNumber": 1},
    }


def _transition(transition: Transition) -> dict[str, Any]:
    sources = () if transition.sources is None else sorted(transition.sources)
    return {
        "id": transition.id,
        "name": transition.name,
        "description": "",
        "type": "GLOBAL" if transition.sources is None else "DIRECTED",
        "toStatusReference": transition.target,
        "links": [{"fromPort": 0, "fromStatusReference": each, "toPort": 1} for each in sources],
        "properties": {},
        "actions": [],
        "triggers": [],
        "validators": [],
    }

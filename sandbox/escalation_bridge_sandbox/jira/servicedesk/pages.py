"""What all views of the service desk API answer with."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Call, answer
from escalation_bridge_sandbox.jira.servicedesk.render import DeskRenderer
from escalation_bridge_sandbox.jira.servicedesk.requests import DeskError

BASE = "/rest/servicedeskapi"


def renderer_of(call: Call) -> DeskRenderer:
    return DeskRenderer(call.site, call.renderer.base_url, 2, call.person)


def page_of(call: Call, values: list[Any], path: str) -> flask.Response:
    try:
        start, limit = call.number("start", 0), call.number("limit", 50)
    except JiraError as problem:
        raise DeskError(400, problem.messages[0]) from problem
    return answer(renderer_of(call).page(values, max(0, start), max(1, limit), path))

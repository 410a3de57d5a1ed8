"""`issue`: create, get, edit, assign, delete, transitions, history."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing, texts_in
from escalation_bridge_sandbox.jira.model.issue import Issue
from escalation_bridge_sandbox.jira.render.issues import Selection
from escalation_bridge_sandbox.jira.rules.bean import IssueBean, read_bean
from escalation_bridge_sandbox.jira.rules.issues import assign_issue, create_issue, delete_issue, edit_issue
from escalation_bridge_sandbox.jira.rules.transitions import transition_issue

MOST_FETCHED = 100


def register(routes: Routes) -> None:
    routes.api("/issue", create, "POST")
    routes.api("/issue/<ref>", get, "GET")
    routes.api("/issue/<ref>", edit, "PUT")
    routes.api("/issue/<ref>", delete, "DELETE")
    routes.api("/issue/<ref>/assignee", assign, "PUT")
    routes.api("/issue/<ref>/transitions", list_transitions, "GET")
    routes.api("/issue/<ref>/transitions", transition, "POST")
    routes.api("/issue/<ref>/editmeta", editmeta, "GET")
    if routes.is_cloud:
        routes.api("/issue/<ref>/changelog", changelog, "GET")
        routes.api("/issue/bulkfetch", bulk_fetch, "POST")


def create(call: Call) -> flask.Response:
    bean = read_bean(call.json(), call.site.edition)
    issue = create_issue(call.session, bean)
    created: dict[str, Any] = {
        "id": issue.id,
        "key": issue.key,
        "self": call.renderer.url(f"issue/{issue.id}"),
    }
    if bean.transition is not None:
        created["transition"] = _transition_after_create(call, issue, bean)
    return answer(created, 201)


def _transition_after_create(call: Call, issue: Issue, bean: IssueBean) -> dict[str, Any]:
    try:
        transition_issue(call.session, issue, IssueBean(transition=bean.transition))
    except JiraError as problem:
        return {"status": problem.status, "errorCollection": problem.body()}
    return {"status": 200, "errorCollection": {"errorMessages": [], "errors": {}}}


def selection_of(call: Call) -> Selection:
    return Selection(call.names("fields") or ("*all",), call.expand(), call.names("properties"))


def get(call: Call, ref: str) -> flask.Response:
    return answer(call.renderer.issue(call.find_issue(ref), selection_of(call)))


def edit(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    # A transition in here is ignored, as the API description says.
    edit_issue(call.session, issue, read_bean(call.json(), call.site.edition))
    if call.site.edition.is_cloud and call.flag("returnIssue"):
        return answer(call.renderer.issue(issue, Selection(expand=call.expand())))
    return nothing()


def delete(call: Call, ref: str) -> flask.Response:
    delete_issue(call.session, call.find_issue(ref))
    return nothing()


def assign(call: Call, ref: str) -> flask.Response:
    assign_issue(call.session, call.find_issue(ref), call.json())
    return nothing()


def list_transitions(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    with_fields = "transitions.fields" in call.expand()
    shown = call.renderer.transitions(issue, with_fields=with_fields)
    wanted = call.text("transitionId")
    if wanted is not None:
        shown = [each for each in shown if each["id"] == wanted]
    return answer({"expand": "transitions", "transitions": shown})


def transition(call: Call, ref: str) -> flask.Response:
    transition_issue(call.session, call.find_issue(ref), read_bean(call.json(), call.site.edition))
    return nothing()


def editmeta(call: Call, ref: str) -> flask.Response:
    return answer({"fields": call.renderer.edit_metadata(call.find_issue(ref))})


def changelog(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    start, size = call.page(100, 100)
    shown = issue.history[start : start + size]
    total = len(issue.history)
    renderer = call.renderer
    return answer(
        {
            "self": renderer.url(f"issue/{issue.id}/changelog?maxResults={size}&startAt={start}"),
            "maxResults": size,
            "startAt": start,
            "total": total,
            "isLast": start + size >= total,
            "values": [renderer.change(each) for each in shown],
        }
    )


def bulk_fetch(call: Call) -> flask.Response:
    body = call.json_object(("issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties"))
    refs = texts_in(body, "issueIdsOrKeys")
    if not 0 < len(refs) <= MOST_FETCHED:
        raise JiraError(400, f"Between 1 and {MOST_FETCHED} issue ids or keys are required.")
    selection = Selection(
        texts_in(body, "fields") or ("*navigable",),
        frozenset(texts_in(body, "expand")),
        texts_in(body, "properties"),
    )
    found: dict[str, Issue] = {}
    errors: list[dict[str, str]] = []
    for ref in refs:
        try:
            issue = call.find_issue(ref)
        except JiraError as problem:
            errors.append({"id": ref, "errorMessage": problem.messages[0]})
        else:
            found[issue.id] = issue
    issues = sorted(found.values(), key=lambda each: int(each.id))
    shown = [call.renderer.issue(issue, selection) for issue in issues]
    return answer({"issues": shown, "issueErrors": errors})

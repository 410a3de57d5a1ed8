"""`/rest/servicedeskapi`: requests, their comments, files, statuses and clocks."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.model.issue import Issue
from escalation_bridge_sandbox.jira.model.project import Project, ServiceDesk
from escalation_bridge_sandbox.jira.model.workflow import Transition
from escalation_bridge_sandbox.jira.rules.attachments import attach_files, check_files
from escalation_bridge_sandbox.jira.rules.permissions import is_agent
from escalation_bridge_sandbox.jira.rules.transitions import perform
from escalation_bridge_sandbox.jira.servicedesk.pages import BASE, page_of, renderer_of
from escalation_bridge_sandbox.jira.servicedesk.requests import (
    DeskError,
    create_request,
    find_desk,
    find_request,
    may_use,
    require_user,
    sees_request,
    write_comment,
)
from escalation_bridge_sandbox.jira.servicedesk.sla import METRICS, status_history
from escalation_bridge_sandbox.jira.views.attachments import uploaded_files

CREATE_FIELDS = frozenset(
    {
        "serviceDeskId",
        "requestTypeId",
        "requestFieldValues",
        "raiseOnBehalfOf",
        "requestParticipants",
        "isAdfRequest",
        "channel",
        "form",
    }
)


def register(routes: Routes) -> None:
    routes.at(f"{BASE}/info", info, "GET")
    routes.at(f"{BASE}/servicedesk/<desk_id>/attachTemporaryFile", attach_temporary_file, "POST")
    routes.at(f"{BASE}/request", list_requests, "GET")
    routes.at(f"{BASE}/request", create, "POST")
    routes.at(f"{BASE}/request/<ref>", get, "GET")
    routes.at(f"{BASE}/request/<ref>/comment", list_comments, "GET")
    routes.at(f"{BASE}/request/<ref>/comment", create_comment, "POST")
    routes.at(f"{BASE}/request/<ref>/comment/<comment_id>", get_comment, "GET")
    routes.at(f"{BASE}/request/<ref>/comment/<comment_id>/attachment", list_comment_attachments, "GET")
    routes.at(f"{BASE}/request/<ref>/participant", list_participants, "GET")
    routes.at(f"{BASE}/request/<ref>/participant", add_participants, "POST")
    routes.at(f"{BASE}/request/<ref>/participant", remove_participants, "DELETE")
    routes.at(f"{BASE}/request/<ref>/attachment", list_attachments, "GET")
    routes.at(f"{BASE}/request/<ref>/attachment", create_attachment, "POST")
    routes.at(f"{BASE}/request/<ref>/feedback", show_feedback, "GET")
    routes.at(f"{BASE}/request/<ref>/feedback", give_feedback, "POST")
    routes.at(f"{BASE}/request/<ref>/feedback", take_feedback_back, "DELETE")
    routes.at(f"{BASE}/request/<ref>/sla", list_slas, "GET")
    routes.at(f"{BASE}/request/<ref>/sla/<metric_id>", get_sla, "GET")
    routes.at(f"{BASE}/request/<ref>/status", list_statuses, "GET")
    routes.at(f"{BASE}/request/<ref>/transition", list_transitions, "GET")
    routes.at(f"{BASE}/request/<ref>/transition", transition, "POST")


def _body(call: Call, known: frozenset[str]) -> dict[str, Any]:
    body = call.json()
    if not isinstance(body, dict) or not set(body) <= known:
        raise DeskError(400, "Bad request: the body is not of the form that this operation takes.")
    return body


def info(call: Call) -> flask.Response:
    renderer = renderer_of(call)
    return answer(
        {
            "version": "5.12.0",
            "platformVersion": call.site.edition.version_text,
            "buildChangeSet": "0" * 12,
            "isLicensedForUse": True,
            "_links": {"self": renderer.desk_url("info")},
        }
    )


def attach_temporary_file(call: Call, desk_id: str) -> flask.Response:
    find_desk(call.site, desk_id, require_user(call.person))
    files = uploaded_files()
    if not files:
        raise DeskError(400, "No files were found in the field 'file'.")
    check_files(files, call.sandbox.attachment_limit)
    uploaded = []
    for file in files:
        file_id = f"temp{call.site.next_id('temporary')}"
        call.site.temporary_files[file_id] = file
        uploaded.append({"temporaryAttachmentId": file_id, "fileName": file[0]})
    return answer({"temporaryAttachments": uploaded}, 201)


def list_requests(call: Call) -> flask.Response:
    person = require_user(call.person)
    shown = []
    for issue in sorted(call.site.issues.values(), key=lambda each: each.updated, reverse=True):
        project = call.site.project_of(issue)
        if project.service_desk is not None and sees_request(person, issue, project):
            shown.append(renderer_of(call).request(issue, project.service_desk, call.expand()))
    return page_of(call, shown, "request")


def create(call: Call) -> flask.Response:
    person = require_user(call.person)
    body = _body(call, CREATE_FIELDS)
    project, desk = find_desk(call.site, str(body.get("serviceDeskId", "")), person, missing=400)
    wanted = str(body.get("requestTypeId", ""))
    request_type = next((each for each in desk.request_types if each.id == wanted), None)
    if request_type is None:
        raise DeskError(400, f"The request type with id '{wanted}' does not exist in this service desk.")
    values = body.get("requestFieldValues") or {}
    if not isinstance(values, dict):
        raise DeskError(400, "requestFieldValues must be an object.")
    reporter = person
    if body.get("raiseOnBehalfOf") is not None:
        if not is_agent(person, project):
            raise DeskError(403, "You do not have permission to raise requests on behalf of others.")
        found = call.site.person(str(body["raiseOnBehalfOf"]))
        if found is None or not found.active or not may_use(found, project):
            raise DeskError(400, f"'{body['raiseOnBehalfOf']}' is no customer of this service desk.")
        reporter = found
    issue = create_request(
        call.session,
        project,
        request_type,
        reporter,
        values,
        as_document=bool(body.get("isAdfRequest")),
        channel=str(body.get("channel") or ("api" if is_agent(person, project) else "portal")),
    )
    return answer(renderer_of(call).request(issue, desk), 201)


def get(call: Call, ref: str) -> flask.Response:
    issue, _, desk = find_request(call.session, ref)
    return answer(renderer_of(call).request(issue, desk, call.expand()))


def list_comments(call: Call, ref: str) -> flask.Response:
    """Comments; an empty page, and no error, for whoever may not see the request."""
    person = require_user(call.person)
    path = f"request/{ref}/comment"
    issue = call.site.issue(ref)
    if issue is None:
        raise DeskError(
            404, "The request you are trying to view does not exist.", "sd.request.error.not.found"
        )
    project = call.site.project_of(issue)
    if project.service_desk is None or not sees_request(person, issue, project):
        return page_of(call, [], path)
    agent = is_agent(person, project)
    wanted = {True: call.flag("public", default=True), False: agent and call.flag("internal", default=True)}
    renderer = renderer_of(call)
    comments = [each for each in renderer.visible_comments(issue) if wanted[renderer.is_public(issue, each)]]
    return page_of(call, [renderer.desk_comment(issue, each, call.expand()) for each in comments], path)


def create_comment(call: Call, ref: str) -> flask.Response:
    issue, project, _ = find_request(call.session, ref)
    body = _body(call, frozenset({"body", "public"}))
    if not isinstance(body.get("public"), bool):
        raise DeskError(400, "The field 'public' is required and must be true or false.")
    if not isinstance(body.get("body"), str):
        raise DeskError(400, "The field 'body' is required and must be a text.")
    comment = write_comment(call.session, issue, project, body["body"], public=body["public"])
    return answer(renderer_of(call).desk_comment(issue, comment), 201)


def get_comment(call: Call, ref: str, comment_id: str) -> flask.Response:
    issue, project, _ = find_request(call.session, ref)
    comment = issue.comment(comment_id)
    renderer = renderer_of(call)
    if comment is None or not (is_agent(call.person, project) or renderer.is_public(issue, comment)):
        raise DeskError(404, f"The comment with id '{comment_id}' does not exist.")
    return answer(renderer.desk_comment(issue, comment, call.expand()))


def list_comment_attachments(call: Call, ref: str, comment_id: str) -> flask.Response:
    issue, project, _ = find_request(call.session, ref)
    comment = issue.comment(comment_id)
    renderer = renderer_of(call)
    if comment is None or not (is_agent(call.person, project) or renderer.is_public(issue, comment)):
        raise DeskError(404, f"The comment with id '{comment_id}' does not exist.")
    path = f"request/{issue.id}/comment/{comment.id}/attachment"
    return page_of(call, renderer.attachments_of(issue, comment), path)


def list_attachments(call: Call, ref: str) -> flask.Response:
    """The files of a request; customers do not see those that came with an internal comment."""
    issue, project, _ = find_request(call.session, ref)
    renderer = renderer_of(call)
    hidden = {
        each
        for comment in issue.comments
        if not renderer.is_public(issue, comment) and not is_agent(call.person, project)
        for each in comment.attachment_ids
    }
    shown = [renderer.desk_attachment(each) for each in issue.attachments if each.id not in hidden]
    return page_of(call, shown, f"request/{issue.id}/attachment")


def create_attachment(call: Call, ref: str) -> flask.Response:
    """Attach what was uploaded before, with a comment that says so."""
    issue, project, _ = find_request(call.session, ref)
    body = _body(call, frozenset({"temporaryAttachmentIds", "public", "additionalComment"}))
    ids, public = _temporary_ids(body), body.get("public")
    if not isinstance(public, bool):
        raise DeskError(400, "The field 'public' is required and must be true or false.")
    if not ids or not all(each in call.site.temporary_files for each in ids):
        raise DeskError(400, "The temporary attachments do not exist or have expired.")
    if not public and not is_agent(call.person, project):
        raise DeskError(403, "You do not have permission to add internal attachments.")
    files = [call.site.temporary_files.pop(each) for each in ids]
    attached = attach_files(call.session, issue, files, call.sandbox.attachment_limit)
    text = _additional_comment(body)
    names = " ".join(f"[^{each.filename}]" for each in attached)
    comment = write_comment(call.session, issue, project, f"{text} {names}".strip(), public=public)
    comment.attachment_ids.extend(each.id for each in attached)
    renderer = renderer_of(call)
    page = renderer.page(
        [renderer.desk_attachment(each) for each in attached],
        0,
        50,
        f"request/{issue.id}/comment/{comment.id}/attachment",
    )
    return answer({"comment": renderer.desk_comment(issue, comment), "attachments": page}, 201)


def show_feedback(call: Call, ref: str) -> flask.Response:
    """The customer's rating. What Jira answers where there is none is not documented: here the type alone."""
    issue, _, _ = find_request(call.session, ref)
    return answer(issue.feedback or {"type": "csat"})


def give_feedback(call: Call, ref: str) -> flask.Response:
    issue, _, _ = _reported_by_caller(call, ref)
    body = _body(call, frozenset({"type", "rating", "comment"}))
    comment, rating = body.get("comment"), body.get("rating")
    if body.get("type") != "csat" or isinstance(rating, bool) or rating not in range(1, 6):
        raise DeskError(400, "The type must be csat, and the rating a number between 1 and 5.")
    if comment is not None and not (isinstance(comment, dict) and isinstance(comment.get("body"), str)):
        raise DeskError(400, "The comment must have a body.")
    issue.feedback = {
        "type": "csat",
        "rating": rating,
        **({"comment": {"body": comment["body"]}} if comment else {}),
    }
    return answer(issue.feedback, 201)


def take_feedback_back(call: Call, ref: str) -> flask.Response:
    issue, _, _ = _reported_by_caller(call, ref)
    issue.feedback = None
    return nothing()


def _reported_by_caller(call: Call, ref: str) -> tuple[Issue, Project, ServiceDesk]:
    found = find_request(call.session, ref)
    if require_user(call.person).account_id != found[0].values["reporter"]:
        raise DeskError(403, "Only the reporter may give feedback.")
    return found


def list_participants(call: Call, ref: str) -> flask.Response:
    issue, _, _ = find_request(call.session, ref)
    people = [call.site.people[each] for each in issue.participants]
    return page_of(call, [call.renderer.user(each) for each in people], f"request/{issue.id}/participant")


def add_participants(call: Call, ref: str) -> flask.Response:
    """Share a request with somebody: `accountIds`, on Data Center `usernames`."""
    issue, ids = _participants(call, ref)
    issue.participants = [*(each for each in issue.participants if each not in ids), *ids]
    return list_participants(call, ref)


def remove_participants(call: Call, ref: str) -> flask.Response:
    issue, ids = _participants(call, ref)
    issue.participants = [each for each in issue.participants if each not in ids]
    return list_participants(call, ref)


def _participants(call: Call, ref: str) -> tuple[Issue, list[str]]:
    issue, _, _ = find_request(call.session, ref)
    name = "accountIds" if call.site.edition.is_cloud else "usernames"
    given = _body(call, frozenset({"accountIds", "usernames"})).get(name)
    found = [call.site.person(str(each)) for each in given] if isinstance(given, list) else []
    ids = [each.account_id for each in found if each is not None]
    if not ids or len(ids) != len(found):
        raise DeskError(400, f"{name} must name users that there are.")
    return issue, ids


def _temporary_ids(body: dict[str, Any]) -> list[str]:
    """The ids, each once; none when they are no list of texts."""
    ids = body.get("temporaryAttachmentIds")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        return []
    return list(dict.fromkeys(ids))


def _additional_comment(body: dict[str, Any]) -> str:
    comment = body.get("additionalComment")
    if comment is None:
        return ""
    if not isinstance(comment, dict) or not isinstance(comment.get("body"), str):
        raise DeskError(400, "additionalComment must be an object with a body.")
    return str(comment["body"])


def _agent_request(call: Call, ref: str) -> tuple[Issue, Project, ServiceDesk]:
    found = find_request(call.session, ref)
    if not is_agent(call.person, found[1]):
        raise DeskError(403, "You must be an agent of this service desk to see its SLAs.")
    return found


def list_slas(call: Call, ref: str) -> flask.Response:
    issue, _, _ = _agent_request(call, ref)
    return page_of(call, [renderer_of(call).sla(issue, each) for each in METRICS], f"request/{issue.id}/sla")


def get_sla(call: Call, ref: str, metric_id: str) -> flask.Response:
    issue, _, _ = _agent_request(call, ref)
    metric = next((each for each in METRICS if each.id == metric_id), None)
    if metric is None:
        raise DeskError(404, f"The SLA with id '{metric_id}' does not exist.")
    return answer(renderer_of(call).sla(issue, metric))


def list_statuses(call: Call, ref: str) -> flask.Response:
    issue, _, _ = find_request(call.session, ref)
    steps = [renderer_of(call).request_status(*each) for each in reversed(status_history(issue, call.site))]
    return page_of(call, steps, f"request/{issue.id}/status")


def _ways(call: Call, issue: Issue) -> list[Transition]:
    return [each for each in call.site.workflow_of(issue).available(issue.status_id) if each.for_customers]


def list_transitions(call: Call, ref: str) -> flask.Response:
    issue, _, _ = find_request(call.session, ref)
    shown = [{"id": each.id, "name": each.name} for each in _ways(call, issue)]
    return page_of(call, shown, f"request/{issue.id}/transition")


def transition(call: Call, ref: str) -> flask.Response:
    issue, project, _ = find_request(call.session, ref)
    body = _body(call, frozenset({"id", "additionalComment"}))
    way = next((each for each in _ways(call, issue) if each.id == body.get("id")), None)
    if way is None:
        raise DeskError(400, f"The transition with id '{body.get('id')}' is not valid for this request.")
    text = _additional_comment(body)
    if text:
        write_comment(call.session, issue, project, text, public=True)
    perform(call.session, issue, way, {}, [])
    return nothing()

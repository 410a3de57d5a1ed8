"""`issueLink`, `issueLinkType` and `issue/{key}/remotelink`."""

import flask

from escalation_bridge_sandbox.jira.errors import BareError, JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.model.issue import Issue, IssueLink, RemoteLink
from escalation_bridge_sandbox.jira.rules.comments import add_comment, read_draft
from escalation_bridge_sandbox.jira.rules.links import (
    REMOTE_FIELDS,
    find_link_type,
    find_linked,
    link_issues,
    put_remote_link,
    unlink_issues,
)


def register(routes: Routes) -> None:
    routes.api("/issueLink", create_link, "POST")
    routes.api("/issueLink/<link_id>", get_link, "GET")
    routes.api("/issueLink/<link_id>", delete_link, "DELETE")
    routes.api("/issueLinkType", list_link_types, "GET")
    routes.api("/issueLinkType/<type_id>", get_link_type, "GET")
    routes.api("/issue/<ref>/remotelink", list_remote_links, "GET")
    routes.api("/issue/<ref>/remotelink", upsert_remote_link, "POST")
    routes.api("/issue/<ref>/remotelink", delete_remote_link_by_global_id, "DELETE")
    routes.api("/issue/<ref>/remotelink/<link_id>", get_remote_link, "GET")
    routes.api("/issue/<ref>/remotelink/<link_id>", update_remote_link, "PUT")
    routes.api("/issue/<ref>/remotelink/<link_id>", delete_remote_link, "DELETE")


def create_link(call: Call) -> flask.Response:
    body = call.json_object(("type", "inwardIssue", "outwardIssue", "comment"))
    link_type = find_link_type(body.get("type"), call.site)
    inward = find_linked(call.session, body.get("inwardIssue"))
    outward = find_linked(call.session, body.get("outwardIssue"))
    # The comment is read first: without it the link is not made either.
    draft = read_draft(body["comment"], call.session, outward) if body.get("comment") else None
    link_issues(call.session, link_type, inward, outward)
    if draft is not None:
        add_comment(call.session, outward, draft)
    return nothing(201)


def _visible_link(call: Call, link_id: str) -> IssueLink:
    if not link_id.isdecimal():
        raise JiraError(400, f"The issue link id '{link_id}' is not valid.")
    link = call.site.links.get(link_id)
    ends = [] if link is None else [call.site.issues[link.inward], call.site.issues[link.outward]]
    if link is None or not all(call.session.may("BROWSE_PROJECTS", issue) for issue in ends):
        raise JiraError(404, f"No issue link with id '{link_id}' exists.")
    return link


def get_link(call: Call, link_id: str) -> flask.Response:
    return answer(call.renderer.link(_visible_link(call, link_id)))


def delete_link(call: Call, link_id: str) -> flask.Response:
    unlink_issues(call.session, _visible_link(call, link_id))
    return nothing()


def list_link_types(call: Call) -> flask.Response:
    return answer(
        {"issueLinkTypes": [call.renderer.link_type(each) for each in call.site.link_types.values()]}
    )


def get_link_type(call: Call, type_id: str) -> flask.Response:
    if type_id not in call.site.link_types:
        raise JiraError(404, f"No issue link type with id '{type_id}' found.")
    return answer(call.renderer.link_type(call.site.link_types[type_id]))


def list_remote_links(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    global_id = call.text("globalId")
    if global_id is None:
        return answer([call.renderer.remote_link(issue, each) for each in issue.remote_links])
    return answer(call.renderer.remote_link(issue, _by_global_id(issue, global_id)))


def upsert_remote_link(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    link, is_new = put_remote_link(call.session, issue, _remote_body(call), None)
    shown = {"id": link.id, "self": call.renderer.url(f"issue/{issue.key}/remotelink/{link.id}")}
    # Data Center answers 200 to both.
    return answer(shown, 201 if is_new and call.site.edition.is_cloud else 200)


def update_remote_link(call: Call, ref: str, link_id: str) -> flask.Response:
    issue = call.find_issue(ref)
    put_remote_link(call.session, issue, _remote_body(call), _by_id(issue, link_id))
    return nothing()


def get_remote_link(call: Call, ref: str, link_id: str) -> flask.Response:
    issue = call.find_issue(ref)
    return answer(call.renderer.remote_link(issue, _by_id(issue, link_id)))


def delete_remote_link(call: Call, ref: str, link_id: str) -> flask.Response:
    issue = call.find_issue(ref)
    _remove(call, issue, _by_id(issue, link_id))
    return nothing()


def delete_remote_link_by_global_id(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    global_id = call.text("globalId")
    if global_id is None:
        raise JiraError(400, "'globalId' is required.")
    _remove(call, issue, _by_global_id(issue, global_id))
    return nothing()


def _remote_body(call: Call) -> object:
    body = call.json()
    unknown = sorted(set(body) - REMOTE_FIELDS) if isinstance(body, dict) else []
    if unknown and not call.site.edition.is_cloud:
        # Cloud's description allows more properties than it reads.
        raise BareError(400, {"errorMessages": [f'Unrecognized field "{unknown[0]}"'], "errors": {}})
    return body


def _remove(call: Call, issue: Issue, link: RemoteLink) -> None:
    if not call.session.may("LINK_ISSUES", issue):
        raise JiraError(403, "You do not have permission to link issues in this project.")
    issue.remote_links.remove(link)
    call.session.touch(issue)


def _by_id(issue: Issue, link_id: str) -> RemoteLink:
    for link in issue.remote_links:
        if str(link.id) == link_id:
            return link
    raise JiraError(404, f"No remote issue link with id '{link_id}' exists.")


def _by_global_id(issue: Issue, global_id: str) -> RemoteLink:
    for link in issue.remote_links:
        if link.global_id == global_id:
            return link
    raise JiraError(404, f"No remote issue link with globalId '{global_id}' exists.")

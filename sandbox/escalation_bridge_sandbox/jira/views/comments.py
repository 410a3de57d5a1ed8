"""`issue/{key}/comment` and the properties of comments."""

import flask

from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.model.issue import Comment
from escalation_bridge_sandbox.jira.rules.comments import (
    add_comment,
    change_comment,
    find_comment,
    find_comment_anywhere,
    read_draft,
    remove_comment,
    require_own,
)
from escalation_bridge_sandbox.jira.views.properties import list_properties, put_property

ORDERS = ("created", "+created", "-created")
# Data Center gives all comments of an issue at once, unless asked for fewer.
PAGE_SIZES = {True: (100, 5000), False: (1048576, 1048576)}


def register(routes: Routes) -> None:
    routes.api("/issue/<ref>/comment", list_comments, "GET")
    routes.api("/issue/<ref>/comment", create, "POST")
    routes.api("/issue/<ref>/comment/<comment_id>", get, "GET")
    routes.api("/issue/<ref>/comment/<comment_id>", update, "PUT")
    routes.api("/issue/<ref>/comment/<comment_id>", delete, "DELETE")
    routes.api("/comment/<comment_id>/properties", list_comment_properties, "GET")
    routes.api("/comment/<comment_id>/properties/<key>", get_property, "GET")
    routes.api("/comment/<comment_id>/properties/<key>", set_property, "PUT")
    routes.api("/comment/<comment_id>/properties/<key>", delete_property, "DELETE")


def list_comments(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    order = call.text("orderBy")
    if order is not None and order not in ORDERS:
        raise JiraError(
            400, f"The orderBy parameter '{order}' is not valid; use created, +created or -created."
        )
    default_size, largest = PAGE_SIZES[call.site.edition.is_cloud]
    start, size = call.page(default_size, largest)
    comments = sorted(call.renderer.visible_comments(issue), key=_age, reverse=order == "-created")
    expand = call.expand()
    return answer(
        {
            "startAt": start,
            "maxResults": size,
            "total": len(comments),
            "comments": [
                call.renderer.comment(issue, each, expand) for each in comments[start : start + size]
            ],
        }
    )


def _age(comment: Comment) -> tuple[str, int]:
    return comment.created.isoformat(), int(comment.id)


def create(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    comment = add_comment(call.session, issue, read_draft(call.json(), call.session, issue))
    return answer(call.renderer.comment(issue, comment, call.expand()), 201)


def get(call: Call, ref: str, comment_id: str) -> flask.Response:
    issue = call.find_issue(ref)
    comment = find_comment(call.session, issue, comment_id)
    return answer(call.renderer.comment(issue, comment, call.expand()))


def update(call: Call, ref: str, comment_id: str) -> flask.Response:
    issue = call.find_issue(ref)
    comment = find_comment(call.session, issue, comment_id)
    draft = read_draft(call.json(), call.session, issue, body_required=False)
    change_comment(call.session, issue, comment, draft)
    return answer(call.renderer.comment(issue, comment, call.expand()))


def delete(call: Call, ref: str, comment_id: str) -> flask.Response:
    issue = call.find_issue(ref)
    if call.person is None:
        raise JiraError(405, "Anonymous users cannot delete comments.")
    remove_comment(call.session, issue, find_comment(call.session, issue, comment_id))
    return nothing()


def list_comment_properties(call: Call, comment_id: str) -> flask.Response:
    _, comment = find_comment_anywhere(call.session, comment_id)
    return list_properties(call, comment.properties, f"comment/{comment_id}/properties")


def get_property(call: Call, comment_id: str, key: str) -> flask.Response:
    _, comment = find_comment_anywhere(call.session, comment_id)
    if key not in comment.properties:
        raise JiraError(404, f"The property {key} does not exist.")
    return answer({"key": key, "value": comment.properties[key]})


def set_property(call: Call, comment_id: str, key: str) -> flask.Response:
    issue, comment = find_comment_anywhere(call.session, comment_id)
    require_own(call.session, issue, comment, "EDIT")
    kept = {} if call.site.drops_comment_properties else comment.properties
    return put_property(call, kept, key)


def delete_property(call: Call, comment_id: str, key: str) -> flask.Response:
    issue, comment = find_comment_anywhere(call.session, comment_id)
    require_own(call.session, issue, comment, "EDIT")
    if comment.properties.pop(key, None) is None:
        raise JiraError(404, f"The property {key} does not exist.")
    return nothing()

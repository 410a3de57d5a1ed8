"""Uploads and downloads."""

from urllib.parse import quote

import flask

from escalation_bridge_sandbox.jira.errors import BareError, JiraError
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.model.issue import Attachment, Issue
from escalation_bridge_sandbox.jira.rules.attachments import NamedFile, attach_files, remove_attachment

DOWNLOAD = "/secure/attachment/<attachment_id>/<filename>"


def register(routes: Routes) -> None:
    routes.api("/issue/<ref>/attachments", upload, "POST")
    routes.api("/attachment/meta", settings, "GET")
    routes.api("/attachment/<attachment_id>", get, "GET")
    routes.api("/attachment/<attachment_id>", delete, "DELETE")
    routes.at(DOWNLOAD, download, "GET")
    if routes.is_cloud:
        routes.api("/attachment/content/<attachment_id>", content, "GET")


def uploaded_files() -> list[NamedFile]:
    """The files of a multipart request, from the field `file` alone.

    Raises:
        JiraError: 403 without the header against forged requests, 415 for another kind of body.
    """
    request = flask.request
    if request.headers.get("X-Atlassian-Token", "").lower() not in ("no-check", "nocheck"):
        raise BareError(403, "XSRF check failed")
    if request.mimetype != "multipart/form-data":
        raise BareError(415, {"message": "HTTP 415 Unsupported Media Type", "status-code": 415})
    files = request.files.getlist("file")
    return [
        (each.filename or "file", each.mimetype or "application/octet-stream", each.read()) for each in files
    ]


def settings(call: Call) -> flask.Response:
    """Whether files can be attached at all, and how large they may be."""
    return answer({"enabled": True, "uploadLimit": call.sandbox.attachment_limit})


def upload(call: Call, ref: str) -> flask.Response:
    issue = call.find_issue(ref)
    # Files in a field of another name are no error: the answer is an empty list.
    attached = attach_files(call.session, issue, uploaded_files(), call.sandbox.attachment_limit)
    return answer([call.renderer.attachment(each) for each in attached])


def _visible(call: Call, attachment_id: str) -> tuple[Issue, Attachment]:
    found = call.site.attachment(attachment_id)
    if found is None or not call.session.may("BROWSE_PROJECTS", found[0]):
        raise JiraError(404, f"The attachment with id '{attachment_id}' does not exist")
    return found


def get(call: Call, attachment_id: str) -> flask.Response:
    _, attachment = _visible(call, attachment_id)
    shown = call.renderer.attachment(attachment)
    # Here, and only here, Cloud gives the id as a number.
    return answer({**shown, "id": int(attachment.id)} if call.api == 3 else shown)


def delete(call: Call, attachment_id: str) -> flask.Response:
    issue, attachment = _visible(call, attachment_id)
    remove_attachment(call.session, issue, attachment)
    return nothing()


def content(call: Call, attachment_id: str) -> flask.Response:
    """Cloud sends the browser on to where the file is, unless asked not to."""
    _, attachment = _visible(call, attachment_id)
    if not call.flag("redirect", default=True):
        return _file(call, attachment)
    response = nothing(303)
    response.headers["Location"] = (
        f"{call.renderer.base_url}/secure/attachment/{attachment.id}/{quote(attachment.filename)}"
    )
    return response


def download(call: Call, attachment_id: str, filename: str) -> flask.Response:
    del filename
    _, attachment = _visible(call, attachment_id)
    return _file(call, attachment)


def _file(call: Call, attachment: Attachment) -> flask.Response:
    response = flask.Response(call.site.files[attachment.id], mimetype=attachment.mime_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(attachment.filename)}"
    # 206 for a range, 416 for one that is outside of the file.
    response.make_conditional(flask.request, accept_ranges=True, complete_length=attachment.size)
    return response

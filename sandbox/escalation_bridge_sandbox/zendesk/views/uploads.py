"""Uploads, and getting attachments back."""

from urllib.parse import quote, urlsplit

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, base_url
from escalation_bridge_sandbox.zendesk.state.errors import ApiError, invalid_attribute, not_found
from escalation_bridge_sandbox.zendesk.state.records import Attachment, Json
from escalation_bridge_sandbox.zendesk.tickets.present import attachment_json, upload_json


def uploads_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("uploads")

    @api.post("/uploads")
    def upload_file() -> tuple[Json, int]:
        file_name = flask.request.args.get("filename")
        if not file_name:
            raise invalid_attribute("filename", "a string")
        content = flask.request.get_data()
        if len(content) > vendor.settings.attachment_size:
            raise ApiError(
                413,
                {"error": "AttachmentTooLarge", "description": "The file is larger than the account allows"},
            )
        token = flask.request.args.get("token")
        if token and token not in vendor.state.uploads:
            raise not_found()
        content_type = flask.request.mimetype or "application/octet-stream"
        upload = vendor.keep_upload(file_name, content_type, content, token)
        return {"upload": upload_json(upload, base_url())}, 201

    @api.delete("/uploads/<token>")
    def delete_upload(token: str) -> tuple[str, int]:
        if vendor.state.uploads.pop(token.removesuffix(".json"), None) is None:
            raise not_found()
        return "", 204

    @api.get("/attachments/<int:attachment_id>")
    def show_attachment(attachment_id: int) -> Json:
        attachment = vendor.state.attachments.get(attachment_id)
        if attachment is None:
            raise not_found()
        return {"attachment": attachment_json(attachment, base_url())}

    return api


def content_blueprint(vendor: ZendeskAccount) -> flask.Blueprint:
    """Where `content_url` leads: on to another host, which must not be given the credentials."""
    content = flask.Blueprint("zendesk_content", __name__)

    @content.get("/attachments/token/<token>/")
    def send_on(token: str) -> flask.Response:
        attachment = _by_token(vendor, token)
        where = f"{_storage_url()}/_storage/{token}/{quote(attachment.file_name)}"
        return flask.Response(status=302, headers={"Location": where})

    @content.get("/_storage/<token>/<file_name>")
    def download(token: str, file_name: str) -> flask.Response:
        del file_name
        attachment = _by_token(vendor, token)
        return flask.Response(attachment.content, content_type=attachment.content_type)

    return content


def _by_token(vendor: ZendeskAccount, token: str) -> Attachment:
    for attachment in vendor.state.attachments.values():
        if attachment.token == token:
            return attachment
    raise not_found()


def _storage_url() -> str:
    """Another name of this machine, where there is one: clients see a change of host, as with Zendesk."""
    here = urlsplit(base_url())
    return f"{here.scheme}://localhost:{here.port}" if here.hostname == "127.0.0.1" else base_url()

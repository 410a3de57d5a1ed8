"""The stand-in itself: state, rules, endpoints and Zendesk's way to say no, put together."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import flask
from werkzeug.exceptions import HTTPException

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.faults import Fault
from escalation_bridge_sandbox.kernel.vendor import Vendor
from escalation_bridge_sandbox.zendesk.aftermath import Aftermath
from escalation_bridge_sandbox.zendesk.auth import authenticate
from escalation_bridge_sandbox.zendesk.desk import Desk
from escalation_bridge_sandbox.zendesk.errors import ApiError, forbidden
from escalation_bridge_sandbox.zendesk.left_out import is_left_out
from escalation_bridge_sandbox.zendesk.limits import RateLimiter, rate_limited
from escalation_bridge_sandbox.zendesk.oauth import oauth_blueprint
from escalation_bridge_sandbox.zendesk.records import Attachment, Job, Upload
from escalation_bridge_sandbox.zendesk.search_index import SearchIndex
from escalation_bridge_sandbox.zendesk.settings import ZendeskSettings
from escalation_bridge_sandbox.zendesk.state import State
from escalation_bridge_sandbox.zendesk.views.account import account_blueprint
from escalation_bridge_sandbox.zendesk.views.control import control_blueprint
from escalation_bridge_sandbox.zendesk.views.deleted import deleted_blueprint
from escalation_bridge_sandbox.zendesk.views.incremental import incremental_blueprint
from escalation_bridge_sandbox.zendesk.views.merging import merging_blueprint
from escalation_bridge_sandbox.zendesk.views.pages import pages_blueprint
from escalation_bridge_sandbox.zendesk.views.people import people_blueprint
from escalation_bridge_sandbox.zendesk.views.search import search_blueprint
from escalation_bridge_sandbox.zendesk.views.ticket_parts import ticket_parts_blueprint
from escalation_bridge_sandbox.zendesk.views.tickets import tickets_blueprint
from escalation_bridge_sandbox.zendesk.views.triggers import triggers_blueprint
from escalation_bridge_sandbox.zendesk.views.uploads import content_blueprint, uploads_blueprint
from escalation_bridge_sandbox.zendesk.views.webhooks import webhooks_blueprint
from escalation_bridge_sandbox.zendesk.webhooks import WebhookSender

API_PREFIX = "/api/v2"
# The documentation says 60 minutes; recorded answers say three days.
UPLOAD_LIFE = timedelta(days=3)
TOKEN_PATH = "/oauth/tokens"  # noqa: S105 - a path

BLUEPRINTS = (
    account_blueprint,
    content_blueprint,
    control_blueprint,
    deleted_blueprint,
    incremental_blueprint,
    merging_blueprint,
    oauth_blueprint,
    people_blueprint,
    search_blueprint,
    ticket_parts_blueprint,
    tickets_blueprint,
    triggers_blueprint,
    uploads_blueprint,
    webhooks_blueprint,
)


class ZendeskSandbox(Vendor):
    """A stand-in Zendesk account. Who may log in, and with what, is in `seed`."""

    name: ClassVar[str] = "zendesk"
    settings: ZendeskSettings
    state: State
    desk: Desk
    index: SearchIndex
    sender: WebhookSender
    limiter: RateLimiter

    def __init__(
        self,
        *,
        settings: ZendeskSettings | None = None,
        allow_hosts: Iterable[str] = (),
        clock: SandboxClock | None = None,
    ) -> None:
        super().__init__(allow_hosts=allow_hosts, clock=clock)
        self._first_settings = settings or ZendeskSettings()
        self.app.before_request(self._let_in)
        self.app.after_request(self._add_headers)
        self.app.register_error_handler(ApiError, _refuse)
        self.app.register_error_handler(HTTPException, _refuse_endpoint)
        for blueprint in BLUEPRINTS:
            self.app.register_blueprint(blueprint(self))
        self.app.register_blueprint(pages_blueprint(self))
        self.reset()

    def load_seed(self) -> None:
        self.settings = replace(self._first_settings)
        self.state = State(self.clock.now())
        self.state.now = self.clock.now
        self.limiter = RateLimiter(self.settings.limits, self.clock)
        self.index = SearchIndex(self.clock, self.settings)
        self.sender = WebhookSender(self.state, self.outbox, self.clock, self.settings, self.lock)
        self.desk = Desk(self.state, self.clock, self.settings)
        self.desk.base_url = lambda: self.base_url
        self.desk.react = Aftermath(self.state, self.index, self.sender, lambda: self.base_url).react

    def finished_job(self, job_type: str, *, total: int, results: Any) -> Job:
        """A job whose work is done; Zendesk does it a little later, but also answers at once that it is queued."""
        job = Job(f"V3-{secrets.token_hex(16)}", job_type, total, self.clock.now(), results)
        self.state.jobs[job.id] = job
        return job

    def keep_upload(self, file_name: str, content_type: str, content: bytes, token: str | None) -> Upload:
        """Keep a file, alone or with those that were uploaded under the same token before."""
        upload = self.state.uploads.get(token or "")
        if upload is None:
            upload = Upload(secrets.token_urlsafe(19), self.clock.now() + UPLOAD_LIFE)
            self.state.uploads[upload.token] = upload
        attachment = Attachment(
            self.state.next_id(), secrets.token_urlsafe(19), file_name, content_type, content
        )
        self.state.attachments[attachment.id] = attachment
        upload.attachments.append(attachment)
        return upload

    def is_write(self, method: str, path: str) -> bool:
        return path != TOKEN_PATH and super().is_write(method, path)

    def rate_limited_response(self, fault: Fault) -> flask.Response:
        refusal = rate_limited("Number of allowed API requests per minute exceeded", fault.retry_after)
        return _faulty(refusal, fault)

    def server_error_response(self, fault: Fault) -> flask.Response:
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        body = {"error": "InternalServerError", "description": "An unexpected error occurred"}
        return _faulty(ApiError(500, body, headers), fault)

    def unauthorized_response(self, fault: Fault) -> flask.Response:
        return _faulty(ApiError(401, {"error": "Couldn't authenticate you"}), fault)

    def forbidden_response(self, fault: Fault) -> flask.Response:
        return _faulty(forbidden(), fault)

    def _let_in(self) -> None:
        if not flask.request.path.startswith(API_PREFIX):
            return
        with self.lock:
            user = authenticate(self.state, self.clock)
            flask.g.zendesk_user = user
            flask.g.sandbox_user = "" if user is None else user.email or ""
            self.limiter.count(user)

    def _add_headers(self, response: flask.Response) -> flask.Response:
        if flask.request.path.startswith(API_PREFIX):
            self.limiter.add_headers(response)
            response.headers["x-zendesk-api-version"] = "v2"
            response.headers["x-request-id"] = secrets.token_hex(8)
            if response.mimetype == "application/json":
                response.headers["Content-Type"] = "application/json; charset=utf-8"
            response.headers["cache-control"] = "max-age=0, private, must-revalidate"
        return response


def _refuse(refusal: ApiError) -> flask.Response:
    response = flask.jsonify(refusal.body)
    response.status_code = refusal.status
    response.headers.update(refusal.headers)
    return response


def _refuse_endpoint(problem: HTTPException) -> flask.Response:
    """Unknown paths, and known ones with a method that they do not have."""
    if problem.code not in (404, 405):
        return _refuse(
            ApiError(problem.code or 500, {"error": problem.name, "description": problem.description})
        )
    if is_left_out(flask.request.method, flask.request.path):
        return _refuse(
            ApiError(501, {"error": "NotInSandbox", "description": "Zendesk has this; the stand-in has not"})
        )
    return _refuse(ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"}))


def _faulty(refusal: ApiError, fault: Fault) -> flask.Response:
    response = _refuse(refusal)
    if fault.status is not None:
        response.status_code = fault.status
    if fault.body is not None:
        response.set_data(fault.body)
    return response

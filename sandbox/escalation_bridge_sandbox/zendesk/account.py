"""A Zendesk account as it stands in: its state and what its views work on."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import flask

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.faults import Fault
from escalation_bridge_sandbox.kernel.vendor import Vendor
from escalation_bridge_sandbox.zendesk.automation.aftermath import Aftermath
from escalation_bridge_sandbox.zendesk.automation.webhooks import WebhookSender
from escalation_bridge_sandbox.zendesk.http.limits import RateLimiter, rate_limited
from escalation_bridge_sandbox.zendesk.state.errors import ApiError, forbidden
from escalation_bridge_sandbox.zendesk.state.records import Attachment, Job, Upload
from escalation_bridge_sandbox.zendesk.state.search_index import SearchIndex
from escalation_bridge_sandbox.zendesk.state.settings import ZendeskSettings
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.tickets.desk import Desk

# The documentation says 60 minutes; recorded answers say three days.
UPLOAD_LIFE = timedelta(days=3)
TOKEN_PATH = "/oauth/tokens"  # noqa: S105 - a path


class ZendeskAccount(Vendor):
    """The state of a stand-in account. Who may log in, and with what, is in `seed`."""

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
        return faulty(refusal, fault)

    def server_error_response(self, fault: Fault) -> flask.Response:
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        body = {"error": "InternalServerError", "description": "An unexpected error occurred"}
        return faulty(ApiError(500, body, headers), fault)

    def unauthorized_response(self, fault: Fault) -> flask.Response:
        return faulty(ApiError(401, {"error": "Couldn't authenticate you"}), fault)

    def forbidden_response(self, fault: Fault) -> flask.Response:
        return faulty(forbidden(), fault)


def refuse(refusal: ApiError) -> flask.Response:
    """The response of a refusal."""
    response = flask.jsonify(refusal.body)
    response.status_code = refusal.status
    response.headers.update(refusal.headers)
    return response


def faulty(refusal: ApiError, fault: Fault) -> flask.Response:
    """A refusal with the status and the body that somebody asked for."""
    response = refuse(refusal)
    if fault.status is not None:
        response.status_code = fault.status
    if fault.body is not None:
        response.set_data(fault.body)
    return response

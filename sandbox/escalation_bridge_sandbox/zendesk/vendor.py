"""The stand-in itself: state, rules, endpoints and Zendesk's way to say no, put together."""

import secrets
from collections.abc import Iterable

import flask
from werkzeug.exceptions import HTTPException

from escalation_bridge_sandbox.kernel.app import build_app
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.zendesk.account import ZendeskAccount, refuse
from escalation_bridge_sandbox.zendesk.http.auth import authenticate
from escalation_bridge_sandbox.zendesk.left_out import is_left_out
from escalation_bridge_sandbox.zendesk.oauth import oauth_blueprint
from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.settings import ZendeskSettings
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

API_PREFIX = "/api/v2"

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


class ZendeskSandbox(ZendeskAccount):
    """A stand-in Zendesk account, with its endpoints."""

    def __init__(
        self,
        *,
        settings: ZendeskSettings | None = None,
        allow_hosts: Iterable[str] = (),
        clock: SandboxClock | None = None,
    ) -> None:
        super().__init__(settings=settings, allow_hosts=allow_hosts, clock=clock)
        self.app = build_app(self)
        self.app.before_request(self._let_in)
        self.app.after_request(self._add_headers)
        self.app.register_error_handler(ApiError, refuse)
        self.app.register_error_handler(HTTPException, _refuse_endpoint)
        for blueprint in BLUEPRINTS:
            self.app.register_blueprint(blueprint(self))
        self.app.register_blueprint(pages_blueprint(self))
        self.reset()

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


def _refuse_endpoint(problem: HTTPException) -> flask.Response:
    """Unknown paths, and known ones with a method that they do not have."""
    if problem.code not in (404, 405):
        return refuse(
            ApiError(problem.code or 500, {"error": problem.name, "description": problem.description})
        )
    if is_left_out(flask.request.method, flask.request.path):
        return refuse(
            ApiError(501, {"error": "NotInSandbox", "description": "Zendesk has this; the stand-in has not"})
        )
    return refuse(ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"}))

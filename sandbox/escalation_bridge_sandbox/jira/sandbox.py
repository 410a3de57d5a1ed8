"""The Jira stand-in: Cloud or Data Center."""

from typing import Any

import flask

from escalation_bridge_sandbox.jira.auth import Gateway, unauthorized
from escalation_bridge_sandbox.jira.edition import Deployment
from escalation_bridge_sandbox.jira.errors import JiraError
from escalation_bridge_sandbox.jira.http import Routes, error_response, handle_http_errors
from escalation_bridge_sandbox.jira.live_site import LiveSite
from escalation_bridge_sandbox.jira.seed import CLOUD_ID
from escalation_bridge_sandbox.jira.servicedesk import desks
from escalation_bridge_sandbox.jira.servicedesk import views as servicedesk
from escalation_bridge_sandbox.jira.views import (
    app_webhooks,
    attachments,
    comments,
    configuration,
    issues,
    links,
    people,
    properties,
    roles,
    search,
    webhooks,
    workflows,
)
from escalation_bridge_sandbox.jira.views.control import control_blueprint
from escalation_bridge_sandbox.jira.views.pages import pages_blueprint
from escalation_bridge_sandbox.kernel.app import build_app
from escalation_bridge_sandbox.kernel.faults import Fault


class JiraSandbox(LiveSite):
    """A stand-in Jira site, with its endpoints. The arguments are those of `LiveSite`."""

    def __init__(self, deployment: Deployment = "cloud", **given: Any) -> None:
        super().__init__(deployment, **given)
        self.app = build_app(self)
        self.reset()
        if self.edition.is_cloud:
            self.app.wsgi_app = Gateway(self.app.wsgi_app, CLOUD_ID)  # type: ignore[method-assign]  # as Flask advises
        routes = Routes(self)
        for views in (
            issues,
            comments,
            properties,
            roles,
            links,
            attachments,
            people,
            configuration,
            workflows,
            search,
            servicedesk,
            desks,
        ):
            views.register(routes)
        app_webhooks.register(routes)
        webhooks.register(routes, moved=self.edition.has_moved_webhooks)
        self.app.register_blueprint(control_blueprint(self))
        self.app.register_blueprint(pages_blueprint(self))
        handle_http_errors(self.app)

    def rate_limited_response(self, fault: Fault) -> flask.Response:
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        if self.edition.is_cloud:
            headers["RateLimit-Reason"] = "jira-burst-based"
        return self._fault_response(JiraError(429, "Rate limit exceeded.", headers=headers), fault)

    def server_error_response(self, fault: Fault) -> flask.Response:
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        return self._fault_response(JiraError(500, "Internal server error", headers=headers), fault)

    def unauthorized_response(self, fault: Fault) -> flask.Response:
        return self._fault_response(unauthorized(self.edition), fault)

    def forbidden_response(self, fault: Fault) -> flask.Response:
        return self._fault_response(JiraError(403, "You do not have permission to do this."), fault)

    def _fault_response(self, problem: JiraError, fault: Fault) -> flask.Response:
        response = error_response(problem)
        if fault.body is not None:
            response.set_data(fault.body)
        if fault.status is not None:
            response.status_code = fault.status
        return response

"""The stand-in for Freshdesk."""

from typing import Any

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from escalation_bridge_sandbox.freshdesk import gate
from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
from escalation_bridge_sandbox.freshdesk.control import control_blueprint
from escalation_bridge_sandbox.freshdesk.input.problems import (
    Refusal,
    method_not_allowed,
    not_found,
    not_in_sandbox,
)
from escalation_bridge_sandbox.freshdesk.left_out import is_left_out
from escalation_bridge_sandbox.freshdesk.views.account import account_blueprint
from escalation_bridge_sandbox.freshdesk.views.conversations import conversations_blueprint
from escalation_bridge_sandbox.freshdesk.views.customers import customers_blueprint
from escalation_bridge_sandbox.freshdesk.views.lists import lists_blueprint
from escalation_bridge_sandbox.freshdesk.views.pages import pages_blueprint
from escalation_bridge_sandbox.freshdesk.views.rules import rules_blueprint
from escalation_bridge_sandbox.freshdesk.views.satisfaction import satisfaction_blueprint
from escalation_bridge_sandbox.freshdesk.views.tickets import tickets_blueprint
from escalation_bridge_sandbox.kernel.app import build_app


class FreshdeskSandbox(FreshdeskAccount):
    """Stands in for one Freshdesk account, with its endpoints. The arguments are those of `FreshdeskAccount`."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.app = build_app(self)
        self.app.before_request(self._admit)
        self.app.after_request(self._dress)
        self.app.register_error_handler(Refusal, gate.answer)
        self.app.register_error_handler(NotFound, self._no_route)
        self.app.register_error_handler(MethodNotAllowed, self._no_route)
        for blueprint in (
            tickets_blueprint(self),
            lists_blueprint(self),
            conversations_blueprint(self),
            satisfaction_blueprint(self),
            customers_blueprint(self),
            account_blueprint(self),
            rules_blueprint(self),
            control_blueprint(self),
            pages_blueprint(self),
        ):
            self.app.register_blueprint(blueprint)
        self.reset()

    def _admit(self) -> None:
        if gate.is_api_request():
            with self.lock:
                gate.admit(self.helpdesk.desk, self.ledger)
                self.helpdesk.catch_up()

    def _dress(self, response: flask.Response) -> flask.Response:
        return gate.dress(response, self.ledger) if gate.is_api_request() else response

    def _no_route(self, problem: NotFound | MethodNotAllowed) -> flask.Response | HTTPException:
        method, path = flask.request.method, flask.request.path
        if not gate.is_api_request():
            return problem
        if is_left_out(method, path.removeprefix(gate.API)):
            return not_in_sandbox().response()
        if isinstance(problem, NotFound):
            return not_found().response()
        allowed = sorted(set(problem.valid_methods or ()) - {"HEAD", "OPTIONS"})
        return method_not_allowed(method, allowed).response()

"""The stand-in for Freshdesk."""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from escalation_bridge_sandbox.freshdesk import gate, seed
from escalation_bridge_sandbox.freshdesk.automation import Automation
from escalation_bridge_sandbox.freshdesk.control import control_blueprint
from escalation_bridge_sandbox.freshdesk.downloads import DownloadLinks
from escalation_bridge_sandbox.freshdesk.events import TicketEvent
from escalation_bridge_sandbox.freshdesk.left_out import is_left_out
from escalation_bridge_sandbox.freshdesk.limits import PLANS, CallLedger
from escalation_bridge_sandbox.freshdesk.operations import Helpdesk
from escalation_bridge_sandbox.freshdesk.problems import (
    JSON,
    Refusal,
    access_denied,
    method_not_allowed,
    not_found,
    not_in_sandbox,
    not_logged_in,
    rate_limited,
)
from escalation_bridge_sandbox.freshdesk.records import Attachment, Ticket
from escalation_bridge_sandbox.freshdesk.search_index import SearchIndex
from escalation_bridge_sandbox.freshdesk.sla import SlaPolicy
from escalation_bridge_sandbox.freshdesk.views_account import account_blueprint
from escalation_bridge_sandbox.freshdesk.views_conversations import conversations_blueprint
from escalation_bridge_sandbox.freshdesk.views_customers import customers_blueprint
from escalation_bridge_sandbox.freshdesk.views_lists import lists_blueprint
from escalation_bridge_sandbox.freshdesk.views_pages import pages_blueprint
from escalation_bridge_sandbox.freshdesk.views_rules import rules_blueprint
from escalation_bridge_sandbox.freshdesk.views_tickets import tickets_blueprint
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.faults import Fault
from escalation_bridge_sandbox.kernel.vendor import Vendor


class FreshdeskSandbox(Vendor):
    """Stands in for one Freshdesk account, with the people and keys of `seed`.

    Args:
        plan: Limits of calls per minute: `generous`, or a documented plan: trial, growth, pro, enterprise.
        search_lag: Seconds until a change is found by the search; minutes at the vendor.
        sla_lag: Seconds until new deadlines show; "a few" at the vendor.
        link_lifetime: Seconds for which an attachment's link is good.
        required_for_closure: Names of ticket fields that must be filled in to resolve or close.
        allow_hosts: Hosts beside loopback that webhooks may go to.
        clock: A clock to share with other stand-ins.

    Raises:
        ValueError: There is no such plan or no such ticket field.
    """

    name: ClassVar[str] = "freshdesk"

    def __init__(
        self,
        *,
        plan: str = "generous",
        search_lag: float = 2.0,
        sla_lag: float = 2.0,
        link_lifetime: float = 86_400.0,
        required_for_closure: Iterable[str] = (),
        allow_hosts: Iterable[str] = (),
        clock: SandboxClock | None = None,
    ) -> None:
        if plan not in PLANS:
            raise ValueError(f"no such plan: {plan}; there are {', '.join(PLANS)}")
        super().__init__(allow_hosts=allow_hosts, clock=clock)
        self._plan = PLANS[plan]
        self._search_lag = timedelta(seconds=search_lag)
        self._policy = SlaPolicy(lag=timedelta(seconds=sla_lag))
        self._links = DownloadLinks(timedelta(seconds=link_lifetime))
        self._form = seed.ticket_form().requiring_for_closure(required_for_closure)
        self.ledger: CallLedger
        self.automation: Automation
        self.helpdesk: Helpdesk
        self.app.before_request(self._admit)
        self.app.after_request(self._dress)
        self.app.register_error_handler(Refusal, gate.answer)
        self.app.register_error_handler(NotFound, self._no_route)
        self.app.register_error_handler(MethodNotAllowed, self._no_route)
        for blueprint in (
            tickets_blueprint(self),
            lists_blueprint(self),
            conversations_blueprint(self),
            customers_blueprint(self),
            account_blueprint(self),
            rules_blueprint(self),
            control_blueprint(self),
            pages_blueprint(self),
        ):
            self.app.register_blueprint(blueprint)
        self.reset()

    def load_seed(self) -> None:
        now = self.clock.now().replace(microsecond=0)
        self.ledger = CallLedger(self._plan, self.clock)
        self.automation = Automation(self.outbox, lambda: self.base_url)
        self.helpdesk = Helpdesk(
            desk=seed.sow(self._form, now),
            clock=self.clock,
            policy=self._policy,
            index=SearchIndex(self._search_lag, self.clock.now),
            announce=self._announce,
        )

    def attachment_url(self, entry: Attachment) -> str:
        return self._links.url(self.base_url, entry, self.clock.now())

    @property
    def links(self) -> DownloadLinks:
        return self._links

    def rate_limited_response(self, fault: Fault) -> flask.Response:
        return _faulty(rate_limited(fault.retry_after), fault)

    def server_error_response(self, fault: Fault) -> flask.Response:
        # Not verified: that it is a page, not JSON. Clients have to live with either.
        page = "<html><body><h1>We're sorry, but something went wrong.</h1></body></html>"
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        kind = JSON if (fault.body or "").startswith("{") else "text/html"
        return flask.Response(fault.body or page, fault.status or 500, headers, mimetype=kind)

    def unauthorized_response(self, fault: Fault) -> flask.Response:
        return _faulty(not_logged_in(), fault)

    def forbidden_response(self, fault: Fault) -> flask.Response:
        return _faulty(access_denied(), fault)

    def _announce(self, ticket: Ticket, event: TicketEvent) -> None:
        self.automation.fire(self.helpdesk.desk, ticket, event)

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


def _faulty(refusal: Refusal, fault: Fault) -> flask.Response:
    response = refusal.response()
    if fault.status is not None:
        response.status_code = fault.status
    if fault.body is not None:
        response.set_data(fault.body)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = fault.retry_after
    return response

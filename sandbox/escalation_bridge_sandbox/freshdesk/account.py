"""A Freshdesk account as it stands in: its state and what its views work on."""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

import flask

from escalation_bridge_sandbox.freshdesk.input.problems import (
    JSON,
    Refusal,
    access_denied,
    not_logged_in,
    rate_limited,
)
from escalation_bridge_sandbox.freshdesk.limits import PLANS, CallLedger
from escalation_bridge_sandbox.freshdesk.rules.automation import Automation
from escalation_bridge_sandbox.freshdesk.state import seed
from escalation_bridge_sandbox.freshdesk.state.downloads import DownloadLinks
from escalation_bridge_sandbox.freshdesk.state.events import TicketEvent
from escalation_bridge_sandbox.freshdesk.state.records import Attachment, Ticket
from escalation_bridge_sandbox.freshdesk.state.search_index import SearchIndex
from escalation_bridge_sandbox.freshdesk.tickets.operations import Helpdesk
from escalation_bridge_sandbox.freshdesk.tickets.sla import SlaPolicy
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.faults import Fault
from escalation_bridge_sandbox.kernel.vendor import Vendor


class FreshdeskAccount(Vendor):
    """The state of one account, with the people and keys of `seed`.

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


def _faulty(refusal: Refusal, fault: Fault) -> flask.Response:
    response = refusal.response()
    if fault.status is not None:
        response.status_code = fault.status
    if fault.body is not None:
        response.set_data(fault.body)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = fault.retry_after
    return response

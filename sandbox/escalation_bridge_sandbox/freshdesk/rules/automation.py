"""The rules at work: from an event to the webhooks that go out."""

import itertools
from collections.abc import Callable, Mapping

from escalation_bridge_sandbox.freshdesk.rules.rule_payload import Subject, webhook_body
from escalation_bridge_sandbox.freshdesk.rules.rules import Rule, triggered_event
from escalation_bridge_sandbox.freshdesk.state.desk import Desk
from escalation_bridge_sandbox.freshdesk.state.events import TicketEvent
from escalation_bridge_sandbox.freshdesk.state.records import Ticket
from escalation_bridge_sandbox.kernel.outbox import Outbox, OutgoingWebhook, RetryRules

# After 5, 30 and 60 minutes, then the admins get a mail. Not documented: which answers count as failed (here all
# but 2xx) and how long the receiver has.
RETRIES = RetryRules(
    delays=(300.0, 1800.0, 3600.0),
    retry_on=lambda status, _retry_after: not 200 <= status < 300,
    timeout=15.0,
    retry_on_timeout=True,
)


class Automation:
    """Holds the account's rules and fires them."""

    def __init__(self, outbox: Outbox, base_url: Callable[[], str]) -> None:
        self.rules: dict[int, Rule] = {}
        self._outbox = outbox
        self._base_url = base_url
        self._ids = itertools.count(1)

    def next_id(self) -> int:
        return next(self._ids)

    def fire(self, desk: Desk, ticket: Ticket, event: TicketEvent) -> None:
        """Send the webhook of every rule that listens to this event."""
        for rule in self.rules.values():
            if rule.fires(ticket, event):
                self._outbox.send(self._webhook(rule, desk, ticket, event))

    def _webhook(self, rule: Rule, desk: Desk, ticket: Ticket, event: TicketEvent) -> OutgoingWebhook:
        about = Subject(ticket, desk, self._base_url(), triggered_event(rule.met(event)))
        action = rule.webhook
        headers = {"Content-Type": "application/json", **action.headers}
        if action.content is None:
            del headers["Content-Type"]
        return OutgoingWebhook(
            url=action.url,
            method=action.method,
            headers=headers,
            body=webhook_body(action.content, about),
            sign=_unsigned,
            rules=RETRIES,
            label=rule.name,
            auth=action.auth,
        )


def _unsigned(_body: bytes, _attempt: int) -> Mapping[str, str]:
    """The vendor signs nothing, and sends neither a delivery id nor a time."""
    return {}

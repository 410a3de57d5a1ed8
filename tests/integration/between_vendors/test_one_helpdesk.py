"""One helpdesk, no second one and no route: its webhook, the clock, and the warning in its ticket, over HTTP all the way."""

import time
from contextlib import closing
from dataclasses import replace

from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.sla.clocks import ClockState
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.store.cases import case_lists
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server

SECRET = "a-secret-of-some-length"
RINA = (freshdesk.AGENT_RINA.api_key, "X")
LOOKS = 400
"""How often the receiver's database is looked at before a webhook counts as lost."""


def make_rules(pair, address):
    """What an admin sets up in Freshdesk by hand."""
    webhook = {
        "method": "POST",
        "url": f"{address}/support",
        "headers": {"X-Escalation-Bridge-Secret": SECRET},
        "encoding": "json",
        "content": {"simple": ["triggered_event", "ticket_id", "ticket_status", "ticket_priority"]},
    }
    changes = [{"field": "status"}, {"field": "priority"}, {"note": "any"}, {"reply": "any"}]
    for rule in (
        {"name": "New", "on": "ticket_created", "webhook": webhook},
        {"name": "Changed", "on": "ticket_updated", "events": changes, "webhook": webhook},
    ):
        pair.call("support", "POST", "/_sandbox/rules", json=rule)


def works_until(pair, holds):
    """Work on whatever the receiver stored, until something is the case."""
    for _ in range(LOOKS):
        pair.worker.run_until_idle()
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"it never came to that: {pair.timeline() if number_of_cases(pair) else 'no case'}")


def number_of_cases(pair):
    with pair.bridge.database.read() as transaction:
        return case_lists.count_cases(transaction)


def notes(pair):
    path = f"/api/v2/tickets/{pair.ticket}/conversations"
    return [each for each in pair.call("support", "GET", path, auth=RINA) if each["private"]]


def test_a_policy_alone_warns_in_the_ticket_and_ends_with_the_answer(make_pair, make_policy):
    pair = make_pair("freshdesk", "jira")
    policy = make_policy(
        targets=Targets(default={Metric.FIRST_RESPONSE: 3600}),
        ladder=(Step("warn", Metric.FIRST_RESPONSE, 80, 0, (LeaveNote("sla_warning"), RaisePriority())),),
    )
    desk = {"support": pair.bridge.helpdesks["support"]}
    pair = replace(pair, bridge=replace(pair.bridge, helpdesks=desk, rules=Rules((policy,), {})))
    with closing(DeliveryWriter(pair.bridge.database)) as writer:
        server = Server(create_app(pair.bridge, writer), "127.0.0.1", 0, largest_body=1_000_000)
        try:
            make_rules(pair, f"http://127.0.0.1:{server.port}/webhooks")
            sender = {"email": freshdesk.CUSTOMER_SARI.email}
            pair.inbound(**{"from": sender}, subject="Lost", body="My order is lost.")
            works_until(pair, lambda: number_of_cases(pair) == 1)
            assert notes(pair) == []
            before = pair.call("support", "GET", f"/api/v2/tickets/{pair.ticket}", auth=RINA)["priority"]
            pair.later(minutes=50)
            (note,) = notes(pair)
            assert "first response" in note["body_text"].casefold()
            after = pair.call("support", "GET", f"/api/v2/tickets/{pair.ticket}", auth=RINA)["priority"]
            assert after == before + 1
            path = f"/api/v2/tickets/{pair.ticket}/reply"
            pair.call("support", "POST", path, auth=RINA, json={"body": "<p>We found it.</p>"})
            works_until(pair, lambda: pair.view().clocks[0].state is ClockState.DONE)
            pair.later(hours=2)
        finally:
            server.stop()
    assert number_of_cases(pair) == 1
    assert pair.view().clocks[0].breached_at is None
    assert len(notes(pair)) == 1
    assert not pair.view().links
    assert pair.call("engineering", "GET", "/_sandbox/health")

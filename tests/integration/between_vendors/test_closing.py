"""Solved tickets closed over HTTP: at Freshdesk and Jira by the bridge, at Zendesk by its own automation."""

import socket
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bridge_helpers.desks_with_groups import AtFreshdesk, AtZendesk, is_there, receiving, works_until
from escalation_bridge.domain.case.closing import ClosingRule
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.tickets.tickets import StatusKind, Visibility
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server
from escalation_bridge_zendesk.plugin import ZendeskPlugin

SECRET = "a-secret-of-enough-length"
RULE = ClosingRule(after=timedelta(days=10), notice=timedelta(days=3))
AT_ANY_HOUR = CustomerUpdates(Sending.OFF, nights=True)
"""The hour at which a test runs does not matter."""
NO_POLICY = {"ladder": (), "updates": AT_ANY_HOUR}


def with_rule(pair, rule, language="en"):
    bridge = pair.bridge
    rules = replace(bridge.rules, closing={"support": rule})
    return replace(pair, bridge=replace(bridge, rules=rules, language=language))


def is_solved(desk):
    view = desk.pair.view()
    return view.tickets[view.origin].status.kind is StatusKind.SOLVED


@pytest.fixture
def at_freshdesk(make_pair):
    return AtFreshdesk(with_rule(make_pair("freshdesk", "jira", policy=NO_POLICY), RULE, "id"))


def public(desk):
    path = f"/tickets/{desk.pair.ticket}/conversations"
    return [each["body_text"] for each in desk.as_agent("sari", "GET", path) if not each["private"]]


def status(desk):
    return desk.as_agent("sari", "GET", f"/tickets/{desk.pair.ticket}")["status"]


def test_freshdesk_closes_a_resolved_ticket_after_a_notice_to_the_customer(at_freshdesk):
    desk = at_freshdesk
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.solves()
        works_until(desk, lambda: is_solved(desk))
        desk.pair.later(days=7, minutes=1)
        (notice,) = public(desk)
        assert "Jika Anda masih memerlukan bantuan, silakan balas pesan ini." in notice
        assert status(desk) == 4
        desk.pair.later(days=3, minutes=1)
        assert status(desk) == 5
        desk.pair.later(days=9)
    assert len(public(desk)) == 1


def test_freshdesk_keeps_a_ticket_open_that_the_customer_answers(at_freshdesk):
    desk = at_freshdesk
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.solves()
        works_until(desk, lambda: is_solved(desk))
        desk.pair.later(days=7, minutes=1)
    # The webhook about the answer is lost: what is closed is read before.
    sender = {"email": freshdesk.CUSTOMER_SARI.email}
    desk.pair.call(
        "support",
        "POST",
        "/_sandbox/inbound",
        json={"from": sender, "ticket_id": int(desk.pair.ticket), "body": "It is lost again."},
    )
    desk.pair.later(days=4)
    assert status(desk) == 2


def test_zendesk_gives_notice_and_leaves_the_closing_to_its_automation(make_pair):
    assert ZendeskPlugin.closes_solved_tickets
    assert not FreshdeskPlugin.closes_solved_tickets
    rule = replace(RULE, status=None, visibility=Visibility.PRIVATE)
    desk = AtZendesk(with_rule(make_pair("zendesk", "jira", policy=NO_POLICY), rule))
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        solution = {"assignee_id": desk.members["sari"].id, "status": "solved"}
        desk.as_agent("sari", "PUT", f"/tickets/{desk.pair.ticket}", json={"ticket": solution})
        works_until(desk, lambda: is_solved(desk))
        desk.pair.later(days=7, minutes=1)
        (note,) = desk.private()
        assert "Zendesk closes this ticket by its own automation" in note
        desk.pair.later(days=20)
    there = desk.as_agent("sari", "GET", f"/tickets/{desk.pair.ticket}")["ticket"]
    assert there["status"] == "solved"
    assert len(desk.private()) == 1


class AtJira:
    """An issue of the engineers, in which customers are answered."""

    def __init__(self, pair):
        self.pair = pair

    def as_developer(self, method, path, **more):
        login = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))
        return self.pair.call("support", method, path, auth=login, **more)

    def connects(self, address):
        login = (jira.ADMIN.email, jira.api_token(jira.ADMIN))
        events = ["jira:issue_created", "jira:issue_updated", "comment_created"]
        body = {"name": "bridge", "url": address, "events": events, "secret": SECRET, "excludeBody": False}
        self.pair.call("support", "POST", "/rest/webhooks/1.0/webhook", auth=login, json=body)

    def opens(self):
        fields = {"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "Lost"}
        self.pair.ticket = self.as_developer("POST", "/rest/api/2/issue", json={"fields": fields})["id"]

    def goes(self, *transitions):
        for transition in transitions:
            body = {"transition": {"id": transition}}
            if transition == "51":
                body["fields"] = {"resolution": {"name": "Done"}}
            self.as_developer("POST", f"/rest/api/2/issue/{self.pair.ticket}/transitions", json=body)

    def status(self):
        path = f"/rest/api/2/issue/{self.pair.ticket}?fields=status"
        return self.as_developer("GET", path)["fields"]["status"]["name"]

    def said(self):
        path = f"/rest/api/2/issue/{self.pair.ticket}/comment"
        return [each["body"] for each in self.as_developer("GET", path)["comments"]]

    def has(self):
        return self.status()

    def private(self):
        return self.said()


@contextmanager
def heard(desk):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    desk.connects(f"http://127.0.0.1:{port}/webhooks/support")
    with closing(DeliveryWriter(desk.pair.bridge.database)) as writer:
        server = Server(create_app(desk.pair.bridge, writer), "127.0.0.1", port, largest_body=1_000_000)
        try:
            yield
        finally:
            server.stop()


def test_jira_goes_the_way_of_its_workflow(make_pair):
    settings = {"webhook_secrets": (SecretStr(SECRET),)}
    pair = make_pair("jira", "zendesk", policy=NO_POLICY, origin_settings=settings)
    desk = AtJira(with_rule(pair, replace(RULE, visibility=Visibility.PRIVATE)))
    with heard(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.goes("11", "51")
        works_until(desk, lambda: is_solved(desk))
        desk.pair.later(days=7, minutes=1)
        (note,) = desk.said()
        assert "The bridge closes this ticket after" in note
        desk.pair.later(days=3, minutes=1)
        assert desk.status() == "Closed"
        desk.pair.later(days=30)
    assert len(desk.said()) == 1


def test_a_workflow_without_such_a_status_refuses_once(make_pair):
    settings = {"webhook_secrets": (SecretStr(SECRET),)}
    pair = make_pair("jira", "zendesk", policy=NO_POLICY, origin_settings=settings)
    desk = AtJira(with_rule(pair, replace(RULE, notice=timedelta(0), status="Archived")))
    with heard(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.goes("11", "51")
        works_until(desk, lambda: is_solved(desk))
        desk.pair.later(days=11)
        desk.pair.later(days=30)
    assert desk.status() == "Done"
    refused = [each for each in desk.pair.timeline() if "Archived" in each]
    assert len(refused) == 1, desk.pair.timeline()

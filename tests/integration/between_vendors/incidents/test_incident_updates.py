"""A wave, counted: each customer hears once that there is an incident, and once that it is over, in one ticket."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.case.incidents import IncidentRules
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed
from tests.integration.between_vendors.incidents.conftest import TEXTS

NINE = datetime(2031, 3, 3, 9, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
MANY = tuple((*TEXTS[number % len(TEXTS)], number) for number in range(40))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request):
    return request.param


class Wave:
    """Customers write of one trouble at two helpdesks."""

    def __init__(self, vendors, make_policy, mode=Sending.SENT):
        self.vendors, self.ahead = vendors, {"by": timedelta()}
        updates = CustomerUpdates(mode, timezone="Asia/Jakarta")
        policy = make_policy(
            ladder=(), targets=Targets(default={Metric.RESOLUTION: 8 * 3600}), updates=updates
        )
        bridge = vendors.bridge
        routes = bridge.rules.routes
        rules = Rules((policy,), routes, incidents=IncidentRules(tuple(routes)))
        object.__setattr__(bridge, "rules", rules)
        object.__setattr__(bridge, "now", lambda: utc_now() + self.ahead["by"])
        self.at(NINE)

    def at(self, instant):
        for server in self.vendors.servers.values():
            assert requests.post(
                f"{server.url}/_sandbox/clock", json={"now": instant.isoformat()}, timeout=10
            ).ok
        self.ahead["by"] = instant - utc_now()

    def later(self, **amount):
        self.at(self.vendors.bridge.now() + timedelta(**amount))
        Worker(self.vendors.bridge).run_until_idle()

    def public(self, ref):
        comments = self.vendors.plugins[ref.connection].fetch_comments(ref.id, None)
        return [each.body.text for each in comments if each.visibility is Visibility.PUBLIC]

    def heard(self, words):
        """How often each customer heard these words, over all tickets."""
        count = Counter()
        for ref in self.vendors.tickets:
            customer = self.vendors.view(ref).tickets[ref].requester.email
            count[customer] += sum(words in text for text in self.public(ref))
        return count

    def done(self):
        """Somebody repairs it."""
        (issue,) = self.vendors.issues()
        way = f"/rest/api/2/issue/{issue['id']}/transitions"
        for name, fields in (("Start Progress", {}), ("Done", {"resolution": {"name": "Done"}})):
            (move,) = [each for each in self.vendors.jira("GET", way)["transitions"] if each["name"] == name]
            self.vendors.jira("POST", way, json={"transition": {"id": move["id"]}, "fields": fields})
        self.vendors.hear(TicketRef("engineering", issue["id"]))


RAISED, OVER = "Several customers currently have the problem", "has been resolved"


def play(vendors, make_policy, tickets, customers):
    wave = Wave(vendors, make_policy)
    for number, (connection, subject, body) in enumerate(tickets):
        vendors.customer_writes(connection, number % customers, subject, body)
        wave.later(minutes=1)
    addresses = {f"customer{number}@example.com" for number in range(customers)}
    assert wave.heard(RAISED) == dict.fromkeys(addresses, 1)
    wave.later(minutes=40)
    wave.done()
    wave.later(minutes=1)
    assert wave.heard(RAISED) == dict.fromkeys(addresses, 1)
    assert wave.heard(OVER) == dict.fromkeys(addresses, 1)
    for ref in vendors.tickets:
        assert len(wave.public(ref)) <= 2
        (over,) = [text for text in vendors.notes(ref) if "is over" in text]
        assert "The customer is informed by an update." in over
        assert "Draft reply" not in over
    wave.later(hours=2)
    assert wave.heard(OVER) == dict.fromkeys(addresses, 1)


def test_a_wave_in_which_customers_have_several_tickets(vendors, make_policy):
    play(vendors, make_policy, TEXTS[:9], customers=6)


@pytest.mark.nightly
def test_a_wave_of_forty(vendors, make_policy):
    play(vendors, make_policy, [each[:3] for each in MANY], customers=30)


def test_another_ticket_speaks_once_the_first_one_is_solved(vendors, make_policy):
    wave = Wave(vendors, make_policy)
    connection, subject, body = TEXTS[0]
    first = vendors.customer_writes(connection, 0, subject, body)
    vendors.customer_writes(
        "support", 0, "QRIS lagi", "QRIS di toko saya masih gagal, pembayaran gagal terus"
    )
    for number, (connection, subject, body) in enumerate(TEXTS[1:6], start=1):
        vendors.customer_writes(connection, number, subject, body)
    wave.later(minutes=1)
    assert wave.heard(RAISED)["customer0@example.com"] == 1
    assert any(RAISED in text for text in wave.public(first))
    login = (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN)
    body = {"ticket": {"status": "solved", "assignee_id": zendesk_seed.AGENT_SARI.id}}
    url = f"{vendors.servers['support'].url}/api/v2/tickets/{first.id}.json"
    assert requests.put(url, json=body, auth=login, timeout=10).ok
    vendors.hear(first)
    wave.later(hours=1)
    wave.done()
    wave.later(minutes=1)
    assert wave.heard(RAISED)["customer0@example.com"] == 1
    assert wave.heard(OVER)["customer0@example.com"] == 1

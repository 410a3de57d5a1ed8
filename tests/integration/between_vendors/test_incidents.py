"""A wave over Zendesk and Freshdesk becomes one Jira issue, from the vendors' HTTP to the vendors' HTTP."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import requests

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.case.incidents import IncidentRules
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_tickets, case_views
from escalation_bridge.store.queue import wakes
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.kernel.server import start
from escalation_bridge_sandbox.zendesk.state import seed as zendesk_seed
from tests.integration.between_vendors.conftest import _STAND_INS, QUIET, _connected

TEXTS = (
    ("support", "QRIS gagal", "Pembayaran QRIS di toko saya gagal terus sejak jam 12, pelanggan antre"),
    ("shop", "QRIS not working", "A customer paid by QRIS but we got no notification"),
    ("support", "qris?", "qris nya kenapa min? dr td siang ga bisa bayar"),
    ("shop", "payments time out", "Every QR payment times out. Is there an outage?"),
    ("support", "bayar qris", "tadi 6 pembeli bayar pake QRIS gagal semua, jadinya utang dulu"),
    ("shop", "scan error", "scan qris error, saldo pembeli kepotong"),
    ("support", "Help", "None of my shops can accept QR payments today. We are losing sales."),
    ("shop", "QRIS gangguan", "QRIS gangguan kah? di warung saya ga bisa dari siang"),
    ("support", "response code 91", "response code 91 for all QRIS transactions since noon"),
    ("shop", "kode QR", "Kode QR toko kami tidak bisa dipindai, pembayaran gagal"),
    ("support", "qris pending", "tolong dibenerin qris, semua transaksi pending"),
    ("shop", "QRIS down", "QRIS payments failing again, is your system down?"),
)
"""Half of them at each connection."""


@dataclass
class Vendors:
    """All three stand-ins and a bridge between them."""

    bridge: Bridge
    servers: dict
    plugins: dict
    tickets: list[TicketRef] = field(default_factory=list)

    def customer_writes(self, connection, number, subject, body):
        address = f"customer{number}@example.com"
        sender = {"from": {"email": address}} if connection == "shop" else {"email": address}
        message = {"subject": subject, "body": body, **sender}
        made = requests.post(
            f"{self.servers[connection].url}/_sandbox/inbound", json=message, timeout=10
        ).json()
        ref = TicketRef(connection, str(made.get("ticket_id") or made["ticket"]["id"]))
        self.tickets.append(ref)
        self.hear(ref)
        return ref

    def hear(self, ref):
        with self.bridge.database.write() as transaction:
            cases = case_tickets.cases_of(transaction, ref)
            cases = cases or [case_tickets.open_case(transaction, ref, self.bridge.now())]
            wakes.wake_all(transaction, dict.fromkeys(cases, "test"), self.bridge.now())
            case_tickets.mark_stale(transaction, ref)
        Worker(self.bridge).run_until_idle()

    def view(self, ref):
        with self.bridge.database.read() as transaction:
            return case_views.load_case(transaction, case_views.find_case(transaction, ref))

    def notes(self, ref):
        """The internal notes of a ticket, as the vendor has them."""
        comments = self.plugins[ref.connection].fetch_comments(ref.id, None)
        return [each.body.text for each in comments if each.visibility is Visibility.PRIVATE]

    def jira(self, method, path, **more):
        login = (jira_seed.DEVELOPER.email, jira_seed.api_token(jira_seed.DEVELOPER))
        answer = requests.request(
            method, f"{self.servers['engineering'].url}{path}", auth=login, timeout=10, **more
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def issues(self):
        return self.jira(
            "POST", "/rest/api/2/search/jql", json={"jql": "created >= -1d", "fields": ["summary"]}
        )["issues"]

    def comments_of_issue(self, issue):
        return [each["body"] for each in self.jira("GET", f"/rest/api/2/issue/{issue}/comment")["comments"]]


@pytest.fixture
def vendors(database, make_route):
    with ExitStack() as opened:
        kinds = {"support": "zendesk", "shop": "freshdesk", "engineering": "jira"}
        servers = {name: opened.enter_context(start(_STAND_INS[kind]())) for name, kind in kinds.items()}
        plugins = {name: _connected(name, kinds[name], server) for name, server in servers.items()}
        for plugin in plugins.values():
            opened.callback(plugin.close)
        routes = {
            name: make_route(**{**QUIET, "name": name, "origin": origin})
            for name, origin in (("support-to-dev", "support"), ("shop-to-dev", "shop"))
        }
        bridge = Bridge(
            id="0123456789abcdef",
            database=database,
            helpdesks={name: Helpdesk(name, plugin) for name, plugin in plugins.items()},
            extensions=Extensions({}),
            rules=Rules((), routes, incidents=IncidentRules(tuple(routes))),
            language="en",
            now=utc_now,
        )
        yield Vendors(bridge, servers, plugins)


def test_a_wave_over_two_helpdesks_is_one_issue(vendors):
    assert isinstance(vendors.plugins["shop"], FreshdeskPlugin)
    for number, (connection, subject, body) in enumerate(TEXTS):
        vendors.customer_writes(connection, number, subject, body)
    (issue,) = vendors.issues()
    linked = [[link.linked.id for link in vendors.view(ref).links] for ref in vendors.tickets]
    assert linked == [[issue["id"]]] * 12
    for ref in vendors.tickets:
        (note,) = [text for text in vendors.notes(ref) if "belongs to incident I-1" in text]
        assert "tickets are about the same: " in note
    said = vendors.comments_of_issue(issue["id"])
    assert sum("tickets of 10 customers" in text for text in said) == 1
    assert sum("12 customers' tickets are linked" in text for text in said) == 1

    taken_out = vendors.tickets[0]
    login = (f"{zendesk_seed.AGENT_SARI.email}/token", zendesk_seed.API_TOKEN)
    comment = {"ticket": {"comment": {"body": "/bridge incident leave", "public": False}}}
    url = f"{vendors.servers['support'].url}/api/v2/tickets/{taken_out.id}.json"
    assert requests.put(url, json=comment, auth=login, timeout=10).ok
    vendors.hear(taken_out)
    assert vendors.view(taken_out).links == ()
    assert any("no longer belongs to incident I-1" in text for text in vendors.notes(taken_out))

    way = f"/rest/api/2/issue/{issue['id']}/transitions"
    for name, fields in (("Start Progress", {}), ("Done", {"resolution": {"name": "Done"}})):
        (move,) = [each for each in vendors.jira("GET", way)["transitions"] if each["name"] == name]
        vendors.jira("POST", way, json={"transition": {"id": move["id"]}, "fields": fields})
    vendors.hear(TicketRef("engineering", issue["id"]))
    for ref in vendors.tickets[1:]:
        assert sum("Incident I-1 is over" in text for text in vendors.notes(ref)) == 1
    assert not any("is over" in text for text in vendors.notes(taken_out))
    Worker(vendors.bridge).run_until_idle()
    assert len(vendors.issues()) == 1


def test_a_worker_that_dies_in_the_middle_doubles_no_issue(vendors, monkeypatch):
    class Killed(BaseException):
        pass

    real, died = Helpdesk.create_ticket, []

    def dies(self, draft, key):
        created = real(self, draft, key)
        if not died:
            died.append(created)
            raise Killed
        return created

    monkeypatch.setattr(Helpdesk, "create_ticket", dies)
    for number, (connection, subject, body) in enumerate(TEXTS[:8]):
        try:
            vendors.customer_writes(connection, number, subject, body)
        except Killed:
            object.__setattr__(vendors.bridge, "now", lambda: utc_now() + timedelta(minutes=10))
            Worker(vendors.bridge).run_until_idle()
    assert len(died) == 1
    (issue,) = vendors.issues()
    assert [[link.linked.id for link in vendors.view(ref).links] for ref in vendors.tickets] == [
        [issue["id"]]
    ] * 8

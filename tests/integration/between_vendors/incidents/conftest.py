"""A wave of customers at Zendesk and Freshdesk, with a bridge between these and Jira."""

from contextlib import ExitStack
from dataclasses import dataclass, field

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
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_sandbox.kernel.server import start
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
